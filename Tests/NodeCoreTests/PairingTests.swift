import NodeCore
import Synchronization
import Testing
import Wire

/// Nodes without a key on one network with a clock of its own.
struct PairingNetwork {
    struct Host {
        var pairing: Pairing?
        let identity: PairingIdentity
        var record: PairingRecord
        var keys: [ClusterKey] = []
        var events: [PairingEvent] = []
    }

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var hosts: [Host] = []
    /// Every datagram that was sent, and how many bytes an address got that had sent fewer before.
    private(set) var sent: [[UInt8]] = []
    var lossPercent = 0
    var isSevered = false
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
        let seed = random.next()
        let nonces = Nonces(seed: seed)
        hosts[index].pairing = Pairing(
            identity: hosts[index].identity, record: hosts[index].record, name: "pi\(index)",
            random: SeededGenerator(seed: seed), nonces: { nonces.next() }, at: now)
    }

    mutating func stop(_ index: Int) { hosts[index].pairing = nil }

    mutating func perform(_ index: Int, _ body: (inout Pairing, Instant) -> [Pairing.Action]?) {
        guard var pairing = hosts[index].pairing else { return }
        let actions = body(&pairing, now) ?? []
        hosts[index].pairing = pairing
        for action in actions {
            switch action {
            case .send(let bytes, let address), .confirm(let bytes, let address):
                if let to = hosts.indices.first(where: { Self.address($0) == address }) { send(bytes, index, to) }
            case .broadcast(let bytes): for other in hosts.indices where other != index { send(bytes, index, other) }
            case .store(let record): hosts[index].record = record
            case .useKey(let offer, _): hosts[index].keys.append(offer.key)
            case .tell(let event): hosts[index].events.append(event)
            }
        }
    }

    mutating func inject(_ bytes: [UInt8], from: Int, to: Int) {
        perform(to) { pairing, now in pairing.receive(bytes, from: Self.address(from), at: now) }
    }

    private mutating func send(_ bytes: [UInt8], _ from: Int, _ to: Int) {
        sent.append(bytes)
        guard Int.random(in: 0..<100, using: &random) >= lossPercent, !isSevered || from % 2 == to % 2 else { return }
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

@Suite("Pairing of nodes that were given no key")
struct PairingTests {
    @Test(
        "all that are there become one group, whatever the order and the loss",
        arguments: [2, 3, 5, 12], [(0, 1), (0, 2), (20, 3), (60, 4)] as [(Int, UInt64)])
    func gathers(_ count: Int, _ weather: (loss: Int, seed: UInt64)) throws {
        var network = try PairingNetwork(count, seed: weather.seed, starting: false)
        network.lossPercent = weather.loss
        var random = SeededGenerator(seed: weather.seed)
        for index in network.hosts.indices.shuffled(using: &random) {
            network.start(index)
            network.run(for: .milliseconds(Int.random(in: 0...5000, using: &random)))
        }
        let lowest = network.groups.min()
        network.run(for: .seconds(100))
        #expect(network.groups == [try #require(lowest)] && network.clusterKeys.count == 1)
        for host in network.hosts {
            #expect(host.pairing?.found == count)
            #expect(host.keys.last ?? host.record.key == network.hosts[0].record.key)
        }
        network.run(for: .seconds(300))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }

    @Test("three that start at the same instant, of which one dies half-way, leave two with one key", arguments: 1...20)
    func dies(_ seed: UInt64) throws {
        var network = try PairingNetwork(3, seed: seed)
        network.run(for: .milliseconds(Int(seed) / 4))
        let lowest = network.hosts.indices.min { network.hosts[$0].record.group < network.hosts[$1].record.group } ?? 0
        network.stop(lowest)
        network.run(for: .seconds(20))
        let rest = network.hosts.indices.filter { $0 != lowest }
        #expect(Set(rest.map { network.hosts[$0].record.key }).count == 1)
        network.start(lowest)
        network.run(for: .seconds(20))
        #expect(network.clusterKeys.count == 1, "and it joins them when it is back")
    }

    @Test("a cluster that opens again takes others in and joins nobody, whatever the numbers", arguments: 1...6)
    func opensAgain(_ seed: UInt64) throws {
        var network = try PairingNetwork(4, seed: seed, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        let group = network.hosts[0].record.group
        network.start(2)
        network.start(3)
        network.run(for: .seconds(3))
        #expect(network.hosts[2].record.group != group)
        network.perform(1) { $0.openAgain(at: $1) }
        network.run(for: .seconds(20))
        #expect(network.groups == [group])
        #expect(network.hosts[3].record.isEstablished)
        network.run(for: .seconds(400))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }

    @Test("strangers who go on announcing themselves do not keep it open for ever")
    func lastCall() throws {
        var network = try PairingNetwork(1, seed: 8)
        var random = SeededGenerator(seed: 9)
        let group = network.hosts[0].record.group
        for _ in 0..<60 {
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let key = try #require(PairingIdentity(bytes: secret)).publicKey
            let announcement = PairingMessage(
                sender: key, nonce: PairingNonce(using: &random),
                body: .announce(.init(group: group, isOpen: true, name: "x")))
            network.inject(announcement.encoded, from: 9, to: 0)
            network.run(for: .seconds(31))
        }
        #expect(network.hosts[0].record.standing == .closed)
    }

    @Test("a node that finds nobody stays alone, and asks")
    func alone() throws {
        var network = try PairingNetwork(1, seed: 1)
        network.run(for: .seconds(179))
        #expect(network.hosts[0].record.standing == .open)
        network.run(for: .seconds(2))
        #expect(network.hosts[0].record.standing == .alone)
        #expect(network.hosts[0].events == [.closed(isAlone: true)] && network.hosts[0].keys.isEmpty)
    }

    @Test("a closed group takes in nobody by itself; it shows who asks, and a person lets it in")
    func admits() throws {
        var network = try PairingNetwork(3, seed: 2, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        #expect(network.hosts[0].record.standing == .closed)
        network.start(2)
        network.run(for: .seconds(30))
        let key = network.hosts[2].identity.publicKey
        #expect(network.groups.count == 2)
        #expect(network.hosts[0].pairing?.asking.map(\.key) == [key])
        #expect(network.hosts[0].events.last?.text.contains("bramble admit \(key.fingerprint)") == true)
        network.perform(0) { $0.admit("0000-not-there", at: $1) }
        network.run(for: .seconds(5))
        #expect(network.groups.count == 2)
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(5))
        #expect(network.groups.count == 1 && network.clusterKeys.count == 1)
        #expect(network.hosts[2].record.standing == .closed)
        #expect(network.hosts[0].pairing?.asking.isEmpty == true)
    }

    @Test("two groups that closed apart stay apart, until one asks and the other admits it")
    func apart() throws {
        var network = try PairingNetwork(4, seed: 3)
        network.isSevered = true
        network.run(for: .seconds(250))
        network.isSevered = false
        network.run(for: .seconds(250))
        #expect(network.groups.count == 2)
        let key = network.hosts[1].identity.publicKey
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.groups.count == 2, "a closed node is not taken over by strangers")
        let admitting = network.hosts[0].identity.publicKey.fingerprint
        network.perform(1) { $0.askForAdmission(by: admitting, at: $1) }
        network.run(for: .seconds(2))
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.hosts[1].record.key == network.hosts[0].record.key)
    }

    @Test("what is forged, replayed, misdirected or broken changes nothing")
    func hostile() throws {
        var network = try PairingNetwork(3, seed: 4)
        network.run(for: .seconds(10))
        let recorded = network.sent
        let before = network.hosts.map(\.record)
        var random = SeededGenerator(seed: 5)
        for index in network.hosts.indices {
            network.stop(index)
            network.start(index)
        }
        for datagram in recorded {
            for index in network.hosts.indices {
                if datagram.count > 4, datagram[4] != 1 { network.inject(datagram, from: 9, to: index) }
                var mutated = datagram
                mutated[Int.random(in: mutated.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                network.inject(mutated, from: 9, to: index)
                network.inject(Array(datagram.prefix(Int.random(in: 0...191, using: &random))), from: 9, to: index)
            }
        }
        #expect(network.hosts.map(\.record) == before)
        #expect(network.hosts.allSatisfy { ($0.pairing?.ignored[.malformed] ?? 0) > 5 })
        #expect(network.hosts.allSatisfy { ($0.pairing?.ignored[.notForUs] ?? 0) > 5 })
        #expect(network.sent.allSatisfy { $0.count == PairingMessage.byteCount }, "so nothing is amplified")
    }

    /// What a node is when a stranger offers it a key of his own.
    enum Victim: CaseIterable { case open, closed, openedAgain, alone, fixed }

    @Test(
        "a stranger's key is taken by nobody who has a cluster, whatever he says of his group",
        arguments: Victim.allCases)
    func stranger(_ victim: Victim) throws {
        var network = try PairingNetwork(2, seed: 11, starting: false)
        network.start(0)
        if victim != .alone { network.start(1) }
        network.run(for: .seconds(3))
        if victim == .fixed {
            network.perform(0) { pairing, _ in
                pairing.fix(pairing.record.key)
                return []
            }
        }
        if victim != .open, victim != .fixed { network.run(for: .seconds(300)) }
        if victim == .openedAgain { network.perform(0) { $0.openAgain(at: $1) } }
        network.run(for: .seconds(6))
        let own = network.hosts[0].identity.publicKey
        let announcements = network.sent.compactMap { try? PairingMessage(decoding: $0) }.filter { $0.sender == own }
        let before = try #require(network.hosts[0].pairing?.record)
        var random = SeededGenerator(seed: 12)
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let stranger = try #require(PairingIdentity(bytes: secret))
        for announced in Set(announcements.map(\.nonce)) {
            for (group, isAdmission, isEstablished) in [
                (before.group, false, false), (before.group, true, true), (before.group &+ 1, true, true),
                (UInt64.max, true, false),
            ] where victim != .open || !isAdmission {
                let offer = PairingOffer(
                    group: group, key: ClusterKey(using: &random), isAdmission: isAdmission,
                    isEstablished: isEstablished)
                let datagram = stranger.offer(
                    offer, to: own, announced: announced, nonce: PairingNonce(using: &random))
                network.inject(try #require(datagram), from: 9, to: 0)
            }
        }
        #expect(!announcements.isEmpty)
        let after = network.hosts[0].pairing?.record
        // One that is in no cluster is taken by whoever admits it: it has nothing to lose.
        #expect((after?.key == before.key) == (victim != .alone))
    }

    @Test("what is remembered of strangers is bounded, and they don't push out the group")
    func bounded() throws {
        var network = try PairingNetwork(2, seed: 6)
        network.run(for: .seconds(5))
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let key = try #require(PairingIdentity(bytes: secret)).publicKey
            let announcement = PairingMessage(
                sender: key, nonce: PairingNonce(using: &random),
                body: .announce(.init(group: .max, isOpen: false, name: "x")))
            network.inject(announcement.encoded, from: 9, to: 0)
        }
        #expect(network.hosts[0].pairing?.others.count == 64)
        network.perform(0) { pairing, _ in pairing.closeNow() }
        for _ in 0..<100 {
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let key = try #require(PairingIdentity(bytes: secret)).publicKey
            let announcement = PairingMessage(
                sender: key, nonce: PairingNonce(using: &random),
                body: .announce(.init(group: 7, isOpen: true, name: "x")))
            network.inject(announcement.encoded, from: 9, to: 0)
        }
        let told = network.hosts[0].events.count { if case .asks = $0 { true } else { false } }
        #expect(told == 1, "and the log is not flooded")
        #expect(network.hosts[0].pairing?.found == 2)
    }
}
