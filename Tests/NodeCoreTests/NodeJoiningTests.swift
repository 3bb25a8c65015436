import Membership
import NodeCore
import Testing
import Wire

/// A node that has a cluster, and another cluster's node that it meets.
private struct Meeting {
    static let keys: [ClusterKey] = {
        var random = SeededGenerator(seed: 21)
        return (0..<8).map { _ in ClusterKey(using: &random) }
    }()
    private static let stranger = SocketAddress(ip: .v4(0x0A00_00C8), port: 7373)

    var bench: Bench
    let us: PairingIdentity
    private let them: PairingIdentity
    var random = SeededGenerator(seed: 22)

    /// The node has these keys beside that of the bench. What it wants at its start is taken unless a test asks for it.
    init(members: Int, ring: KeyRing? = nil, isTaken: Bool = true) throws {
        us = try #require(PairingIdentity(bytes: Array(repeating: 1, count: 32)))
        them = try #require(PairingIdentity(bytes: Array(repeating: 2, count: 32)))
        var configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating], interval: 100)
        var nonces = SeededGenerator(seed: 23)
        let nonce = PairingNonce(using: &nonces)
        configuration.pairing = PairingSetup(
            identity: us, record: PairingRecord(group: 5, key: Bench.key, standing: .closed, isEstablished: true),
            nonces: { nonce })
        configuration.keyRing = ring
        bench = Bench(peers: (1..<UInt64(1 + members)).map { $0 }, configuration: configuration)
        bench.run(for: .seconds(2))
        if isTaken { _ = bench.take() }
    }

    /// A person has the node ask the other cluster to admit it, and what comes of it.
    mutating func ask(_ other: String? = nil) -> PairingRefusal? {
        var refusal: PairingRefusal?
        let fingerprint = other ?? them.publicKey.fingerprint
        bench.call { node, now in
            do throws(PairingRefusal) {
                return try node.askForAdmission(by: fingerprint, at: now)
            } catch {
                refusal = error
                return []
            }
        }
        return refusal
    }

    /// The other cluster offers this key. What the node wants then.
    mutating func offer(_ key: ClusterKey, generation: UInt32 = 0) throws -> [Action] {
        bench.run(for: .milliseconds(10))
        let announced = bench.take().compactMap { action -> PairingNonce? in
            guard case .send(let bytes, .everyone) = action, let message = try? PairingMessage(decoding: bytes) else {
                return nil
            }
            return message.nonce
        }
        let offer = PairingOffer(group: 7, key: key, generation: generation, isAdmission: true, isEstablished: true)
        let datagram = them.offer(
            offer, to: us.publicKey, announced: try #require(announced.last), nonce: PairingNonce(using: &random))
        bench.deliver(try #require(datagram), from: Self.stranger)
        return bench.take()
    }

    mutating func call(_ body: (inout Node, Instant) -> [Action]) -> [Action] {
        bench.call(body)
        return bench.take()
    }
}

extension [Action] {
    fileprivate var rings: [KeyRing] { compactMap { if case .storeKeys(let ring) = $0 { ring } else { nil } } }
    fileprivate var records: [PairingRecord] {
        compactMap { if case .storePairing(let record) = $0 { record } else { nil } }
    }
    /// Whether the other cluster is told that the node has joined it.
    fileprivate var isAccepted: Bool {
        contains { action in
            guard case .send(let bytes, .address) = action, let message = try? PairingMessage(decoding: bytes),
                case .accept = message.body
            else { return false }
            return true
        }
    }
    fileprivate var pairingEvents: [PairingEvent] {
        events.compactMap { if case .pairing(let event) = $0 { event } else { nil } }
    }
}

@Suite("A node joins another cluster")
struct NodeJoiningTests {
    private static let other = Meeting.keys[0]

    private static func ring(_ keys: [ClusterKey], dropped: ClusterKey? = nil) throws -> KeyRing {
        let entries = keys.enumerated().map { index, key in
            "key \(keys.count - index) \(key.text)\n"
        }
        let mark = dropped.map { "dropped 1 \(String($0.hint, radix: 16)) \($0.fingerprint)\n" } ?? ""
        return try #require(KeyRing(text: "floor 0\n" + entries.joined() + mark))
    }

    @Test("first the keys of both are on the disk, then where it belongs, and then the others hear of it")
    func bringsMembers() throws {
        var meeting = try Meeting(members: 1)
        #expect(meeting.ask() == nil)
        var wanted = try meeting.offer(Self.other, generation: 4)
        let ring = try #require(wanted.rings.first)
        #expect(ring.entries.map(\.key) == [Self.other, Bench.key] && ring.newest.generation == 5)
        #expect(wanted.records.isEmpty && !wanted.isAccepted)
        wanted = meeting.call { node, now in node.keysStored(ring, at: now) }
        let record = try #require(wanted.records.first)
        #expect(record.key == Self.other && record.group == 7 && wanted.records.count == 1 && !wanted.isAccepted)
        wanted = meeting.call { node, _ in node.pairingStored(record) }
        #expect(wanted.isAccepted && wanted.records.isEmpty)
        wanted = meeting.call { node, _ in node.pairingStored(record) }
        #expect(!wanted.isAccepted, "once")
    }

    @Test("keys that it had for itself are set aside before it belongs elsewhere")
    func alone() throws {
        var meeting = try Meeting(members: 0, ring: try Self.ring([Meeting.keys[1], Bench.key]))
        #expect(meeting.ask() == nil)
        var wanted = try meeting.offer(Self.other)
        #expect(wanted.rings.isEmpty && !wanted.isAccepted)
        let aside = wanted.firstIndex { if case .setKeysAside = $0 { true } else { false } }
        let stored = wanted.firstIndex { if case .storePairing = $0 { true } else { false } }
        #expect(try #require(aside) < (try #require(stored)))
        let record = try #require(wanted.records.first)
        #expect(record.key == Self.other && wanted.records.count == 1)
        wanted = meeting.call { node, _ in node.pairingStored(record) }
        #expect(wanted.isAccepted && meeting.bench.snapshot.keyRing.entries.map(\.key) == [Self.other])
    }

    @Test("what could not be written is tried again, ever more slowly, and people are told once")
    func retries() throws {
        var meeting = try Meeting(members: 1)
        #expect(meeting.ask() == nil)
        let ring = try #require(try meeting.offer(Self.other).rings.first)
        _ = meeting.call { node, now in node.keysNotStored(ring, at: now) }
        meeting.bench.run(for: .milliseconds(900))
        #expect(meeting.bench.take().rings.isEmpty)
        meeting.bench.run(for: .milliseconds(200))
        #expect(meeting.bench.take().rings == [ring], "nobody else would give it the key")
        var wanted = meeting.call { node, now in node.keysStored(ring, at: now) }
        let record = try #require(wanted.records.first)
        var waits: [Int] = []
        var told: [PairingEvent] = []
        for _ in 0..<7 {
            wanted = meeting.call { node, now in node.pairingNotStored(record, at: now) }
            told += wanted.pairingEvents
            #expect(!wanted.isAccepted)
            var seconds = 0
            repeat {
                meeting.bench.run(for: .seconds(1))
                wanted = meeting.bench.take()
                seconds += 1
            } while wanted.records.isEmpty && seconds < 1000
            waits.append(seconds)
        }
        #expect(waits == waits.sorted() && waits.last == 60 && waits[0] <= 2, "\(waits)")
        #expect(told == [.notStored])
        wanted = meeting.call { node, _ in node.pairingStored(record) }
        #expect(wanted.isAccepted)
    }

    @Test("a cluster with many keys joins none, for some might find no room; a node by itself has nothing to lose")
    func noRoom() throws {
        let many = try Self.ring(Array(Meeting.keys[1...4]) + [Bench.key])
        var meeting = try Meeting(members: 1, ring: many)
        #expect(meeting.ask() == .tooManyKeys(5))
        meeting = try Meeting(members: 0, ring: many)
        #expect(meeting.ask() == nil)
        meeting = try Meeting(members: 1, ring: try Self.ring(Array(Meeting.keys[1...3]) + [Bench.key]))
        #expect(meeting.ask() == nil)
    }

    @Test("a record that names a replaced key at the start is mended on the disk")
    func replacedKey() throws {
        let ring = try Self.ring([Self.other, Bench.key])
        var meeting = try Meeting(members: 0, ring: ring, isTaken: false)
        let records = meeting.call { _, _ in [] }.records
        #expect(records.map(\.key) == [Self.other] && records.map(\.group) == [5])
        meeting = try Meeting(members: 0, ring: try Self.ring([Bench.key, Self.other]), isTaken: false)
        #expect(meeting.call { _, _ in [] }.records.isEmpty, "there is nothing to mend")
    }

    @Test("a key that it has already becomes the newest, and the members come along")
    func knownKey() throws {
        var meeting = try Meeting(members: 1, ring: try Self.ring([Meeting.keys[1], Self.other, Bench.key]))
        #expect(meeting.ask() == nil)
        let wanted = try meeting.offer(Self.other)
        #expect(wanted.rings.first?.entries.map(\.key) == [Self.other, Meeting.keys[1], Bench.key])
    }

    @Test("a key that it has dropped is not taken, and a person is told what to do")
    func droppedKey() throws {
        var meeting = try Meeting(members: 1, ring: try Self.ring([Bench.key], dropped: Self.other))
        #expect(meeting.ask() == nil)
        let wanted = try meeting.offer(Self.other)
        #expect(wanted.rings.isEmpty && wanted.records.isEmpty && !wanted.isAccepted)
        #expect(wanted.pairingEvents == [.offersDroppedKey])
        #expect(meeting.bench.snapshot.keyRing.newest.key == Bench.key)
    }

    @Test("what is kept of pairing follows a key that the configuration names")
    func configured() throws {
        var meeting = try Meeting(members: 0)
        let wanted = meeting.call { node, now in node.rotate(to: Keyring(Self.other), at: now) + node.fixPairing() }
        let record = try #require(wanted.records.last)
        #expect(record.key == Self.other && record.isConfigured && record.standing == .closed)
        #expect(meeting.call { node, _ in node.fixPairing() }.records.isEmpty, "nothing has changed")
    }
    @Test("a node asks neither itself nor one of its own group to let it in")
    func ownFingerprint() throws {
        var meeting = try Meeting(members: 0)
        #expect(meeting.ask(meeting.us.publicKey.fingerprint) == .isHere)
        let friend = try #require(PairingIdentity(bytes: Array(repeating: 3, count: 32)))
        let announcement = PairingMessage(
            sender: friend.publicKey, nonce: PairingNonce(using: &meeting.random),
            body: .announce(.init(group: 5, isOpen: true, name: "friend")))
        meeting.bench.deliver(announcement.encoded, from: SocketAddress(ip: .v4(0x0A00_00C9), port: 7373))
        #expect(meeting.ask(friend.publicKey.fingerprint) == .isHere)
        #expect(meeting.ask() == nil)
    }

    @Test("keys that are on their way to the disk are set aside, too")
    func onTheWay() throws {
        var meeting = try Meeting(members: 0)
        let wanted = meeting.call { node, now in (try? node.rotateKey(to: Meeting.keys[1], at: now)) ?? [] }
        #expect(wanted.rings.count == 1 && meeting.ask() == nil)
        #expect(try meeting.offer(Self.other).contains { if case .setKeysAside = $0 { true } else { false } })
    }

    @Test("a drop by force does not undo a join that waits for the disk")
    func forcedDrop() throws {
        let known = try Self.ring([Meeting.keys[1], Bench.key])
        var meeting = try Meeting(members: 1, ring: known)
        #expect(meeting.ask() == nil)
        #expect(try meeting.offer(Self.other).rings.count == 1)
        let wanted = meeting.call { node, now in (try? node.dropOldKeys(force: true, at: now)) ?? [] }
        let next = try #require(wanted.rings.last)
        #expect(next.entries.map(\.key) == [Self.other])
        let record = try #require(meeting.call { node, now in node.keysStored(next, at: now) }.records.first)
        #expect(record.key == Self.other && record.group == 7)
    }
}
