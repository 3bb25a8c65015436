/// The sessions that have answered a challenge, where they did, and which of their sequence numbers were accepted.
///
/// Bounded in every direction: what has gone unused for longest makes room. A session that had to is challenged again
/// when it next speaks; nothing else is lost.
struct ProvenPeers: Sendable {
    /// How many nodes are remembered.
    static let nodeLimit = 1024
    /// How many sessions of one node: more than one only while two machines use one ID.
    static let sessionLimit = 4
    /// How many addresses of one session: a node may have several interfaces, each with IPv4 and IPv6.
    static let addressLimit = 8
    /// For how long a later run must have been silent before an earlier one may take its place, as after a card was
    /// restored from a backup. Longer than a cookie holds, so that no recorded answer of the earlier run helps.
    static let silence: Duration = .seconds(60)

    enum Standing: Hashable, Sendable {
        /// The session is proven at this address and the number is fresh.
        case proven
        /// It is unknown, or unknown at this address.
        case unproven
        /// It is known, and this number was accepted before, or is too far back to say.
        case replayed, tooOld
        /// A later run of the same node is known.
        case retired
    }

    private struct Peer: Sendable {
        let session: Session
        var window: ReplayWindow
        var addresses: [SocketAddress]
        var lastHeard: Instant
    }

    private let own: NodeID
    private var nodes: BoundedTable<NodeID, [Peer]>

    /// No peers yet; `own` is the node that keeps the list, whose other sessions are twins and retire no one.
    init(own: NodeID, nodeLimit: Int = Self.nodeLimit) {
        self.own = own
        nodes = BoundedTable(limit: nodeLimit)
    }

    /// What is known about an authentic datagram's sender. Changes nothing.
    func standing(of session: Session, at address: SocketAddress, sequence: UInt64, now: Instant) -> Standing {
        let peers = nodes.peek(session.node) ?? []
        if session.node != own, peers.contains(where: { Self.retires($0, session, now) }) { return .retired }
        guard let peer = peers.first(where: { $0.session == session }) else { return .unproven }
        switch peer.window.verdict(on: sequence) {
        case .replayed: return .replayed
        case .tooOld: return .tooOld
        case .fresh: return peer.addresses.contains(address) ? .proven : .unproven
        }
    }

    /// Takes a fresh datagram of a session proven at this address as accepted.
    mutating func accept(_ session: Session, at address: SocketAddress, sequence: UInt64, now: Instant) {
        _ = nodes.use(session.node) { peers in
            Self.hear(session, at: address, sequence: sequence, now: now, among: &peers)
        }
    }

    /// Takes a session as proven at this address: it has answered with this sequence number. A session that was unknown
    /// begins with this number. Runs of the same node with another boot counter are over.
    mutating func prove(_ session: Session, at address: SocketAddress, sequence: UInt64, now: Instant) {
        let isTwin = session.node == own
        let known: Void? = nodes.use(session.node) { peers in
            if !isTwin { peers.removeAll { $0.session.boot != session.boot } }
            if Self.hear(session, at: address, sequence: sequence, now: now, among: &peers) { return }
            if peers.count >= Self.sessionLimit { peers.removeFirst() }
            peers.append(Self.peer(session, at: address, sequence: sequence, now: now))
        }
        if known == nil {
            nodes.insert([Self.peer(session, at: address, sequence: sequence, now: now)], for: session.node)
        }
    }

    /// Whether this session has answered a challenge from this address.
    func isProven(_ session: Session, at address: SocketAddress) -> Bool {
        nodes.peek(session.node)?.contains { $0.session == session && $0.addresses.contains(address) } ?? false
    }

    private static func peer(_ session: Session, at address: SocketAddress, sequence: UInt64, now: Instant) -> Peer {
        Peer(session: session, window: ReplayWindow(startingAt: sequence), addresses: [address], lastHeard: now)
    }

    private static func retires(_ peer: Peer, _ session: Session, _ now: Instant) -> Bool {
        peer.session.boot > session.boot && peer.lastHeard.duration(to: now) < silence
    }

    /// False if the session is not among the peers. Sessions and addresses stand in order of their last use.
    @discardableResult
    private static func hear(
        _ session: Session, at address: SocketAddress, sequence: UInt64, now: Instant, among peers: inout [Peer]
    ) -> Bool {
        guard let index = peers.firstIndex(where: { $0.session == session }) else { return false }
        moveToEnd(&peers, index)
        let last = peers.count - 1
        guard peers[last].window.accept(sequence) else { return true }
        peers[last].lastHeard = now
        if let known = peers[last].addresses.firstIndex(of: address) {
            moveToEnd(&peers[last].addresses, known)
        } else {
            if peers[last].addresses.count >= addressLimit { peers[last].addresses.removeFirst() }
            peers[last].addresses.append(address)
        }
        return true
    }

    private static func moveToEnd<Element>(_ elements: inout [Element], _ index: Int) {
        guard index < elements.count - 1 else { return }
        elements.append(elements.remove(at: index))
    }
}
