import Testing
@testable import Wire

@Suite("Cluster keys rotate, and clusters do not mix")
struct KeyRotationTests {
    private static let (old, new) = (Bench.key(1), Bench.key(2))

    @Test("keys rotate one step at a time while messages pass")
    func rotation() throws {
        var alice = Party(1)
        var bob = Party(2)
        try introduce(&alice, &bob)
        func bothHear(_ step: String) throws {
            let message = Bench.message()
            #expect(
                bob.receive(try alice.seal(), from: alice) == .message(from: alice.session, payload: message), "\(step)"
            )
            #expect(
                alice.receive(try bob.seal(), from: bob) == .message(from: bob.session, payload: message), "\(step)")
        }
        let steps = [
            try Bench.keyring(Self.old, Self.new), try Bench.keyring(Self.new, Self.old), try Bench.keyring(Self.new),
        ]
        for keyring in steps {
            alice.link.replaceKeyring(keyring)
            try bothHear("alice at \(keyring)")
            bob.link.replaceKeyring(keyring)
            try bothHear("both at \(keyring)")
        }
        #expect(alice.link.keyring.newest == Self.new)
        #expect(bob.link.drops.total == 1, "only the first message, which drew the challenge")
    }

    @Test("the numbers go on over a change of keys and back")
    func numbersGoOn() throws {
        var link = Party(1).link
        var numbers: [UInt64] = []
        for key in [Self.old, Self.new, Self.old] {
            link.replaceKeyring(Keyring(key))
            numbers.append(try DatagramHeader(reading: link.seal(Bench.message())).sequence)
        }
        #expect(numbers == [0, 1, 2])
    }

    @Test("what another cluster's key sealed is told from a forgery, and its source is remembered")
    func otherCluster() throws {
        var alice = Party(1)
        var stranger = Party(3, keyring: Keyring(Self.new))
        #expect(alice.receive(try stranger.seal(), from: stranger) == .dropped(.otherCluster))
        let heard = alice.link.drops.sources(at: Bench.start)
        #expect(heard.map(\.reason) == [.otherCluster] && heard.map(\.ip) == [stranger.address.ip])
        var bob = Party(2)
        var forged = try bob.seal()
        forged[forged.count - 1] ^= 1
        let later = Bench.start.advanced(by: .seconds(1))
        #expect(alice.receive(forged, from: bob, at: later) == .dropped(.forged))
        let both = alice.link.drops.sources(at: later)
        #expect(both.map(\.reason) == [.otherCluster, .forged] && both.last?.ip == bob.address.ip)
        #expect(both.last?.first == later && both.last?.count == 1)
    }

    @Test("a key that was taken away opens nothing any more")
    func removedKey() throws {
        var alice = Party(1)
        var bob = Party(2)
        try introduce(&alice, &bob)
        bob.link.replaceKeyring(Keyring(Self.new))
        #expect(bob.receive(try alice.seal(), from: alice) == .dropped(.otherCluster))
    }

    @Test("what another key than the newest is asked to seal is opened by those who have no other")
    func sealsWithAnother() throws {
        var alice = Party(1, keyring: try Bench.keyring(Self.new, Self.old))
        var bob = Party(2, keyring: Keyring(Self.old))
        #expect(bob.receive(try alice.link.seal(Bench.message()), from: alice) == .dropped(.otherCluster))
        try introduce(&bob, &alice)
        #expect(bob.knows(alice) && alice.knows(bob), "answers come under the key of the question")
        #expect(alice.link.heardKey(at: bob.address) == .init(session: bob.session, key: Self.old))
        let message = try alice.link.seal(Bench.message(), under: Self.old)
        #expect(bob.receive(message, from: alice) == .message(from: alice.session, payload: Bench.message()))
        #expect(bob.link.heardKey(at: alice.address) == nil, "with one key there is nothing to choose")
    }

    @Test("a session that has once sealed with the newer key has it, whatever it seals with later")
    func heardKeys() throws {
        var alice = Party(1, keyring: try Bench.keyring(Self.new, Self.old))
        var bob = Party(2, keyring: try Bench.keyring(Self.new, Self.old))
        try introduce(&alice, &bob)
        for (key, heard) in [(Self.old, Self.new), (Self.new, Self.new)] {
            _ = bob.receive(try alice.link.seal(Bench.message(), under: key), from: alice)
            #expect(bob.link.heardKey(at: alice.address)?.key == heard)
        }
        var later = Party(1, boot: 2, keyring: Keyring(Self.old))
        try introduce(&later, &bob)
        #expect(bob.link.heardKey(at: later.address) == .init(session: later.session, key: Self.old))
    }

    @Test("who seals with a dropped key is told from strangers, and both are counted by where they are")
    func strangers() throws {
        var alice = Party(1, keyring: Keyring(Self.new, older: [], dropped: [Self.old.hint]))
        var late = Party(2, keyring: Keyring(Self.old))
        var other = Party(3, keyring: Keyring(Bench.key(3)))
        for _ in 0..<3 { #expect(alice.receive(try late.seal(), from: late) == .dropped(.droppedKey)) }
        #expect(alice.receive(try other.seal(), from: other) == .dropped(.otherCluster))
        let heard = alice.link.drops.sources(at: Bench.start)
        #expect(heard.map(\.reason) == [.droppedKey, .otherCluster] && heard.map(\.count) == [3, 1])
        #expect(heard.map(\.hint) == [Self.old.hint, Bench.key(3).hint])
        #expect(heard.map(\.node) == [late.session.node, other.session.node])
        alice.link.replaceKeyring(Keyring(Self.new, older: [Self.old], dropped: []))
        #expect(alice.link.drops.sources(at: Bench.start).map(\.reason) == [.otherCluster], "it opens again")
    }

    /// Two keys, found by search, whose hints are equal.
    private static func namesakes() throws -> (ClusterKey, ClusterKey) {
        func key(_ number: UInt64) throws -> ClusterKey {
            var writer = ByteWriter()
            writer.append([UInt8](repeating: 0, count: 24))
            writer.integer(number)
            return try #require(ClusterKey(bytes: writer.bytes))
        }
        return (try key(14659), try key(41318))
    }

    @Test("keys with equal hints are each tried")
    func equalHints() throws {
        let (one, other) = try Self.namesakes()
        #expect(one.hint == 0x61CD_2C6A)
        #expect(one.hint == other.hint)
        #expect(one.fingerprint != other.fingerprint)
        for keys in [[one, other], [other, one]] {
            var alice = Party(1, keyring: Keyring(one))
            var bob = Party(2, keyring: try Keyring(newestFirst: keys))
            guard case .reply = bob.receive(try alice.seal(), from: alice) else {
                Issue.record("not opened")
                continue
            }
        }
        var alice = Party(1, keyring: Keyring(one))
        var bob = Party(2, keyring: Keyring(other))
        #expect(bob.receive(try alice.seal(), from: alice) == .dropped(.forged))
    }
}
