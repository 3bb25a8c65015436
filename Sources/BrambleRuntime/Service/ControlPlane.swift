internal import LinuxPlatform
internal import Logging
internal import ServiceLifecycle

/// The control thread as a service: it starts the thread, asks it to stop, and waits until it has.
struct ControlPlane: ThreadService {
    private let setup: ControlSetup

    /// Among the real-time threads this one is in nobody's way: it sleeps nearly always, and needs microseconds.
    private static let realTimePriority: Int32 = 20

    init(_ setup: ControlSetup) { self.setup = setup }

    func run() async throws {
        if case .failed(let error) = try await runThread() {
            throw Obstacle("\(error)", remedy: .time(.seconds(10)), in: setup.configuration)
        }
    }

    let threadName = "bramble-control"

    func end() { setup.mailbox.post(.stop) }

    func work() -> ControlLoop.Ending {
        let grant = RealTime.request(priority: Self.realTimePriority)
        setup.facts.update {
            $0.isRealTime = grant.priority != nil
            if !grant.isComplete { $0.warnings.append("\(grant)") }
        }
        if !grant.isComplete { setup.logger.warning("\(grant)") }
        do {
            return try ControlLoop(setup).run()
        } catch {
            return .failed(error)
        }
    }
}
