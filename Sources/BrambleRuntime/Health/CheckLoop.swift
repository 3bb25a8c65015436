internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Releases
internal import Synchronization
internal import Wire

/// What one round of the self-check found.
struct CheckResult: Hashable, Sendable {
    /// What stands against serving.
    var reasons: [Health.Reason]
    /// The release that is served; 0 for none.
    var release: UInt64
    /// Whether every step came to an end that leaves the daemon in charge: only then may the watchdog be fed. A
    /// refused read is an end, for no restart mends a card, and so is an address that is not here; a web server that
    /// hangs is not.
    var isFullTurn: Bool
}

/// A thread that looks at the node as its users do: a real request to its web server, a real read from its store.
///
/// It has a thread of its own, because a dying card may hold a read for as long as it likes.
final class CheckLoop: Sendable {
    private let check: SelfCheck
    private let store: ObjectStore?
    private let facts: Facts
    private let mailbox: Mailbox
    private let ended: WakeUp

    /// Between two rounds of a node that has started; the page must be back soon after the reason has gone.
    static let interval = Duration.seconds(1)
    /// Between two rounds while the node starts: only then does anything change that soon.
    static let impatience = Duration.milliseconds(50)

    init(check: SelfCheck, store: ObjectStore?, facts: Facts, mailbox: Mailbox) throws(SystemError) {
        self.check = check
        self.store = store
        self.facts = facts
        self.mailbox = mailbox
        ended = try WakeUp()
    }

    /// Makes `run` return.
    func stop() { ended.signal() }

    /// Checks until it is stopped.
    func run() {
        guard let poller = try? Poller(), (try? poller.add(ended.descriptor, token: .init(0))) != nil else { return }
        while true {
            let result = round()
            mailbox.post(.checked(result))
            let ready = try? poller.wait(until: MonotonicClock.now().advanced(by: Self.pause(after: result)))
            guard let ready, ready.isEmpty else { return }
        }
    }

    /// How long to wait after a round that found this.
    static func pause(after result: CheckResult) -> Duration {
        result.reasons.contains(.starting) ? impatience : interval
    }

    private func round() -> CheckResult {
        let known = facts.now
        var reasons: [Health.Reason] = []
        var isFullTurn = true
        if let problem = known.httpProblem {
            reasons.append(.httpUnanswered(problem))
        } else if !known.isListening {
            reasons.append(.starting)
        } else {
            switch check.avoiding(known.node?.floating.map(\.address.ip) ?? []).run() {
            case .answered: break
            case .addressNotHere(let problem): reasons.append(.httpUnanswered(problem))
            case .failed(let problem):
                reasons.append(.httpUnanswered(problem))
                isFullTurn = false
            }
        }
        if let problem = known.siteProblem {
            reasons.append(.noSite(problem))
        } else if known.site == nil {
            reasons.append(.starting)
        }
        if let store {
            do { try store.probe() } catch { reasons.append(.storeUnreadable("\(error)")) }
        }
        return CheckResult(reasons: reasons, release: known.site?.shortRelease ?? 0, isFullTurn: isFullTurn)
    }
}
