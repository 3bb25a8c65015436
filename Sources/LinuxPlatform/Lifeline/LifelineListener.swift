internal import CLinux
internal import Glibc
internal import Synchronization
public import Wire

/// Lets the other nodes hold lifelines to this one: TCP connections that the kernel ends as soon as this process dies.
///
/// It has a thread of its own, and that thread a table of descriptors of its own. A process that is killed gives back
/// its memory before its descriptors, and both only with the last of the threads that share them. This thread shares its
/// descriptors with none, and at real-time priority it is among the first to end: what it holds is closed at once.
/// Otherwise it takes milliseconds, and on a busy machine tens of them. Besides, a flood of connections is nothing that
/// the control thread would notice.
public final class LifelineListener: Sendable {
    /// What it holds.
    public struct Report: Hashable, Sendable {
        /// How many lifelines are held from each address.
        public var held: [IPAddress: Int] = [:]
        /// How many connections were turned away because there was no place, or ended because they talked.
        public var turnedAway: UInt64 = 0
    }

    private struct Shared {
        var members: Set<IPAddress> = []
        var isClosing = false
        var opened: Result<UInt16, SystemError>?
        var report = Report()
    }

    /// The TCP port.
    public let port: UInt16
    private let shared: SharedState
    private let commands: WakeUp
    private let answers: WakeUp
    private static let commandToken = Poller.Token(0)

    /// Takes the TCP port on every address of the calling thread's network namespace (port 0: any free one) and begins
    /// to listen; at this real-time priority (1…99), if that is granted.
    public init(port: UInt16, priority: Int32? = nil) throws(SystemError) {
        let shared = SharedState()
        let (commands, answers) = (try WakeUp(), try WakeUp())
        self.shared = shared
        self.commands = commands
        self.answers = answers
        // Only the numbers: the objects belong to the table that the other threads share.
        let numbers = (commands.descriptor, answers.descriptor)
        _ = try NamedThread(name: "lifelines") {
            Self.work(shared, port, priority, commands: numbers.0, answers: numbers.1)
        }
        Self.wait(for: answers)
        switch shared.value.withLock({ $0.opened }) {
        case .success(let port): self.port = port
        case .failure(let error): throw error
        case nil: throw SystemError(call: "listen on TCP port \(port)", code: ETIMEDOUT)
        }
    }

    deinit { close() }

    /// What is held now.
    public var report: Report { shared.value.withLock { $0.report } }

    /// Says at which addresses members are known: they have places that strangers can't take.
    public func update(members: Set<IPAddress>) {
        let isNew = shared.value.withLock { shared in
            defer { shared.members = members }
            return shared.members != members
        }
        if isNew { commands.signal() }
    }

    /// Ends all connections and gives the port back, before it returns. Whoever holds a lifeline sees that at once.
    public func close() {
        let isOpen = shared.value.withLock { shared in
            defer { shared.isClosing = true }
            return !shared.isClosing && shared.opened?.isSuccess == true
        }
        guard isOpen else { return }
        commands.signal()
        Self.wait(for: answers)
    }

    /// Waits for the thread: microseconds, for it sleeps.
    private static func wait(for answers: WakeUp) {
        var watched = pollfd(fd: answers.descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&watched, 1, 1000) < 0 && errno == EINTR {}
        answers.clear()
    }

    private final class SharedState: Sendable {
        let value = Mutex(Shared())
    }

    // MARK: The thread

    private static func work(_ shared: SharedState, _ port: UInt16, _ priority: Int32?, commands: Int32, answers: Int32)
    {
        // Where it is refused, all is as it would be with a shared table.
        _ = bramble_own_descriptors(commands, answers)
        if let priority { _ = RealTime.schedule(priority) }
        listen(shared, port, commands: commands, answers: answers)
        // Only now is everything closed.
        signal(answers)
    }

    private static func listen(_ shared: SharedState, _ port: UInt16, commands: Int32, answers: Int32) {
        let poller: Poller
        let reception: LifelineReception
        do throws(SystemError) {
            poller = try Poller()
            reception = try LifelineReception(port: port, poller: poller)
            try poller.add(commands, token: commandToken)
        } catch {
            return shared.value.withLock { $0.opened = .failure(error) }
        }
        shared.value.withLock { $0.opened = .success(reception.port) }
        signal(answers)
        while !shared.value.withLock({ $0.isClosing }) {
            guard let ready = try? poller.wait(until: reception.nextDeadline) else { return }
            for event in ready {
                if event.token == commandToken {
                    clear(commands)
                } else {
                    reception.handle(event, at: MonotonicClock.now())
                }
            }
            reception.resume(at: MonotonicClock.now())
            shared.value.withLock {
                reception.places.members = $0.members
                $0.report = Report(held: reception.places.held, turnedAway: reception.turnedAway)
            }
        }
    }

    private static func signal(_ descriptor: Int32) {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    private static func clear(_ descriptor: Int32) {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
