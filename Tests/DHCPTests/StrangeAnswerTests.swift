import DHCP
import Testing
import Wire

@Suite("Answers that are none")
struct StrangeAnswerTests {
    static let foreign: [(String, @Sendable (inout DHCPMessage) -> Void, DHCPClient.IgnoreReason)] = [
        ("another transaction", { $0.transaction ^= 1 }, .notForUs),
        ("another hardware address", { $0.hardwareAddress = [2, 0, 0, 0, 0, 8] }, .notForUs),
        ("another identifier", { $0.options.clientIdentifier = [1, 2, 0, 0, 0, 0, 7] }, .notForUs),
        ("a client's message", { $0.operation = .request }, .notForUs),
        ("a message that is no answer", { $0.kind = .inform }, .unexpected),
        ("an acknowledgement of nothing", { $0.kind = .acknowledge }, .unexpected),
        ("a refusal of nothing", { $0.kind = .refuse }, .unexpected),
    ]

    @Test("a client that searches passes over what is not meant for it", arguments: foreign)
    func foreignAnswers(
        name: String, change: @Sendable (inout DHCPMessage) -> Void, reason: DHCPClient.IgnoreReason
    ) throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question(), change)
        #expect(bench.client.state == .selecting)
        #expect(bench.ignored == [reason])
    }

    @Test("while one server is asked, another has no say", arguments: [DHCPMessage.Kind.acknowledge, .refuse])
    func otherServer(kind: DHCPMessage.Kind) throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question())
        bench.answer(kind, try bench.question()) { $0.options.server = Fixture.server + 1 }
        #expect(bench.client.state == .requesting)
        var renewing = try Bench(boundFor: 3600)
        renewing.run(for: .seconds(1800))
        renewing.answer(kind, try renewing.question()) { $0.options.server = Fixture.server + 1 }
        #expect(renewing.client.state == .renewing && renewing.losses.isEmpty)
    }

    @Test("an acknowledgement of another address is none")
    func otherAddress() throws {
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(1800))
        bench.answer(.acknowledge, try bench.question(), address: Fixture.other)
        #expect(bench.bound.isEmpty && bench.client.lease?.address == Fixture.address)
    }

    @Test("an answer that comes too late, or twice, changes nothing")
    func late() throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question())
        let request = try bench.question()
        bench.answer(.acknowledge, request)
        bench.wanted = []
        bench.answer(.acknowledge, request)
        bench.answer(.refuse, request)
        #expect(bench.client.state == .bound && bench.ignored == [.notForUs, .notForUs])
    }

    @Test(
        "an address that no machine can have, or no server or no time: no offer",
        arguments: [
            { @Sendable (message: inout DHCPMessage) in message.yourAddress = 0 }, { $0.yourAddress = 0x7F00_0001 },
            { $0.yourAddress = 0xE000_0001 }, { $0.yourAddress = .max }, { $0.yourAddress = 0xA9FE_0101 },
            { $0.options.server = nil }, { $0.options.leaseSeconds = 0 }, { $0.options.leaseSeconds = nil },
        ] as [@Sendable (inout DHCPMessage) -> Void])
    func incomplete(change: @Sendable (inout DHCPMessage) -> Void) throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question(), change)
        #expect(bench.flaws == [.incomplete])
        #expect(bench.client.state == .selecting)
    }

    @Test(
        "an address outside of the link's networks, or one that a node has, is not taken",
        arguments: [
            (UInt32(0xC0A8_0005), DHCPLease.Flaw.outside(0xC0A8_0005)), (0x0A4D_00FF, .outside(0x0A4D_00FF)),
            (0x0A4D_0000, .outside(0x0A4D_0000)), (0x0A4D_000B, .taken(0x0A4D_000B)),
        ])
    func misplaced(address: UInt32, flaw: DHCPLease.Flaw) throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question(), address: address)
        #expect(bench.flaws == [flaw])
        #expect(bench.client.state == .selecting)
        bench.answer(.offer, try bench.question())
        #expect(bench.client.state == .requesting)
    }

    @Test("nonsense in any state changes nothing", arguments: UInt64(1)...20)
    func nonsense(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(1800))
        let whole = Fixture.reply(.acknowledge, to: try bench.question())
        for _ in 0..<200 {
            var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
            guard let index = bytes.indices.prefix(34).randomElement(using: &random) else { continue }
            bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            // Hops, seconds and flags, and addresses that no client reads, may be what they like.
            guard ![3, 8, 9, 10, 11, 12, 13, 14, 15].contains(index), !(20..<28).contains(index) else { continue }
            bench.hear(bytes)
        }
        #expect(bench.bound.isEmpty && bench.client.lease?.obtainedAt == Fixture.start)
    }
}
