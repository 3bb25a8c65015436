import Membership
import NodeCore
import Testing
import VRRP
import Wire

/// One node on a bench: no network, but peers that answer it at once, or are silent when a test wants it.
struct Bench {
    /// A member without an election: it only gossips, and says what a test tells it to say.
    struct Peer {
        let session: Session
        let address: SocketAddress
        var link: SealedLink
        var swim: SWIM
        /// What it was told by messages that are not membership's.
        var heard: [[UInt8]] = []
        var isSilent = false

        /// The advertisements among what it was told.
        var advertisements: [[UInt8]] { heard.filter { $0.first == 0x20 } }
    }

    static let floating = FloatingAddress(ip: .v4(0x0A00_00FA), virtualRouterID: 51)
    static let key: ClusterKey = {
        var random = SeededGenerator(seed: 1)
        return ClusterKey(using: &random)
    }()
    /// The node's own ID stands in the middle, so that a test can give it peers before and after it.
    static let session = Session(node: NodeID(high: 100, low: 0), boot: 5, salt: 5)

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var node: Node
    var peers: [Peer]
    /// All that the node wanted since a test last took it.
    private(set) var wanted: [Action] = []

    /// A node that has just started with a sound health, and peers with these numbers as IDs.
    init(
        peers numbers: [UInt64] = [], health: Health = .healthy, priority: UInt8 = 100,
        configuration: Node.Configuration? = nil, known: [KnownPeer] = []
    ) {
        let begin = now
        node = Node(
            configuration
                ?? Node.Configuration(
                    name: "node", httpPort: 80, keyring: Keyring(Self.key), floating: [Self.floating],
                    priority: priority, interval: 2),
            session: Self.session, linkSecret: Array(repeating: 1, count: 32), known: known,
            random: SeededGenerator(seed: 1), at: now)
        peers = numbers.map { number in
            let session = Session(node: NodeID(high: number, low: 0), boot: 1, salt: 1)
            return Peer(
                session: session, address: SocketAddress(ip: .v4(0x0A00_0000 + UInt32(number)), port: 7373),
                link: SealedLink(
                    session: session, keyring: Keyring(Self.key), secret: Array(repeating: UInt8(number), count: 32)),
                swim: SWIM(
                    session: session, info: MemberInfo(name: "peer\(number)", serving: true), configuration: .lan,
                    known: [], seeds: [], random: SeededGenerator(seed: number), at: begin))
        }
        call { node, now in node.update(health: health, release: 1, at: now) }
    }

    static let ownAddress = SocketAddress(ip: .v4(0x0A00_0064), port: 7373)

    // MARK: - What happens

    /// Calls the node, and passes on what it sends.
    mutating func call(_ body: (inout Node, Instant) -> [Action]) {
        let actions = body(&node, now)
        wanted += actions
        for case .send(let bytes, let destination) in actions {
            for index in peers.indices where !peers[index].isSilent {
                if case .address(let address) = destination, address != peers[index].address { continue }
                peerReceives(bytes, index)
            }
        }
    }

    /// The peer at `index` says this to the node, sealed.
    mutating func say(_ payload: [UInt8], from index: Int = 0) throws {
        deliver(try peers[index].link.seal(payload), from: peers[index].address)
    }

    /// The peer at `index` advertises with this priority.
    mutating func advertise(_ priority: UInt8, from index: Int = 0, virtualRouter: UInt8 = 51) throws {
        let advertisement = Advertisement(
            virtualRouterID: virtualRouter, priority: priority, interval: 2, addresses: [Self.floating.ip])
        try say([0x20] + advertisement.encoded(checksum: .none), from: index)
    }

    mutating func deliver(_ datagram: [UInt8], from source: SocketAddress) {
        call { node, now in node.receive(datagram, from: source, at: now) }
    }

    /// Lets time pass for the node and the peers that are not silent.
    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        var turnsInPlace = 0
        while true {
            let speaking = peers.indices.filter { !peers[$0].isSilent }
            let next = speaking.map { peers[$0].swim.nextDeadline }.reduce(node.nextDeadline, min)
            guard next <= end else { break }
            turnsInPlace = next > now ? 0 : turnsInPlace + 1
            guard turnsInPlace < 10_000 else {
                Issue.record("10,000 deadlines, and no time passes")
                break
            }
            now = max(now, next)
            if node.nextDeadline <= now { call { node, now in node.deadlineReached(at: now) } }
            for index in speaking where peers[index].swim.nextDeadline <= now {
                carryOut(peers[index].swim.deadlineReached(at: now), index)
            }
        }
        now = end
    }

    /// Lets time pass in which nothing is called.
    mutating func hang(for duration: Duration) { now = now.advanced(by: duration) }

    private mutating func peerReceives(_ bytes: [UInt8], _ index: Int) {
        switch peers[index].link.receive(bytes, from: Self.ownAddress, at: now) {
        case .message(let sender, let payload):
            if let kind = payload.first, (0x10...0x1F).contains(kind) {
                carryOut(
                    peers[index].swim.receive(payload, from: Self.ownAddress, sender: sender, at: now), index)
            } else {
                peers[index].heard.append(payload)
            }
        case .proven(let sender, let reply):
            if let reply { deliver(reply, from: peers[index].address) }
            carryOut(peers[index].swim.proven(sender, from: Self.ownAddress, at: now), index)
        case .reply(let reply), .duplicateIdentity(_, .some(let reply)):
            deliver(reply, from: peers[index].address)
        case .duplicateIdentity, .dropped: break
        }
    }

    private mutating func carryOut(_ actions: [SWIM.Action], _ index: Int) {
        for action in actions {
            switch action {
            case .send(let payload, to: Self.ownAddress), .broadcast(let payload):
                if let datagram = try? peers[index].link.seal(payload) {
                    deliver(datagram, from: peers[index].address)
                }
            default: break
            }
        }
    }

    // MARK: - What a test asks

    var snapshot: NodeSnapshot { node.snapshot }
    var signal: Signal { node.snapshot.signal }
    var state: RouterState? { node.snapshot.floating.first?.state }
    var history: [NodeSnapshot.Transition] { node.snapshot.floating.first?.history ?? [] }

    func ignored(_ reason: String) -> UInt64 {
        node.snapshot.ignored.sorted.first { $0.reason == reason }?.count ?? 0
    }

    /// What the node wanted since this was last asked.
    mutating func take() -> [Action] {
        defer { wanted = [] }
        return wanted
    }
}

extension [Action] {
    /// The signals that were shown, in their order.
    var shown: [Signal] { compactMap { if case .show(let signal) = $0 { signal } else { nil } } }
    var releases: Int { count { if case .release = $0 { true } else { false } } }
    var claims: Int { count { if case .claim = $0 { true } else { false } } }
    var announcements: Int { count { if case .announce = $0 { true } else { false } } }
    var events: [Event] { compactMap { if case .tell(let event) = $0 { event } else { nil } } }
    var sends: Int { count { if case .send = $0 { true } else { false } } }
}
