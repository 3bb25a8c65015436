import Wire

extension SWIM {
    /// Up to this many others, each that hears of a suspicion probes the suspect itself at once, so that it is
    /// confirmed or refuted in one probe's time; in larger clusters enough members come round to it by chance.
    private static var quickCheckLimit: Int { 8 }

    /// Our own probe of a member failed.
    mutating func accuse(_ node: NodeID, at now: Instant, into actions: inout [Action]) {
        guard var peer = roster[node], peer.state.isPresent else { return }
        if peer.state == .alive {
            var record = peer.record
            record.state = .suspect
            record.accusers = [session.node]
            adopt(record, firstHand: false, at: now, into: &actions)
        } else if peer.suspicion?.add(session.node) == true {
            peer.record.accusers = peer.suspicion?.accusers ?? []
            roster.set(peer)
            spread(node, at: now)
        }
        guard var accused = roster[node] else { return }
        accused.suspicion?.nextPing = now.advanced(by: configuration.suspectPingInterval)
        roster.set(accused)
    }

    /// Looks for ourselves whether a member that others accuse is there.
    mutating func checkSuspect(_ peer: Peer, at now: Instant, into actions: inout [Action]) {
        guard peer.suspicion?.accusers.contains(session.node) == false else { return }
        guard roster.aliveCount + roster.suspectCount <= Self.quickCheckLimit else { return }
        probe(peer.node, at: now, into: &actions)
    }

    /// When a suspicion ends in death, as things stand: it moves with each confirmation, and with how many members
    /// are left that could give one.
    func deadline(of suspicion: Suspicion) -> Instant {
        suspicion.start.advanced(by: suspicionTimeout(confirmations: suspicion.confirmations))
    }

    private func suspicionTimeout(confirmations: Int) -> Duration {
        let shortest = SuspicionTimeout.shortest(
            configuration.shortestSuspicion, members: roster.aliveCount + roster.suspectCount + 1)
        return SuspicionTimeout.duration(
            confirmations: confirmations, expected: min(configuration.expectedConfirmations, roster.aliveCount),
            shortest: shortest,
            longest: shortest * configuration.suspicionStretch)
    }

    /// The timeouts by how many confirmations there are, up to those that are expected; more change nothing. Of hundreds of
    /// suspicions at once, as after a split, each would work out the same few.
    private var suspicionTimeouts: [Duration] {
        (0...configuration.expectedConfirmations).map(suspicionTimeout)
    }

    /// Declares dead who has not refuted, and goes on telling the other suspects (Lifeguard's buddy system).
    mutating func advanceSuspicions(at now: Instant, into actions: inout [Action]) {
        guard roster.suspectCount > 0 else { return }
        for peer in roster.peers {
            guard let suspicion = peer.suspicion else { continue }
            if deadline(of: suspicion) <= now {
                bury(peer, at: now, into: &actions)
            } else if let ping = suspicion.nextPing, ping <= now {
                tell(peer, at: now, into: &actions)
            }
        }
    }

    private mutating func bury(_ peer: Peer, at now: Instant, into actions: inout [Action]) {
        var record = peer.record
        record.state = .dead
        adopt(record, firstHand: false, at: now, into: &actions)
        // The failed probes were its fault, not ours.
        awareness.recover()
    }

    private mutating func tell(_ peer: Peer, at now: Instant, into actions: inout [Action]) {
        var told = peer
        told.suspicion?.nextPing = now.advanced(by: configuration.suspectPingInterval)
        roster.set(told)
        send(.ping(sequence: 0, target: peer.node), to: peer, into: &actions)
    }

    /// When the next suspicion has something to do.
    var suspicionDeadline: Instant? {
        guard roster.suspectCount > 0 else { return nil }
        let timeouts = suspicionTimeouts
        var earliest: Instant?
        for peer in roster.peers {
            guard let suspicion = peer.suspicion else { continue }
            let end = suspicion.start.advanced(by: timeouts[min(suspicion.confirmations, timeouts.count - 1)])
            let next = min(end, suspicion.nextPing ?? end)
            earliest = earliest.map { min($0, next) } ?? next
        }
        return earliest
    }
}
