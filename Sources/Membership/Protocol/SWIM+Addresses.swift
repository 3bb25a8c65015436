import Wire

extension SWIM {
    /// Believes a living member's own datagrams about where it is, but does not follow one with two addresses to and fro.
    mutating func learnAddress(of origin: Origin, isHello: Bool, at now: Instant, into actions: inout [Action]) {
        guard var peer = roster[origin.sender.node], peer.record.session == origin.sender else { return }
        guard peer.record.address != origin.source else {
            peer.heard = now
            return roster.set(peer)
        }
        let hold = isHello ? configuration.addressTrust : configuration.addressHold
        if peer.state == .alive, let heard = peer.heard, heard.duration(to: now) < hold { return }
        peer.record.address = origin.source
        peer.heard = now
        roster.set(peer)
        rememberPeers(at: now)
        actions.append(.changed(peer.member, before: peer.state))
    }

    /// A member answered us through a helper alone, several times in a row: it lives, and is not where we think. The helper
    /// has just heard it, and says where.
    mutating func followDetour(
        to node: NodeID, by helper: Origin, _ records: [Record], at now: Instant, into actions: inout [Action]
    ) {
        guard ways.isElsewhere(node), var peer = roster[node],
            let record = records.first(where: { $0.node == node && $0.state == .alive }),
            record.session == peer.record.session, let told = address(in: record, from: helper),
            told != peer.record.address
        else { return }
        peer.record.address = told
        peer.heard = nil
        roster.set(peer)
        rememberPeers(at: now)
        actions.append(.changed(peer.member, before: peer.state))
    }

    /// Where a record's node is: seen first-hand if it speaks itself, else what the teller says.
    func address(in record: Record, from origin: Origin) -> SocketAddress? {
        if record.session == origin.sender { return origin.source }
        guard let told = record.address, told.ip.isLinkLocal else { return record.address }
        // A link-local address that a neighbour knows is on the link that we share with the neighbour.
        return SocketAddress(ip: told.ip, port: told.port, interface: origin.source.interface)
    }

    /// The address to keep when `record` replaces or restates what is held about a peer.
    ///
    /// Hearsay never outweighs an address that this run of the peer was heard from here recently.
    func settledAddress(for record: Record, from origin: Origin, held: Peer?, at now: Instant) -> SocketAddress? {
        let told = address(in: record, from: origin)
        guard let held, let old = held.record.address else { return told }
        if record.session == origin.sender { return held.record.session == origin.sender ? old : told }
        guard record.state == .alive else { return old }
        let sameRun = held.record.session == record.session
        if sameRun, let heard = held.heard, heard.duration(to: now) < configuration.addressTrust { return old }
        return told ?? old
    }
}
