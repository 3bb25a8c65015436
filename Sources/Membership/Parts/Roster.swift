import Wire

/// What is known about one other node.
struct Peer: Sendable, Equatable {
    var record: Record
    /// When its state began.
    var since: Instant
    /// When a datagram of its own last came from `record.address`; nil if that address is hearsay.
    var heard: Instant?
    /// Present exactly while the state is suspect.
    var suspicion: Suspicion?

    var node: NodeID { record.node }
    var state: Member.State { record.state }

    var member: Member {
        Member(
            session: record.session, address: record.address, state: record.state, incarnation: record.incarnation,
            info: record.info, since: since)
    }
}

/// All other nodes, ordered by node ID, so that going through them is the same everywhere.
struct Roster: Sendable {
    private(set) var peers: [Peer] = []
    private(set) var aliveCount = 0
    private(set) var suspectCount = 0

    subscript(node: NodeID) -> Peer? {
        let index = position(of: node)
        return index < peers.count && peers[index].node == node ? peers[index] : nil
    }

    /// Replaces what is known about the node, or adds it.
    mutating func set(_ peer: Peer) {
        let index = position(of: peer.node)
        if index < peers.count, peers[index].node == peer.node {
            count(peers[index].state, by: -1)
            peers[index] = peer
        } else {
            peers.insert(peer, at: index)
        }
        count(peer.state, by: 1)
    }

    mutating func remove(_ node: NodeID) {
        let index = position(of: node)
        guard index < peers.count, peers[index].node == node else { return }
        count(peers[index].state, by: -1)
        peers.remove(at: index)
    }

    /// Whoever has been dead or gone for the longest time.
    var longestGone: NodeID? {
        peers.filter { !$0.state.isPresent }.min { ($0.since, $0.node) < ($1.since, $1.node) }?.node
    }

    private mutating func count(_ state: Member.State, by change: Int) {
        if state == .alive { aliveCount += change }
        if state == .suspect { suspectCount += change }
    }

    private func position(of node: NodeID) -> Int {
        var low = 0
        var high = peers.count
        while low < high {
            let middle = (low + high) / 2
            if peers[middle].node < node { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
