internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import ServiceLifecycle
internal import Synchronization
internal import Wire

/// Runs the user's programs, on a thread of its own that has no capability, no real-time priority and no other work: the
/// control thread only leaves a note here.
///
/// At the end of the daemon what waits is still run, each within its deadline: the last thing that a leader's hooks hear
/// is that it leads no more.
final class HookRunner: ThreadService {
    private struct Inbox {
        var calls: [(call: HookCall, nodeID: String)] = []
        var isEnding = false
    }

    private let hooks: Configuration.Hooks
    private let nodeName: String
    private let facts: Facts
    private let logger: Logger
    private let giveUpPrivileges: @Sendable () -> SystemError?
    private let inbox = Mutex(Inbox())
    private let wakeUp: WakeUp

    /// More than one for each address never waits here for long; this only bounds what a stuck thread would pile up.
    private static let mostNotes = 1024

    /// `giveUpPrivileges` is for tests.
    init(
        _ hooks: Configuration.Hooks, nodeName: String, facts: Facts, logger: Logger,
        giveUpPrivileges: @escaping @Sendable () -> SystemError? = { Capabilities.giveUp() }
    ) throws(SystemError) {
        self.giveUpPrivileges = giveUpPrivileges
        self.hooks = hooks
        self.nodeName = nodeName
        self.facts = facts
        self.logger = logger
        wakeUp = try WakeUp()
    }

    /// Notes what happened, and has the hook that belongs to it run soon; never blocks.
    func note(_ event: Event, on nodeID: NodeID) {
        guard case .transition(let address, let from, let to, let reason) = event,
            let call = HookCall(address.ip, from: from, to: to, reason), !call.kind.command(in: hooks).isEmpty
        else { return }
        inbox.withLock {
            if $0.calls.count == Self.mostNotes { $0.calls.removeFirst() }
            $0.calls.append((call, "\(nodeID)"))
        }
        wakeUp.signal()
    }

    let threadName = "bramble-hooks"

    func end() {
        inbox.withLock { $0.isEnding = true }
        wakeUp.signal()
    }

    func work() {
        let refusal = giveUpPrivileges()
        if let refusal, HookCall.Kind.allCases.contains(where: { !$0.command(in: hooks).isEmpty }) {
            logger.error("no hook is run, for it would have the daemon's privileges: \(refusal)")
        }
        do {
            var desk = try HookDesk(wakeUp: wakeUp)
            while true {
                let (calls, isEnding) = takeNotes()
                for note in calls { desk.queue.add(note.call) }
                if let last = calls.last { desk.nodeID = last.nodeID }
                let superseded = desk.queue.superseded
                facts.update { $0.hooks.superseded = superseded }
                start(&desk, unless: refusal)
                if isEnding, desk.queue.isEmpty { return }
                try desk.wait()
                attend(&desk)
            }
        } catch {
            logger.error("hooks are run no more: \(error)")
        }
    }

    private func takeNotes() -> ([(call: HookCall, nodeID: String)], isEnding: Bool) {
        wakeUp.clear()
        return inbox.withLock { inbox in
            defer { inbox.calls = [] }
            return (inbox.calls, inbox.isEnding)
        }
    }

    /// Starts whatever may run now; or nothing, and says so.
    private func start(_ desk: inout HookDesk, unless refusal: SystemError?) {
        while let call = desk.queue.next() {
            let now = MonotonicClock.now()
            let environment = call.environment(nodeName: nodeName, nodeID: desk.nodeID)
            if let refusal {
                desk.queue.ended(call.address)
                let why = "it would have the daemon's privileges: \(refusal)"
                report(HookResult(call: call, outcome: .notStarted(why), duration: .zero, endedAt: now))
                continue
            }
            do throws(SystemError) {
                let child = try ChildProcess(call.kind.command(in: hooks), environment: environment)
                desk.take(HookRun(call, child, at: now, deadline: now.advanced(by: hooks.deadline)))
            } catch {
                desk.queue.ended(call.address)
                report(HookResult(call: call, outcome: .init(error), duration: .zero, endedAt: now))
            }
        }
    }

    /// Looks after what runs: its output, its end, its deadline.
    private func attend(_ desk: inout HookDesk) {
        let now = MonotonicClock.now()
        for index in desk.runs.indices.reversed() {
            print(desk.runs[index].readLines(), of: desk.runs[index].call)
            desk.runs[index].enforceDeadline(at: now)
            guard let outcome = desk.runs[index].outcome() else { continue }
            print(desk.runs[index].lastLines(), of: desk.runs[index].call)
            let run = desk.end(index)
            report(
                HookResult(
                    call: run.call, outcome: outcome, duration: run.startedAt.duration(to: now), endedAt: now))
        }
    }

    private func print(_ lines: [String], of call: HookCall) {
        for line in lines { logger.info("hook \(call.kind.key) for \(call.address) says: \(line)") }
    }

    private func report(_ result: HookResult) {
        facts.update { $0.hooks.note(result) }
        let text = result.text(command: result.call.kind.command(in: hooks), deadline: hooks.deadline)
        if result.outcome == .succeeded { logger.info("\(text)") } else { logger.warning("\(text)") }
    }
}
