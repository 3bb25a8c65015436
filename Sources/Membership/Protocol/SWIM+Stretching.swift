public import Wire

/// A datagram of full length that a member is to acknowledge.
struct Stretch: Sendable, Equatable {
    let target: NodeID
    let sequence: UInt32
    let failsAt: Instant
}

extension SWIM {
    /// Who is heard within this time is heard, though it counts as dead: it calls at least so often.
    private static var lifeSign: Duration { .seconds(40) }
    /// What was on its way when somebody was buried does not count.
    private static var lastWords: Duration { .seconds(2) }

    /// What is wrong with the ways to members that live, as far as can be known, ordered by node ID.
    public func wayFaults(at now: Instant) -> [(node: NodeID, fault: WayFault)] {
        roster.peers.compactMap { peer in
            switch peer.state {
            case .alive, .suspect:
                ways.fault(with: peer.node, heard: peer.heard, at: now).map { (peer.node, $0) }
            // It speaks, so it lives; had it heard that it counts as dead, it would have said that it lives.
            case .dead: isHeard(peer, at: now) ? (peer.node, .unheard) : nil
            case .left: nil
            }
        }
    }

    private func isHeard(_ peer: Peer, at now: Instant) -> Bool {
        guard let heard = peer.heard else { return false }
        return peer.since.advanced(by: Self.lastWords) < heard && heard.duration(to: now) < Self.lifeSign
    }

    /// Sees now and then whether a datagram of full length reaches a member. All else is small in a small cluster, so that
    /// a link with too small an MTU would show only on the day on which something large is to be said.
    mutating func advanceStretch(at now: Instant, into actions: inout [Action]) {
        if let open = stretch, open.failsAt <= now {
            stretch = nil
            if roster[open.target]?.state == .alive { ways.large(to: open.target, arrived: false) }
            // A doubt is cleared up soon.
            if ways.isInDoubt(open.target) { nextStretch = now }
        }
        guard stretch == nil, nextStretch <= now else { return }
        nextStretch = now.advanced(by: configuration.stretchInterval)
        let alive = roster.peers.filter { $0.state == .alive && $0.record.address != nil }
        // Every second time one that is held for narrow: it may be well again.
        let narrow = Bool.random(using: &random) ? alive.first { ways.isNarrow($0.node) } : nil
        let target = alive.first { ways.isInDoubt($0.node) } ?? narrow ?? alive.randomElement(using: &random)
        guard let peer = target, let address = peer.record.address else { return }
        let question = Stretch(
            target: peer.node, sequence: nextSequence(), failsAt: now.advanced(by: configuration.stretchTimeout))
        stretch = question
        let packet = Packet(
            .stretch(sequence: question.sequence), version: version(for: peer.node), limit: payloadLimit)
        let padding = [UInt8](repeating: 0, count: payloadLimit - packet.bytes.count)
        actions.append(.send(packet.bytes + padding, to: address))
    }

    /// Whether the acknowledgement was for a datagram of full length.
    mutating func stretchAcknowledged(_ number: UInt32, by node: NodeID) -> Bool {
        guard let open = stretch, open.sequence == number, open.target == node else { return false }
        stretch = nil
        ways.large(to: node, arrived: true)
        return true
    }

    var stretchDeadline: Instant { stretch?.failsAt ?? nextStretch }
}
