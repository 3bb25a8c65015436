import Testing
import Wire

@testable import Membership

struct CodingTests {
    static let node = NodeID(high: 1, low: 2)
    static let other = NodeID(high: 3, low: 4)

    static func record(
        _ state: Member.State = .alive, counter: UInt32 = 5, accusers: [NodeID] = [], address: SocketAddress? = nil,
        name: String = "pi"
    ) -> Record {
        Record(
            session: Session(node: node, boot: 9, salt: 8), counter: counter, state: state, accusers: accusers,
            address: address,
            info: MemberInfo(name: name, httpPort: 80, serving: true, draining: false, release: 0xABCD, flags: 0x8000))
    }

    static let records: [Record] = [
        record(), record(.left, name: ""), record(.dead, address: SocketAddress("192.0.2.1:7373", defaultPort: 0)),
        record(.suspect, accusers: [node, other], address: SocketAddress("[2001:db8::1]:7373", defaultPort: 0)),
    ]

    static let bodies: [Message.Body] = [
        .ping(sequence: 7, target: node), .ack(sequence: .max), .nack(sequence: 1), .gossip, .hello,
        .pingRequest(sequence: 3, target: other, patience: 80), .sync(wantsReply: true), .sync(wantsReply: false),
    ]

    static func payload(_ body: Message.Body, _ records: [Record] = records) -> [UInt8] {
        var packet = Packet(body, version: 1, limit: 1100)
        for record in records { _ = packet.add(record.encoded) }
        return packet.bytes
    }

    @Test("what was written is read", arguments: bodies)
    func roundTrip(body: Message.Body) {
        let message = Message(body: body, records: Self.records)
        #expect(Message.decode(Self.payload(body), versions: 1...1) == .message(message))
    }

    @Test("a ping has these bytes")
    func goldenPing() {
        let payload = Self.payload(.ping(sequence: 0x0102_0304, target: Self.node), [])
        let expected: [UInt8] =
            [0x10, 1, 20, 1, 2, 3, 4] + [0, 0, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 0, 2] + [0]
        #expect(payload == expected)
    }

    @Test("a record has these bytes")
    func goldenRecord() {
        let record = Self.record(.dead, address: SocketAddress("192.0.2.1:7373", defaultPort: 0))
        var expected: [UInt8] = [62 - 3]
        expected += [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]
        expected += [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 5]
        expected += [0x12, 4, 192, 0, 2, 1, 0x1C, 0xCD]
        expected += [0, 80, 0x80, 1, 0, 0, 0, 0, 0, 0, 0xAB, 0xCD, 2, 0x70, 0x69]
        #expect(record.encoded == expected)
    }

    @Test("every truncation is malformed", arguments: bodies)
    func truncation(body: Message.Body) {
        let payload = Self.payload(body)
        for length in 0..<payload.count {
            #expect(Message.decode(Array(payload.prefix(length)), versions: 1...1) == .ignored(.malformed))
        }
    }

    @Test("fields of a newer version are skipped at the end of head, record and message")
    func extensions() throws {
        var longRecord = Self.records[2].encoded
        longRecord[0] += 3
        longRecord += [0xAA, 0xBB, 0xCC]
        let payload: [UInt8] = [0x11, 1, 6, 0, 0, 0, 7, 0xEE, 0xEE, 2] + longRecord + Self.records[0].encoded + [1, 2]
        guard case .message(let message) = Message.decode(payload, versions: 1...1) else {
            Issue.record("not decoded")
            return
        }
        #expect(message.body == .ack(sequence: 7))
        #expect(message.records[1] == Self.records[0])
        #expect(message.records[0].info.extra == [0xAA, 0xBB, 0xCC])
        #expect(message.records[0].encoded == longRecord, "what is not understood is handed on")
    }

