import Membership
import NodeCore
import Testing
import Wire

@Suite("A node and those without its key")
struct NodePairingTests {
    /// A node that gathers or whose key is in its file, and a member.
    private static func bench(isOpen: Bool = false, known: [KnownPeer] = []) throws -> Bench {
        var configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating], interval: 2)
        let identity = try #require(PairingIdentity(bytes: [UInt8](repeating: 7, count: 32)))
        let nonces: @Sendable () -> PairingNonce = { Self.nonce }
        let record = PairingRecord(group: 7, key: Bench.key, standing: .open)
        configuration.pairing =
            isOpen
            ? PairingSetup(identity: identity, record: record, nonces: nonces)
            : PairingSetup(identity: identity, key: Bench.key, nonces: nonces)
        return Bench(peers: [1], configuration: configuration, known: known)
    }

    @Test("a member that still gathers is told that its cluster is complete, and a stranger is told nothing")
    func complete() throws {
        var bench = try Self.bench()
        bench.run(for: .seconds(2))
        _ = bench.take()
        var stranger = try Stranger(seed: 1)
        let announcement = stranger.announcement(.init(group: UInt64(Bench.key.hint), isOpen: true, name: "x"))
        bench.deliver(announcement, from: Self.elsewhere)
        #expect(bench.take().sends == 0)
        bench.deliver(announcement, from: bench.peers[0].address)
        func told() -> Int { bench.peers[0].heard.count { $0 == [0x41, 0] } }
        #expect(told() == 1)
        for _ in 0..<90 {
            bench.deliver(announcement, from: bench.peers[0].address)
            bench.run(for: .milliseconds(100))
        }
        #expect(told() == 1, "it is not said as often as somebody provokes it")
        bench.run(for: .seconds(2))
        bench.deliver(announcement, from: bench.peers[0].address)
        #expect(told() == 2)
    }

    @Test(
        "whoever gathers does so no more when a member is complete, but where a person has said so",
        arguments: [true, false])
    func told(byPerson: Bool) throws {
        var bench = try Self.bench(isOpen: !byPerson)
        bench.run(for: .seconds(2))
        if byPerson { bench.call { node, now in (try? node.openPairing(at: now)) ?? [] } }
        #expect(bench.snapshot.pairing?.standing == .open)
        #expect(bench.snapshot.pairing?.found == 2, "members count")
        try bench.say([0x41, 0])
        #expect(bench.snapshot.pairing?.standing == (byPerson ? .open : .closed))
        // What a person says on one node holds for all.
        try bench.say([0x41, 1])
        #expect(bench.snapshot.pairing?.standing == .closed)
    }

    @Test("who is told to gather no more tells all members that a person has said so")
    func closes() throws {
        var bench = try Self.bench(isOpen: true)
        bench.run(for: .seconds(2))
        bench.call { node, now in (try? node.closePairing(at: now)) ?? [] }
        #expect(bench.peers[0].heard.contains([0x41, 1]))
    }

    @Test("whom it knew before it began anew is no company: it asks, and is no cluster")
    func beginsAnew() throws {
        let known = KnownPeer(id: NodeID(high: 9, low: 0), lastAddress: Self.elsewhere, name: "old")
        var bench = try Self.bench(isOpen: true, known: [known])
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(2))
        let announced = Self.announced(bench.take())
        #expect(!announced.isEmpty)
        #expect(announced.allSatisfy { $0.asks && !$0.isEstablished })
    }

    @Test("who was taken in shows itself in the new group when its disk knows of it")
    func shows() throws {
        var bench = try Self.bench(isOpen: true)
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(2))
        let (own, nonce) = (try #require(bench.snapshot.pairing).publicKey, Self.nonce)
        var stranger = try Stranger(seed: 1)
        bench.deliver(
            try stranger.offer(group: 1, isAdmission: false, isEstablished: false, to: own, announced: nonce),
            from: Self.elsewhere)
        bench.run(for: .seconds(4))
        let wanted = bench.take()
        let record = try #require(
            wanted.compactMap { if case .storePairing(let record) = $0 { record } else { nil } }.last)
        #expect(record.group == 1)
        #expect(!Self.announced(wanted).contains { $0.group == 1 })
        bench.call { node, _ in node.pairingStored(record) }
        bench.run(for: .seconds(4))
        #expect(Self.announced(bench.take()).contains { $0.group == 1 && $0.isOpen })
    }

    private static let nonce: PairingNonce = {
        var random = SeededGenerator(seed: 1)
        return PairingNonce(using: &random)
    }()

    private static func announced(_ actions: [Action]) -> [PairingMessage.Announcement] {
        actions.compactMap { action in
            guard case .send(let bytes, .everyone) = action,
                case .announce(let announcement)? = (try? PairingMessage(decoding: bytes))?.body
            else { return nil }
            return announcement
        }
    }

    private static let elsewhere = SocketAddress(ip: .v4(0x0A00_00C1), port: 7373)
}
