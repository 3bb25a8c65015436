import Membership
import NodeCore
import VRRP
import Wire

/// A whole node on the simulated network: the same value that runs in the daemon, sealing included. What the daemon
/// does around it is done here: the identity and the boot counter on disk, a new identity when the node wants one.
struct NodeHost: SimulatedHost {
    /// What is the same on each node of a cluster.
    struct Cluster: Sendable {
        var keyring: Keyring
        var floating: [FloatingAddress]
        /// Centiseconds between advertisements.
        var interval: UInt16 = 2
        /// Whether no file names a key, so that the nodes pair.
        var isKeyless = false
        /// How long the node does not hear yet that its keys are on the disk, though they are.
        var keyDelay = Duration.zero
        /// The versions of the membership protocol that the program of this start speaks.
        var versions: @Sendable (HostBoot) -> ClosedRange<UInt8> = { _ in SWIM.Configuration.lan.versions }
    }

    private let id: HostID
    private let cluster: Cluster
    private let versions: ClosedRange<UInt8>
    var node: Node
    private var random: SeededGenerator
    private var peers: [KnownPeer]
    private var spoiler: Spoiler
    private(set) var health = Health.healthy
    private var isDraining = false
    private var isDeaf = false
    private var lifelines: [LifelinePeer] = []
    /// Whom it has knocked at.
    private var doors: [SocketAddress: LifelinePeer] = [:]
    /// What is on the disk of pairing; nil where a file names the key.
    private var paired: PairedDisk?
    /// The keys that are on the disk without the node's knowing, and when it is told.
    private var keptKeys: (ring: KeyRing, tellAt: Instant)?
    /// Taken from the node whenever it tells of a member.
    private(set) var clusterView: [String] = []
    private(set) var lights = ""

    init(_ boot: HostBoot, _ cluster: Cluster, flaw: Flaw? = nil) {
        id = boot.id
        self.cluster = cluster
        random = boot.random
        spoiler = Spoiler(flaw)
        peers = boot.text("peers").split(separator: "\n").compactMap { KnownPeer(line: $0) }
        let session = Session(
            node: NodeID(boot.text("identity")) ?? NodeID(using: &random),
            boot: (UInt64(boot.text("boots")) ?? 0) + 1, salt: random.next())
        if cluster.isKeyless { paired = PairedDisk(boot.disk["pairing"] ?? []) ?? PairedDisk(using: &random) }
        versions = cluster.versions(boot)
        node = Self.node(
            id, cluster, session, versions: versions, known: peers, keys: KeyRing(text: boot.text("keys")),
            paired: paired,
            random: &random, at: boot.now)
    }

