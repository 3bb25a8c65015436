import DHCP
import Testing
import Wire

@testable import NodeCore

@Suite("What is kept and told of a lease")
struct LeaseRecordTests {
    private static let now = Instant(nanoseconds: 50_000_000_000)

    private static func identity(_ byte: UInt8) throws -> LANIdentity {
        try #require(LANIdentity(seed: Array(repeating: byte, count: 16)))
    }

    private static func lease(_ address: UInt32 = 0x0A00_0064) -> DHCPLease {
        DHCPLease(
            address: address, prefix: 24, router: 0x0A00_0001, server: 0x0A00_00C8,
            serverHardware: [2, 0, 0, 0, 0, 200], duration: .seconds(600), renewal: .seconds(300),
            rebinding: .seconds(525), obtainedAt: now.advanced(by: .seconds(-70)))
    }

    private static func record(
        _ version: UInt64, _ lease: DHCPLease? = lease(), live: Bool = true, identity byte: UInt8 = 7
    ) throws -> LeaseRecord {
        LeaseRecord(version: version, identity: try identity(byte), lease: lease, isLive: live)
    }

    @Test("a message tells the lease by its age, as clocks differ")
    func message() throws {
        let sent = LeaseMessage(record: try Self.record(9), search: .init(unanswered: 3, flaw: .taken(5)))
        let later = Instant(nanoseconds: 7_000_000_000_000)
        let read = try LeaseMessage(decoding: sent.encoded(at: Self.now), at: later)
        var expected = sent
        expected.record.lease?.obtainedAt = later.advanced(by: .seconds(-70))
        #expect(read == expected)
    }

    @Test(
        "a message without a lease or a search is as good",
        arguments: [nil, DHCPLease.Flaw.incomplete, .outside(8), .refused(9)])
    func shortMessage(flaw: DHCPLease.Flaw?) throws {
        let sent = LeaseMessage(
            record: try Self.record(1, nil, live: false), search: flaw.map { .init(unanswered: 0, flaw: $0) })
        #expect(try LeaseMessage(decoding: sent.encoded(at: Self.now), at: Self.now) == sent)
    }

    @Test("a message that is cut short or makes no sense is refused")
    func hostile() throws {
        let whole = LeaseMessage(record: try Self.record(9), search: .init(unanswered: 3, flaw: nil)).encoded(
            at: Self.now)
        for count in 0..<whole.count {
            #expect(throws: DecodeError.self) { try LeaseMessage(decoding: Array(whole.prefix(count)), at: Self.now) }
        }
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<4 {
                bytes[Int.random(in: 1..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let read = try? LeaseMessage(decoding: bytes, at: Self.now), let lease = read.record.lease else {
                continue
            }
            #expect(lease.renewAt <= lease.rebindAt && lease.rebindAt <= lease.expiresAt)
        }
    }

    @Test("what is kept on disk is read back as a memory, with or without a lease", arguments: [true, false])
    func text(hasLease: Bool) throws {
        let record = try Self.record(12, hasLease ? Self.lease() : nil)
        let read = try #require(LeaseRecord(text: record.text))
        #expect(!read.isLive && read.version == 12 && read.hasContent(of: record))
        #expect(read.lease?.router == record.lease?.router)
    }

    @Test(
        "a damaged file is none, or one without a lease",
        arguments: [
            "", "version 1\n", "version x\nidentity 00\n", "identity \(String(repeating: "0", count: 32))\n",
            "version 1\nidentity \(String(repeating: "g", count: 32))\n", "version 1\nidentity 0\n",
        ])
    func damaged(text: String) { #expect(LeaseRecord(text: text) == nil) }

    @Test("a file with half a lease is one without")
    func halfLease() throws {
        let text = "version 1\nidentity \(String(repeating: "0", count: 32))\naddress 10.0.0.100\nserver fe80::1\n"
        #expect(try #require(LeaseRecord(text: text)).lease == nil)
    }

    @Test("of any two records that differ one supersedes the other, the same way on every node")
    func order() throws {
        let ranked = [
            try Self.record(1, nil, live: false), try Self.record(2, nil, live: false),
            try Self.record(2, live: false), try Self.record(1), try Self.record(2, nil), try Self.record(2),
            try Self.record(2, Self.lease(0x0A00_0065)), try Self.record(2, identity: 8), try Self.record(3, nil),
        ]
        for (index, record) in ranked.enumerated() {
            #expect(!record.supersedes(record))
            for other in ranked[..<index] {
                #expect(record.supersedes(other) && !other.supersedes(record))
            }
        }
    }
}
