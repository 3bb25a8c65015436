import NodeCore
import Synchronization
import Testing
import Wire

/// Nodes without a key on one network with a clock of its own. Those that have one key know each other as members, which
/// in a node is the work of gossip.
struct PairingNetwork {
    struct Host {
        var pairing: Pairing?
        let identity: PairingIdentity
        var record: PairingRecord
        var keys: [ClusterKey] = []
        var broughtMembers: [Bool] = []
        var events: [PairingEvent] = []
        /// Whether what it wants stored is on its disk at once, or not at all.
        var canStore = true
        /// How many other members it has had.
        var met = 0
    }

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var hosts: [Host] = []
    /// Every datagram that was sent.
    private(set) var sent: [[UInt8]] = []
    var lossPercent = 0
    /// Whether what one host sends to the other gets lost.
    var isCut: @Sendable (_ from: Int, _ to: Int) -> Bool = { _, _ in false }
    var hasGossip = true
    private var random: SeededGenerator
    private var queue: [(at: Instant, to: Int, from: Int, bytes: [UInt8])] = []

    init(_ count: Int, seed: UInt64, starting: Bool = true) throws {
        random = SeededGenerator(seed: seed)
        for _ in 0..<count {
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            hosts.append(
                Host(identity: try #require(PairingIdentity(bytes: secret)), record: PairingRecord(using: &random)))
        }
        if starting { for index in hosts.indices { start(index) } }
    }

    static func address(_ index: Int) -> SocketAddress {
        SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 7373)
    }

    mutating func start(_ index: Int) {
        hosts[index].met = 0
        let seed = random.next()
        let nonces = Nonces(seed: seed)
        hosts[index].pairing = Pairing(
            identity: hosts[index].identity, record: hosts[index].record, name: "pi\(index)",
            random: SeededGenerator(seed: seed), nonces: { nonces.next() }, at: now)
    }

    /// Whether this one's disk takes what it is given.
    mutating func setDisk(_ canStore: Bool, of index: Int) {
        hosts[index].canStore = canStore
        if canStore { hosts[index].pairing?.recordIsStored() }
    }

    mutating func stop(_ index: Int) { hosts[index].pairing = nil }

    mutating func perform(_ index: Int, _ body: (inout Pairing, Instant) -> [Pairing.Action]?) {
        change(index, body)
        guard hasGossip else { return }
        for index in hosts.indices {
            let present = hosts.indices.count { $0 != index && areMembers($0, index) }
            hosts[index].met = max(hosts[index].met, present)
            let ever = hosts[index].met
            change(index) { pairing, now in pairing.met(members: ever, present: present, at: now) }
        }
    }

    private func areMembers(_ one: Int, _ other: Int) -> Bool {
        hosts[one].pairing != nil && hosts[other].pairing != nil && hosts[one].record.key == hosts[other].record.key
            && !isCut(one, other) && !isCut(other, one)
    }

    private mutating func change(_ index: Int, _ body: (inout Pairing, Instant) -> [Pairing.Action]?) {
        guard var pairing = hosts[index].pairing else { return }
        let actions = body(&pairing, now) ?? []
        hosts[index].pairing = pairing
        for action in actions {
            switch action {
            case .send(let bytes, let address), .confirm(let bytes, let address):
                let to = hosts.indices.first { Self.address($0) == address }
                if let to { send(bytes, index, to) } else { sent.append(bytes) }
            case .broadcast(let bytes): for other in hosts.indices where other != index { send(bytes, index, other) }
            case .store(let record):
                hosts[index].record = record
                if hosts[index].canStore { hosts[index].pairing?.recordIsStored() }
            case .useKey(let offer, let bringsMembers):
                hosts[index].keys.append(offer.key)
                hosts[index].broughtMembers.append(bringsMembers)
            case .sayComplete(let address):
                for other in hosts.indices where other != index && hasGossip && areMembers(index, other) {
                    if address == nil || address == Self.address(other) { queue.append((now, other, index, [])) }
                }
            case .tell(let event): hosts[index].events.append(event)
            }
        }
    }

    mutating func inject(_ bytes: [UInt8], from: Int, to: Int) {
        guard !bytes.isEmpty else { return perform(to) { pairing, now in pairing.groupIsComplete(at: now) } }
        perform(to) { pairing, now in pairing.receive(bytes, from: Self.address(from), at: now) }
    }

    private mutating func send(_ bytes: [UInt8], _ from: Int, _ to: Int) {
        sent.append(bytes)
        guard Int.random(in: 0..<100, using: &random) >= lossPercent, !isCut(from, to) else { return }
        let delay = Duration.microseconds(Int.random(in: 200...3000, using: &random))
        queue.append((now.advanced(by: delay), to, from, bytes))
    }

    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while true {
            let datagram = queue.indices.min { queue[$0].at < queue[$1].at }
            let timer = hosts.indices.filter { hosts[$0].pairing != nil }
                .min { deadline($0) < deadline($1) }
            let next = min(datagram.map { queue[$0].at } ?? end, timer.map { deadline($0) } ?? end)
            guard next < end else { break }
            now = max(now, next)
            if let datagram, queue[datagram].at <= now {
                let (_, to, from, bytes) = queue.remove(at: datagram)
                inject(bytes, from: from, to: to)
            } else if let timer {
                perform(timer) { $0.deadlineReached(at: $1) }
            }
        }
        now = end
    }

