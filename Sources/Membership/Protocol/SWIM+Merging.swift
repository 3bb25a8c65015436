import Wire

extension SWIM {
    /// Takes over what somebody says about a node, as far as it supersedes what is known here.
    mutating func merge(
        _ heard: Record, from origin: Origin, inSync: Bool, at now: Instant, into actions: inout [Action]
    ) {
        guard heard.node != session.node else { return mergeOwn(heard, from: origin, at: now, into: &actions) }
        let held = roster[heard.node]
        let isDoubtful = inSync || isJustHeard(held, at: now)
        var record = isDoubtful ? doubted(heard, held: held, teller: origin.sender.node) : heard
        if let held, held.record.session != record.session, held.record.session.boot == record.session.boot {
            actions.append(.ignored(.duplicateIdentity))
        }
        record.address = settledAddress(for: record, from: origin, held: held, at: now)
        guard let held else { return welcome(record, from: origin, at: now, into: &actions) }
        if record.supersedes(held.record) {
            adopt(record, firstHand: isFirstHand(record, from: origin), at: now, into: &actions)
        } else if held.record.supersedes(record) {
            actions.append(.ignored(.outdated))
        } else {
            confirm(record, held: held, at: now, into: &actions)
        }
    }

    /// After a split, each side holds the other's members for dead: what one side tells about a member that is well
    /// here is only a suspicion, which the member can refute, and no reason to drop it.
    private func doubted(_ record: Record, held: Peer?, teller: NodeID) -> Record {
        guard let held, record.state == .dead, held.state.isPresent, held.record.session == record.session else {
            return record
        }
        var doubted = record
        doubted.state = .suspect
        doubted.accusers = [teller]
        return doubted
    }

    /// Whether a member was heard a moment ago: who says that it is dead hears less than we do.
    private func isJustHeard(_ held: Peer?, at now: Instant) -> Bool {
        held?.heard.map { $0.duration(to: now) < configuration.probeInterval * 2 } ?? false
    }

    /// Whether the node speaks for itself, from the address that it is reached at.
    private func isFirstHand(_ record: Record, from origin: Origin) -> Bool {
        record.session == origin.sender && record.address == origin.source
    }

    private mutating func welcome(
        _ record: Record, from origin: Origin, at now: Instant, into actions: inout [Action]
    ) {
        guard record.address != nil else { return actions.append(.ignored(.noAddress)) }
        if roster.peers.count >= configuration.memberLimit - 1 {
            guard let gone = roster.longestGone, record.state.isPresent else {
                return actions.append(.ignored(.full))
            }
            roster.remove(gone)
            news.remove(gone)
            calls.end(.peer(gone))
        }
        adopt(record, firstHand: isFirstHand(record, from: origin), at: now, into: &actions)
    }

    /// The same statement as the one held: it may name another accuser, or a newer address.
    private mutating func confirm(
        _ record: Record, held: Peer, at now: Instant, into actions: inout [Action]
    ) {
        var peer = held
        var isNews = false
        for accuser in record.accusers where peer.suspicion?.add(accuser) == true { isNews = true }
        let moved = peer.record.address != record.address
        if moved {
            peer.record.address = record.address
            peer.heard = nil
        }
        guard isNews || moved else { return }
        peer.record.accusers = peer.suspicion?.accusers ?? []
        roster.set(peer)
        if isNews { spread(peer.node, at: now) }
        guard moved else { return }
        rememberPeers(at: now)
        actions.append(.changed(peer.member, before: peer.state))
    }

    /// What others say about ourselves: our own word counts more, so a wrong belief is answered with a newer statement.
    private mutating func mergeOwn(
        _ heard: Record, from origin: Origin, at now: Instant, into actions: inout [Action]
    ) {
        let claimed = (heard.session.boot, heard.session.salt)
        guard claimed <= (session.boot, session.salt) else {
            laterRun = heard.session
            return actions.append(.ignored(.duplicateIdentity))
        }
        guard heard.session == session else {
            // They believe in an earlier run of ours.
            return spread(session.node, at: now)
        }
        if let seen = heard.address { ownAddress = seen }
        if heard.state != .alive, heard.counter < own.counter { ways.accused(by: origin.sender.node, at: now) }
        guard !isLeaving, heard.supersedes(own) else { return }
        awareness.worsen()
        restate(above: heard.counter, at: now, into: &actions)
    }

    /// Makes `record` the one that is held, with all that follows from it.
    mutating func adopt(_ record: Record, firstHand: Bool, at now: Instant, into actions: inout [Action]) {
        let before = roster[record.node]
        var peer = before ?? Peer(record: record, since: now)
        let keepsAddress = before?.record.address == record.address
        peer.record = record
        peer.heard = firstHand ? now : (keepsAddress ? before?.heard : nil)
        if before?.state != record.state || before?.record.session != record.session { peer.since = now }
        peer.suspicion = record.state == .suspect ? Suspicion(start: now, accusers: record.accusers) : nil
        peer.record.accusers = peer.suspicion?.accusers ?? []
        roster.set(peer)
        follow(peer, before: before, at: now)
        spread(peer.node, at: now)
        actions.append(.changed(peer.member, before: before?.state))
        if record.state == .suspect { checkSuspect(peer, at: now, into: &actions) }
    }

    /// Brings the probe list, the calls and what is stored into line with a peer's new state.
    private mutating func follow(_ peer: Peer, before: Peer?, at now: Instant) {
        if peer.state.isPresent {
            probeList.insert(peer.node, using: &random)
            calls.end(.peer(peer.node))
        } else {
            ways.forget(peer.node)
            probeList.remove(peer.node)
            probes.removeAll { $0.target == peer.node }
            if before?.state != peer.state { callAgain(peer, at: now) }
        }
        let isSame = before?.record.address == peer.record.address && before?.record.info.name == peer.record.info.name
        if !isSame { rememberPeers(at: now) }
    }
}
