internal import LinuxPlatform
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Asks for the floating addresses on links that are new.
    func lookForStrangers(at now: Instant) {
        guard announcer != nil else { return }
        probe?.look(for: floating.map(\.ip), at: now, poller: poller, home: home)
    }

    /// Carries the question on; at the end of a round, tells the node who answered.
    func advanceProbe(at now: Instant) {
        guard let announcer, let due = probe?.nextDeadline, due <= now else { return }
        let members = node.snapshot.floating.filter(\.isHeld).map(\.address.ip)
        let ended = probe?.advance(at: now, announcer: announcer, poller: poller) { members.contains($0) }
        guard let answers = ended else { return }
        for answer in answers {
            perform(node.addressAnswered(answer.address, by: "\(answer.owner)", at: now))
        }
        probe?.keepWatching(node.conflictedAddresses, poller: poller)
        updateHealth(at: now)
    }
}