    @Test("a record of a state that only a newer version knows is passed over, and the others are read")
    func unknownState() {
        var strange = Self.records[0].encoded
        strange[37] = strange[37] & 0xF0 | 0x0C
        let payload: [UInt8] = [0x14, 1, 0, 2] + strange + Self.records[2].encoded
        #expect(
            Message.decode(payload, versions: 1...1) == .message(Message(body: .gossip, records: [Self.records[2]])))
    }

    @Test("a member says which versions it speaks; one that says nothing speaks the first")
    func versions() {
        var info = MemberInfo(name: "a", serving: true, draining: true)
        info.priority = 200
        #expect(info.versions == 1...1)
        for versions in [2...2, 1...8, 3...5, 8...15, 1...1] as [ClosedRange<UInt8>] {
            info.versions = versions
            #expect(info.versions == versions)
            #expect(info.serving && info.draining && info.priority == 200)
        }
        info.versions = 0...200
        #expect(info.versions == 1...8, "as near as can be said")
        #expect(SWIM.Configuration.lan.versions.lowerBound >= 1 && SWIM.Configuration.lan.versions.upperBound <= 15)
    }

    @Test("unknown kinds, other versions and too many records are told apart")
    func reasons() {
        #expect(Message.decode([0x18, 1, 0, 0], versions: 1...1) == .ignored(.unknownKind))
        #expect(Message.decode([0x01], versions: 1...1) == .ignored(.unknownKind))
        #expect(Message.decode([0x14, 2, 0, 0], versions: 1...1) == .ignored(.protocolVersion))
        #expect(
            Message.decode([0x14, 1, 0, 65] + Array(repeating: 0, count: 900), versions: 1...1) == .ignored(.malformed))
        #expect(Message.decode([], versions: 1...1) == .ignored(.malformed))
    }

    @Test("the longest record fits its length and the smallest payload limit")
    func longestRecord() {
        var record = Self.record(
            .suspect, accusers: (0..<8).map { NodeID(high: 0, low: $0) },
            address: SocketAddress("[2001:db8::1]:7373", defaultPort: 0), name: String(repeating: "ü", count: 200))
        record.info.keys = HeldKeys(generation: 1, newest: 2, oldest: 3, floor: 4, sealsWithNewest: true)
        record.info.extra = Array(repeating: 7, count: 32)
        var packet = Packet(.pingRequest(sequence: 1, target: Self.node, patience: 1), version: 1, limit: 320)
        let fits = packet.add(record.encoded)
        #expect(fits)
        guard case .message(let message) = Message.decode(packet.bytes, versions: 1...1) else {
            Issue.record("not decoded")
            return
        }
        #expect(message.records[0].info.name == String(repeating: "ü", count: 31))
        #expect(message.records[0].accusers.count == 4)
        #expect(message.records[0].info.keys == record.info.keys && message.records[0].info.extra.count == 32)
    }

    @Test("what a member says of its keys stands behind what older versions know, and they hand it on")
    func heldKeys() throws {
        var record = Self.record()
        let before = record.encoded
        record.info.keys = HeldKeys(generation: 1, newest: 2, oldest: 3, floor: 4, sealsWithNewest: true)
        let keys: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 1]
        #expect(record.encoded == [before[0] + 17] + before.dropFirst() + keys)
        var reader = ByteReader(record.encoded)
        #expect(try Record(from: &reader) == record)
        // A few bytes of another kind are no keys.
        var other = ByteReader([before[0] + 3] + before.dropFirst() + [1, 2, 3])
        let read = try #require(try Record(from: &other))
        #expect(read.info.keys == nil && read.info.extra == [1, 2, 3])
    }

    @Test(
        "hostile bytes neither stop the node nor make its state grow without bound",
        arguments: 1...4 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var configuration = SWIM.Configuration.lan
        configuration.memberLimit = 16
        let session = Session(node: Self.other, boot: 1, salt: 1)
        var swim = SWIM(
            session: session, info: MemberInfo(name: "a"), configuration: configuration, known: [], seeds: [],
            random: SeededGenerator(seed: seed), at: .zero)
        let address = SocketAddress(ip: .v4(1), port: 7373)
        var now = Instant.zero
        for round in 0..<1500 {
            var payload = Self.payload(Self.bodies[round % Self.bodies.count])
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let index = Int.random(in: 0..<payload.count, using: &random)
                payload[index] = UInt8.random(in: 0...255, using: &random)
            }
            payload.removeLast(Int.random(in: 0...3, using: &random))
            let sender = Session(
                node: NodeID(high: 0, low: UInt64.random(in: 0...40, using: &random)),
                boot: UInt64.random(in: 0...3, using: &random), salt: 0)
            now = now.advanced(by: .milliseconds(5))
            _ = swim.receive(payload, from: address, sender: sender, at: now)
            if swim.nextDeadline <= now { _ = swim.deadlineReached(at: now) }
            #expect(swim.members.count <= 16)
            #expect(swim.members.contains { $0.session == session && $0.state == .alive })
        }
    }
}
