import Membership
import NodeCore
import VRRP
import Wire

/// A whole node on the simulated network: the same value that runs in the daemon, sealing included.
struct NodeHost: SimulatedHost {
    private let bootInfo: HostBoot
    private var node: Node
    /// What the shell would have found out about the node.
    private(set) var health = Health.healthy
    private var isDraining = false
    /// Taken from the node whenever it tells of a member.
    private(set) var clusterView: [String] = []
    private(set) var lights = ""

    init(_ boot: HostBoot, key: ClusterKey, floating: [FloatingAddress]) {
        bootInfo = boot
        var random = boot.random
        let identity = boot.disk["identity"].flatMap { NodeID(String(decoding: $0, as: UTF8.self)) }
        let session = Session(
            node: identity ?? NodeID(using: &random), boot: UInt64(boot.boots), salt: random.next())
        let known = boot.disk["peers"].map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
        node = Node(
            Node.Configuration(
                name: boot.id.description, httpPort: 80, keyring: Keyring(key), floating: floating),
            session: session, linkSecret: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) },
            known: known.compactMap { KnownPeer(line: $0) }, random: random, at: boot.now)
    }

    var snapshot: NodeSnapshot { node.snapshot }

    mutating func start(at now: Instant) -> [HostAction] {
        let identity = HostAction.store("identity", Array(node.session.node.description.utf8))
        return [identity] + translate(node.update(health: health, release: 1, at: now))
    }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        translate(node.receive(bytes, from: source, at: now))
    }

    mutating func deadlineReached(at now: Instant) -> [HostAction] { translate(node.deadlineReached(at: now)) }

    mutating func stop(at now: Instant) -> [HostAction] { translate(node.stop(at: now)) }

    /// The shell finds that the node can, or cannot, serve.
    mutating func setHealth(_ health: Health, at now: Instant) -> [HostAction] {
        self.health = health
        return translate(node.update(health: health, release: 1, at: now))
    }

    mutating func setDraining(_ draining: Bool, at now: Instant) -> [HostAction] {
        isDraining = draining
        return translate(node.setDraining(draining, at: now))
    }

    var nextDeadline: Instant? { node.nextDeadline }

    var isHealthy: Bool { health.isServing && !isDraining }

    var fingerprint: String {
        let now = node.snapshot
        let members = now.members.map {
            "\($0.session) \($0.state) \($0.incarnation) \(String(describing: $0.address))"
        }
        let floating = now.floating.map {
            "\($0.address.ip) \($0.state) \($0.priority) \(String(describing: $0.holder))"
        }
        return (members + floating + ["\(now.signal)"]).joined(separator: "\n")
    }

    private mutating func translate(_ actions: [Action]) -> [HostAction] { actions.map { translate($0) } }

    private mutating func translate(_ action: Action) -> HostAction {
        switch action {
        case .send(let bytes, .address(let address)): return .send(bytes, to: address)
        case .send(let bytes, .group), .send(let bytes, .everyone): return .broadcast(bytes)
        case .claim(let address): return .claim(address.ip)
        case .release(let address): return .release(address.ip)
        case .announce(let address): return .announce(address.ip)
        case .store(let peers): return .store("peers", Array(peers.map(\.line).joined(separator: "\n").utf8))
        case .show(let signal):
            lights = "\(signal)"
            return .note("shows \(signal)")
        case .tell(let event):
            if case .member = event {
                clusterView = node.snapshot.members.filter { $0.state == .alive }.map(\.info.name).sorted()
            }
            return .note(event.text)
        case .takeNewIdentity: return .note("takes a new identity")
        }
    }
}
