import Membership
import Wire

/// Membership alone on the simulated network, at the price that its datagrams have on a wire.
///
/// As under the seal, a stranger's first datagram is dropped and answered with a challenge, and what the stranger says
/// counts once it has answered that. What the seal adds is counted, and not computed: a thousand nodes are many.
struct SWIMHost: SimulatedHost {
    /// What all hosts of a network share.
    struct Setup: Sendable {
        var configuration: SWIM.Configuration
        /// Whether nobody need prove itself: for clusters that are not formed, but there.
        var isProven = false
    }

    private enum Content {
        static let payload: UInt8 = 0
        static let challenge: UInt8 = 1
        static let answer: UInt8 = 2
    }

    let session: Session
    private(set) var swim: SWIM
    private let setup: Setup
    private var proven: Set<Session> = []
    /// The states of the others, as changes told them.
    private(set) var states: [NodeID: Member.State] = [:]
    private(set) var alive = 0
    /// What became of others here, in order.
    private(set) var changes: [Change] = []
    private(set) var traffic = Traffic()
    /// Whether changes are kept.
    var isRecording = false

    struct Change: Sendable {
        let at: Instant
        let node: NodeID
        let state: Member.State
    }

    init(_ boot: HostBoot, _ setup: Setup) {
        var random = boot.random
        session = Session(node: Self.node(boot.id), boot: UInt64(boot.boots), salt: random.next())
        self.setup = setup
        swim = SWIM(
            session: session, info: MemberInfo(name: boot.id.description, httpPort: 80, serving: true),
            configuration: setup.configuration, known: [], seeds: [], random: random, at: boot.now)
    }

    /// The node that runs on this host.
    static func node(_ id: HostID) -> NodeID { NodeID(high: UInt64(id.index), low: 7) }

    // MARK: - What happens to it

    mutating func start(at now: Instant) -> [HostAction] { [] }
    mutating func stop(at now: Instant) -> [HostAction] { [] }
    mutating func deadlineReached(at now: Instant) -> [HostAction] { carryOut(swim.deadlineReached(at: now), at: now) }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        guard let (content, sender, payload) = open(bytes) else { return [] }
        switch content {
        case Content.challenge: return [send(Content.answer, [], to: source)]
        case Content.answer:
            proven.insert(sender)
            return carryOut(swim.proven(sender, from: source, at: now), at: now)
        default:
            guard setup.isProven || proven.contains(sender) else { return [send(Content.challenge, [], to: source)] }
            return carryOut(swim.receive(payload, from: source, sender: sender, at: now), at: now)
        }
    }

    /// What this host asks a peer that has just proven itself, to be handed over by hand.
    mutating func meet(_ peer: Session, at address: SocketAddress, now: Instant) -> [[UInt8]] {
        payloads(swim.proven(peer, from: address, at: now), at: now)
    }

    /// Hears payloads, and answers with what it has to say to them.
    mutating func hear(
        _ payloads: [[UInt8]], from source: SocketAddress, sender: Session, at now: Instant
    ) -> [[UInt8]] {
        payloads.flatMap { payload in
            self.payloads(swim.receive(payload, from: source, sender: sender, at: now), at: now)
        }
    }

    private mutating func payloads(_ actions: [SWIM.Action], at now: Instant) -> [[UInt8]] {
        _ = carryOut(actions, at: now)
        return actions.compactMap { action in
            if case .send(let payload, _) = action { payload } else { nil }
        }
    }

    // MARK: - What is seen of it

    var nextDeadline: Instant? { swim.nextDeadline }
    var isHealthy: Bool { true }
    var clusterView: [String] { [] }
    var fingerprint: String { "" }

    // MARK: - What it wants

    private mutating func carryOut(_ actions: [SWIM.Action], at now: Instant) -> [HostAction] {
        actions.compactMap { action in
            switch action {
            case .send(let payload, let address): return send(Content.payload, payload, to: address)
            case .broadcast(let payload):
                traffic.count(payload.count)
                return .broadcast(seal(Content.payload, payload))
            case .changed(let member, _):
                note(member, at: now)
                return nil
            case .store, .ignored: return nil
            }
        }
    }

    private mutating func note(_ member: Member, at now: Instant) {
        guard member.id != session.node else { return }
        let before = states.updateValue(member.state, forKey: member.id)
        alive += (member.state == .alive ? 1 : 0) - (before == .alive ? 1 : 0)
        if isRecording, before != member.state {
            changes.append(Change(at: now, node: member.id, state: member.state))
        }
    }

    mutating func forgetChanges() { changes = [] }
    mutating func forgetTraffic() { traffic = Traffic() }

    // MARK: - Datagrams

    private mutating func send(_ content: UInt8, _ payload: [UInt8], to address: SocketAddress) -> HostAction {
        traffic.count(payload.count)
        return .send(seal(content, payload), to: address)
    }

    private func seal(_ content: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(content)
        writer.integer(session.node.high)
        writer.integer(session.boot)
        writer.integer(session.salt)
        return writer.bytes + payload
    }

    private func open(_ bytes: [UInt8]) -> (content: UInt8, sender: Session, payload: [UInt8])? {
        guard bytes.count >= 25 else { return nil }
        func number(_ from: Int) -> UInt64 { bytes[from..<from + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        let sender = Session(node: NodeID(high: number(1), low: 7), boot: number(9), salt: number(17))
        return (bytes[0], sender, Array(bytes[25...]))
    }
}

/// What a host has sent, as it would be on the wire.
struct Traffic: Sendable {
    private(set) var packets = 0
    private(set) var bytes = 0

    /// The header of a sealed datagram, its tag and its length; no datagram is shorter than `least`.
    private static let seal = 48 + 16 + 2
    private static let least = 128
    /// UDP and IPv4.
    private static let headers = 8 + 20

    mutating func count(_ payload: Int) {
        packets += 1
        bytes += max(Self.least, payload + 1 + Self.seal) + Self.headers
    }
}
