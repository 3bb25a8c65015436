import Wire

/// A probe that we carry out for another member.
struct Relay: Sendable, Equatable {
    struct Request: Sendable, Equatable {
        let requester: NodeID
        let source: SocketAddress
        let sequence: UInt32
        let patience: Duration
    }

    let request: Request
    let target: NodeID
    let sequence: UInt32
    /// When we say that there is no answer; nil once that has been said.
    var refuseAt: Instant?
    /// Until when a late answer is still passed on.
    let endsAt: Instant

    var nextDeadline: Instant { refuseAt ?? endsAt }
}

extension SWIM {
    /// More than a small cluster ever needs at once; a bound against a member that floods us.
    private static var relayLimit: Int { 64 }

    /// Pings a member in another's name. Only members ask, and only members are pinged, where we know them to be:
    /// nobody can point us at an address.
    mutating func relay(
        _ request: Relay.Request, to target: NodeID, at now: Instant, into actions: inout [Action]
    ) {
        guard !isLeaving else { return actions.append(.ignored(.leaving)) }
        guard let requester = roster[request.requester], requester.state.isPresent else {
            return actions.append(.ignored(.notAMember))
        }
        guard relays.count < Self.relayLimit else { return actions.append(.ignored(.full)) }
        guard let peer = roster[target], peer.record.address != nil else {
            actions.append(.ignored(.unknownTarget))
            return answer(request, with: .nack(sequence: request.sequence), into: &actions)
        }
        let longest = configuration.probeInterval * (configuration.worstHealth + 1)
        let patience = min(request.patience, longest)
        let relay = Relay(
            request: request, target: target, sequence: nextSequence(),
            refuseAt: now.advanced(by: patience), endsAt: now.advanced(by: patience * 2))
        relays.append(relay)
        send(.ping(sequence: relay.sequence, target: target), to: peer, into: &actions)
    }

    /// Says no where it is time, and forgets what is over.
    mutating func advanceRelays(at now: Instant, into actions: inout [Action]) {
        for index in relays.indices where relays[index].refuseAt.map({ $0 <= now }) == true {
            relays[index].refuseAt = nil
            let request = relays[index].request
            answer(request, with: .nack(sequence: request.sequence), into: &actions)
        }
        relays.removeAll { $0.endsAt <= now }
    }

    /// Tells the member that asked; false if nobody asked for this answer.
    mutating func passOn(_ number: UInt32, by node: NodeID, into actions: inout [Action]) -> Bool {
        guard let index = relays.firstIndex(where: { $0.sequence == number && $0.target == node }) else {
            return false
        }
        let request = relays.remove(at: index).request
        // With where it was heard: whoever needs a helper may have an address that it no longer has.
        let heard = roster[node].flatMap { $0.state == .alive && $0.heard != nil ? $0.record : nil }
        answer(request, with: .ack(sequence: request.sequence), about: heard, into: &actions)
        return true
    }

    private mutating func answer(
        _ request: Relay.Request, with body: Message.Body, about target: Record? = nil, into actions: inout [Action]
    ) {
        send(body, to: request.source, node: request.requester, first: target.map { [$0] } ?? [], into: &actions)
    }
}
