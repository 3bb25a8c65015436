internal import LinuxPlatform
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Asks for the floating addresses on links that are new.
    func lookForStrangers(at now: Instant) {
        guard announcer != nil else { return }
        probe?.look(for: floating.map(\.ip), on: interfaces, at: now, poller: poller)
    }

    /// Carries the question on; at its end, tells the node who answered.
    func advanceProbe(at now: Instant) {
        guard let announcer, let answers = probe?.advance(at: now, announcer: announcer, poller: poller) else { return }
        for answer in answers {
            perform(node.addressAnswered(answer.address, by: "\(answer.owner)", at: now))
        }
        if node.snapshot.signal == .addressConflict { probe?.repeatRound(at: now, poller: poller) }
        updateHealth(at: now)
    }
}
