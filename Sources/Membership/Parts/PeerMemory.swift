import Wire

/// The peers as they are on disk, and when they have to be written again.
struct PeerMemory: Sendable {
    /// Read at start; those that have become members since are found in the roster.
    private(set) var known: [KnownPeer]
    private var stored: [KnownPeer]
    private var lastStore: Instant?
    /// When to store; nil while nothing has changed.
    private(set) var deadline: Instant?

    /// Takes the first `limit` different peers, ordered by ID.
    init(_ peers: [KnownPeer], except own: NodeID, limit: Int) {
        var unique: [NodeID: KnownPeer] = [:]
        for peer in peers where peer.id != own && unique[peer.id] == nil && unique.count < limit {
            unique[peer.id] = peer
        }
        known = unique.values.sorted { $0.id < $1.id }
        stored = known
    }

    subscript(node: NodeID) -> KnownPeer? { known.first { $0.id == node } }

    /// Something that is kept may have changed: stores soon, but not sooner after the last time than `spacing`.
    mutating func noteChange(at now: Instant, delay: Duration, spacing: Duration) {
        guard deadline == nil else { return }
        let soon = now.advanced(by: delay)
        deadline = max(soon, lastStore?.advanced(by: spacing) ?? soon)
    }

    /// What to write, if it differs from what was written last.
    mutating func store(_ roster: Roster, limit: Int, at now: Instant) -> [KnownPeer]? {
        deadline = nil
        let list = merged(with: roster, limit: limit)
        guard list != stored else { return nil }
        known = list
        stored = list
        lastStore = now
        return list
    }

    /// Members first: if there are too many, peers that have not been seen in this run are forgotten.
    private func merged(with roster: Roster, limit: Int) -> [KnownPeer] {
        var list = roster.peers.compactMap { peer in
            peer.record.address.map { KnownPeer(id: peer.node, lastAddress: $0, name: peer.record.info.wireName) }
        }
        list += known.filter { roster[$0.id] == nil }.prefix(max(0, limit - list.count))
        return list.sorted { $0.id < $1.id }
    }
}