    private static func node(
        _ id: HostID, _ cluster: Cluster, _ session: Session, versions: ClosedRange<UInt8>, known: [KnownPeer],
        keys: KeyRing?, paired: PairedDisk?, random: inout SeededGenerator, at now: Instant
    ) -> Node {
        let keyring = paired.map { Keyring($0.record.key) } ?? cluster.keyring
        var configuration = Node.Configuration(
            name: id.description, httpPort: 80, keyring: keyring, floating: cluster.floating,
            interval: cluster.interval)
        configuration.membership.versions = versions
        configuration.keyRing = keys?.with(file: paired == nil ? keyring : nil).ring
        configuration.pairing = paired?.setup(nonces: SeededGenerator(seed: random.next()))
        return Node(
            configuration, session: session,
            linkSecret: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) },
            known: known, random: SeededGenerator(seed: random.next()), at: now)
    }

    // MARK: - What happens to it

    mutating func start(at now: Instant) -> [HostAction] {
        let identity =
            [
                HostAction.store("identity", Array(node.session.node.description.utf8)),
                HostAction.store("boots", Array("\(node.session.boot)".utf8)),
            ] + (paired.map { [HostAction.store("pairing", $0.bytes)] } ?? [])
        return identity + carryOut(node.update(health: health, release: 1, at: now), at: now)
    }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        if spoiler.flaw == .deafenedByJunk {
            if bytes.count == 1 { isDeaf = true }
            if isDeaf { return [] }
        }
        let obeyed = spoiler.flaw == .obeysStrangers && bytes.count == 1 ? setDraining(true, at: now) : []
        return obeyed + carryOut(node.receive(bytes, from: source, at: now), at: now)
    }

    mutating func deadlineReached(at now: Instant) -> [HostAction] {
        var done: [HostAction] = []
        if let kept = keptKeys, kept.tellAt <= now {
            keptKeys = nil
            done = carryOut(node.keysStored(kept.ring, at: now), at: now)
        }
        return done + carryOut(node.deadlineReached(at: now), at: now)
    }

    mutating func lifelineBroke(_ address: SocketAddress, at now: Instant) -> [HostAction] {
        guard let peer = lifelines.first(where: { $0.address == address }) else { return [] }
        return carryOut(node.lifelineBroke(peer.node, at: now), at: now)
    }

    mutating func lifelineRefused(_ address: SocketAddress, at now: Instant) -> [HostAction] {
        guard let peer = lifelines.first(where: { $0.address == address }) else { return [] }
        return carryOut(node.lifelineRefused(peer.node, at: now), at: now)
    }

    mutating func gaveSignOfLife(_ address: SocketAddress, at now: Instant) -> [HostAction] {
        guard let peer = lifelines.first(where: { $0.address == address }) else { return [] }
        return carryOut(node.gaveSignOfLife(peer.node, at: now), at: now)
    }

    mutating func knocked(_ address: SocketAddress, _ answer: Knock, at now: Instant) -> [HostAction] {
        guard let peer = doors.removeValue(forKey: address) else { return [] }
        return carryOut(node.knocked(.member(peer), answer, at: now), at: now)
    }

    mutating func moved(at now: Instant) -> [HostAction] { carryOut(node.addressesChanged(at: now), at: now) }

    var hasStopped: Bool { node.isStopped }

    mutating func stop(at now: Instant) -> [HostAction] { carryOut(node.stop(at: now), at: now) }

    /// The shell finds that the node can, or cannot, serve.
    mutating func setHealth(_ health: Health, at now: Instant) -> [HostAction] {
        self.health = health
        return carryOut(node.update(health: health, release: 1, at: now), at: now)
    }

    mutating func setDraining(_ draining: Bool, at now: Instant) -> [HostAction] {
        isDraining = draining
        return carryOut(node.setDraining(draining, at: now), at: now)
    }

    mutating func rotate(to keyring: Keyring, at now: Instant) -> [HostAction] {
        carryOut(node.rotate(to: keyring, at: now), at: now)
    }

    /// What a person does about pairing; the refusal is a line in the trace.
    mutating func pair(
        at now: Instant, _ change: (inout Node) throws(PairingRefusal) -> [Action]
    ) -> [HostAction] {
        do throws(PairingRefusal) {
            return carryOut(try change(&node), at: now)
        } catch {
            return [.note("refused: \(error)")]
        }
    }

    /// What a person does about keys; the refusal is a line in the trace.
    mutating func changeKeys(
        at now: Instant, _ change: (inout Node) throws(KeyRefusal) -> [Action]
    ) -> [HostAction] {
        do throws(KeyRefusal) {
            return carryOut(try change(&node), at: now)
        } catch {
            return [.note("refused: \(error)")]
        }
    }

    // MARK: - What is seen of it

    var snapshot: NodeSnapshot { node.snapshot }

    var nextDeadline: Instant? { min(node.nextDeadline, keptKeys?.tellAt ?? node.nextDeadline) }

    var isHealthy: Bool { health.isServing && !isDraining }

    var fingerprint: String {
        let now = node.snapshot
        let members = now.members.map {
            "\($0.session) \($0.state) \($0.incarnation) \(String(describing: $0.address))"
        }
        let floating = now.floating.map {
            "\($0.address.ip) \($0.state) \($0.priority) \(String(describing: $0.holder))"
        }
        return (members + floating + ["\(now.signal)", "\(now.isDraining)"]).joined(separator: "\n")
    }

    // MARK: - What it wants

    private mutating func carryOut(_ actions: [Action], at now: Instant) -> [HostAction] {
        spoiler.spoil(actions.flatMap { carryOut($0, at: now) })
    }

    private mutating func carryOut(_ action: Action, at now: Instant) -> [HostAction] {
        switch action {
        case .send(let bytes, .address(let address)): return [.send(bytes, to: address)]
        case .advertise: return []  // the simulated nodes are in sealed mode
        case .send(let bytes, .group), .send(let bytes, .everyone): return [.broadcast(bytes)]
        case .claim(let address): return [.claim(address.ip)]
        case .release(let address): return [.release(address.ip)]
        case .relinquish(let address):
            return [.release(address.ip)] + carryOut(node.relinquished(address.ip), at: now)
        case .adopt(let address, _): return carryOut(node.adopted(address.ip, at: now), at: now)
        case .lifelines(let peers):
            lifelines = peers
            return [.lifelines(peers.map(\.address))]
        case .askForSignOfLife(let id):
            guard let peer = lifelines.first(where: { $0.node == id }) else {
                return carryOut(node.cannotAskForSignOfLife(id, at: now), at: now)
            }
            return [.askForSignOfLife(peer.address)]
        case .knock(.member(let peer)):
            doors[peer.address] = peer
            return [.knock(peer.address)]
        // No network of the simulation has a gateway.
        case .knock(.gateway): return carryOut(node.knocked(.gateway, nil, at: now), at: now)
        case .announce(let address): return [.announce(address.ip)]
        case .store(let peers):
            self.peers = peers
            return [.store("peers", Array(peers.map(\.line).joined(separator: "\n").utf8))]
        // No network of the simulation has a DHCP server.
        case .sendDHCP: return []
        case .storeLease(let record): return [.store("lease", Array(record.text.utf8))]
        case .storeKeys(let ring): return store(ring, at: now)
        case .storePairing(let record):
            paired?.record = record
            let written = paired.map { [HostAction.store("pairing", $0.bytes)] } ?? []
            return written + carryOut(node.pairingStored(record), at: now)
        case .setKeysAside: return [.store("keys", [])]
        case .useAddresses: return carryOut(node.update(health: health, release: 1, at: now), at: now)
        case .show(let signal):
            if spoiler.flaw != .frozenLights || lights != "member" { lights = "\(signal)" }
            return [.note("shows \(signal)")]
        case .tell(let event):
            if case .member = event { lookAround() }
            return [.note(event.text)]
        case .takeNewIdentity: return takeNewIdentity(at: now)
        }
    }

    private mutating func lookAround() {
        clusterView = node.snapshot.members.filter { $0.state == .alive }.map(\.info.name).sorted()
    }

    private mutating func store(_ ring: KeyRing, at now: Instant) -> [HostAction] {
        // Says that it has the keys, and forgets them when the power fails.
        let written = spoiler.flaw == .forgetsKeys ? [] : [HostAction.store("keys", Array(ring.text.utf8))]
        if spoiler.flaw == .sealsTooSoon, ring.entries.count > 1, let newest = KeyRing([ring.newest], floor: 0) {
            return written + carryOut(node.useKeys(newest, at: now), at: now)
        }
        guard cluster.keyDelay > .zero else { return written + carryOut(node.keysStored(ring, at: now), at: now) }
        keptKeys = (ring, now.advanced(by: cluster.keyDelay))
        return written
    }

    private mutating func takeNewIdentity(at now: Instant) -> [HostAction] {
        let session = Session(node: NodeID(using: &random), boot: node.session.boot, salt: random.next())
        let keys = node.keyRing.isRotated ? node.keyRing : nil
        paired?.renewSecret(using: &random)
        node = Self.node(
            id, cluster, session, versions: versions, known: peers, keys: keys, paired: paired, random: &random, at: now
        )
        let begun = [.note("takes a new identity: \(session)")] + start(at: now)
        return begun + (isDraining ? setDraining(true, at: now) : [])
    }
}

extension HostBoot {
    fileprivate func text(_ name: String) -> String { String(decoding: disk[name] ?? [], as: UTF8.self) }
}