    /// The nonces that a host has announced, in their order.
    func announced(by index: Int) -> [PairingNonce] {
        let messages = sent.compactMap { try? PairingMessage(decoding: $0) }
        return messages.filter { message in
            guard case .announce = message.body else { return false }
            return message.sender == hosts[index].identity.publicKey
        }.map(\.nonce)
    }

    private func deadline(_ index: Int) -> Instant { hosts[index].pairing?.nextDeadline ?? now }

    /// Whether all have one key, and which groups there are.
    var groups: Set<UInt64> { Set(hosts.map(\.record.group)) }
    var clusterKeys: Set<ClusterKey> { Set(hosts.map(\.record.key)) }
}

/// Nonces for tests, from a seed.
private final class Nonces: Sendable {
    private let random: Mutex<SeededGenerator>

    init(seed: UInt64) { random = Mutex(SeededGenerator(seed: seed)) }

    func next() -> PairingNonce { random.withLock { PairingNonce(using: &$0) } }
}

/// Somebody on the network who is no node.
struct Stranger {
    let identity: PairingIdentity
    private var random: SeededGenerator

    init(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        self.random = random
        identity = try #require(PairingIdentity(bytes: secret))
    }

    var key: PairingKey { identity.publicKey }

    mutating func nonce() -> PairingNonce { PairingNonce(using: &random) }

    mutating func clusterKey() -> ClusterKey { ClusterKey(using: &random) }

    /// Presents itself, or says that it is the owner of another key.
    mutating func announcement(_ body: PairingMessage.Announcement, as key: PairingKey? = nil) -> [UInt8] {
        PairingMessage(sender: key ?? self.key, nonce: nonce(), body: .announce(body)).encoded
    }

    /// Offers a key of its own.
    mutating func offer(
        group: UInt64, isAdmission: Bool, isEstablished: Bool, to receiver: PairingKey, announced: PairingNonce
    ) throws -> [UInt8] {
        let offer = PairingOffer(
            group: group, key: clusterKey(), generation: 0, isAdmission: isAdmission, isEstablished: isEstablished)
        return try #require(identity.offer(offer, to: receiver, announced: announced, nonce: nonce()))
    }

    /// Takes what is offered to it; nil if that is for somebody else.
    mutating func acceptance(of datagram: [UInt8], group: UInt64) throws -> [UInt8]? {
        let message = try PairingMessage(decoding: datagram)
        guard case .offer(key, _, _) = message.body else { return nil }
        return identity.acceptance(of: group, from: message.sender, offered: message.nonce, nonce: nonce())
    }
}
