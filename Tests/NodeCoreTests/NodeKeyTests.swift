import Membership
import NodeCore
import Testing
import Wire

@Suite("A node's keys")
struct NodeKeyTests {
    private static let fresh: ClusterKey = {
        var random = SeededGenerator(seed: 2)
        return ClusterKey(using: &random)
    }()

    private static func stores(_ actions: [Action]) -> [KeyRing] {
        actions.compactMap { if case .storeKeys(let ring) = $0 { ring } else { nil } }
    }

    private static func events(_ actions: [Action]) -> [KeyEvent] {
        actions.events.compactMap { if case .keys(let event) = $0 { event } else { nil } }
    }

    @Test("a new key is used once it is on the disk, by a node that is alone at once")
    func alone() throws {
        var bench = Bench()
        bench.run(for: .seconds(1))
        _ = bench.take()
        bench.call { node, now in (try? node.rotateKey(to: Self.fresh, at: now)) ?? [] }
        let ring = try #require(Self.stores(bench.take()).first)
        #expect(bench.snapshot.keyRing.newest.key == Bench.key && bench.snapshot.keysArePending)
        bench.call { node, now in node.keysNotStored(ring, at: now) }
        #expect(Self.events(bench.take()) == [.notStored])
        #expect(bench.snapshot.keyRing.newest.key == Bench.key && !bench.snapshot.keysArePending)
        bench.call { node, now in (try? node.rotateKey(to: Self.fresh, at: now)) ?? [] }
        bench.call { node, now in node.keysStored(ring, at: now) }
        #expect(bench.snapshot.keyRing == ring && bench.snapshot.keysAreSettled)
        #expect(
            Self.events(bench.take()) == [
                .began(Self.fresh.fingerprint), .received(Self.fresh.fingerprint), .sealing(Self.fresh.fingerprint),
            ])
        bench.call { node, now in (try? node.dropOldKeys(at: now)) ?? [] }
        let dropped = try #require(Self.stores(bench.take()).first)
        bench.call { node, now in node.keysStored(dropped, at: now) }
        #expect(bench.snapshot.keyRing.entries.map(\.key) == [Self.fresh])
        #expect(Self.events(bench.take()) == [.dropped([Bench.key.fingerprint])])
    }

    @Test("what a person asks is refused with the reason")
    func refusals() throws {
        var alone = Bench()
        alone.run(for: .seconds(1))
        var refused: KeyRefusal?
        func ask(_ bench: inout Bench, _ change: (inout Node, Instant) throws(KeyRefusal) -> [Action]) {
            refused = nil
            bench.call { node, now in
                do throws(KeyRefusal) {
                    return try change(&node, now)
                } catch {
                    refused = error
                    return []
                }
            }
        }
        ask(&alone) { (node, now) throws(KeyRefusal) in try node.dropOldKeys(at: now) }
        #expect(refused == .nothingToDrop)
        ask(&alone) { (node, now) throws(KeyRefusal) in try node.rotateKey(to: Self.fresh, at: now) }
        #expect(refused == nil)
        ask(&alone) { (node, now) throws(KeyRefusal) in try node.rotateKey(to: Bench.key, at: now) }
        #expect(refused == .underWay([]), "the disk has not got the first one yet")
        // The peers of the bench say nothing of keys, as an older version does.
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(1))
        ask(&bench) { (node, now) throws(KeyRefusal) in try node.rotateKey(to: Self.fresh, at: now) }
        #expect(refused == .tooOld(["peer1"]))
    }

    @Test("no more than four keys are made; dropping makes room")
    func limit() throws {
        var bench = Bench()
        bench.run(for: .seconds(1))
        var random = SeededGenerator(seed: 9)
        for count in 2...5 {
            bench.call { node, now in (try? node.rotateKey(to: ClusterKey(using: &random), at: now)) ?? [] }
            for ring in Self.stores(bench.take()) { bench.call { node, now in node.keysStored(ring, at: now) } }
            #expect(bench.snapshot.keyRing.entries.count == min(count, 4))
        }
    }

    @Test("keys from a member are stored and then used; a malformed message is counted")
    func received() throws {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(1))
        _ = bench.take()
        let payload: [UInt8] =
            [0x40, 0, 0, 0, 0, 2, 0, 0, 0, 1] + Self.fresh.bytes + [0, 0, 0, 0] + Bench.key.bytes + [0]
        for count in [1, 5, 20, payload.count - 1] { try bench.say(Array(payload.prefix(count))) }
        #expect(bench.ignored("malformed keys") == 4 && Self.stores(bench.take()).isEmpty)
        try bench.say(payload)
        let ring = try #require(Self.stores(bench.take()).first)
        #expect(ring.entries.map(\.key) == [Self.fresh, Bench.key])
        bench.call { node, now in node.keysStored(ring, at: now) }
        try bench.say(payload)
        #expect(Self.stores(bench.take()).isEmpty, "a copy changes nothing")
        bench.run(for: .seconds(5))
        #expect(bench.snapshot.members.contains { $0.info.name == "peer1" && $0.state == .alive })
        #expect(bench.snapshot.keyFingerprint == Bench.key.fingerprint, "the old version has no other")
    }

    @Test("a run begins with the ring that an earlier one kept")
    func keptRing() {
        var configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating], interval: 2)
        configuration.keyRing = KeyRing(
            [KeyRing.Entry(Self.fresh, generation: 1), KeyRing.Entry(Bench.key, generation: 0)], floor: 0)
        let bench = Bench(configuration: configuration)
        #expect(bench.snapshot.keyFingerprint == Self.fresh.fingerprint)
    }
}
