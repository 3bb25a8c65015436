import Testing
import VRRP
import Wire

/// What is done to good bytes, and why they are then discarded.
struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: DiscardReason
    let apply: @Sendable (inout [UInt8]) -> Void

    init(_ title: String, _ reason: DiscardReason, _ apply: @escaping @Sendable (inout [UInt8]) -> Void) {
        (testDescription, self.reason, self.apply) = (title, reason, apply)
    }
}

@Suite("Reading an advertisement")
struct DecodingTests {
    static let source = IPAddress.v4(0xC0A8_0102)
    static let group = Advertisement.multicastIPv4
    static let sample = Advertisement(virtualRouterID: 51, priority: 100, interval: 2, addresses: [.v4(0xC0A8_01FA)])
    static let bytes = sample.encoded(checksum: .packet(source: source, destination: group, coverage: .pseudoHeader))

    static func decode(_ bytes: [UInt8], hopLimit: UInt8 = 255) throws -> Advertisement.Received {
        try Advertisement.decode(bytes, source: source, destination: group, hopLimit: hopLimit)
    }

    @Test(
        "each damage is discarded for its own reason",
        arguments: [
            Damage("version 2", .version(2)) { $0[0] = 0x21 },
            Damage("type 2", .type(2)) { $0[0] = 0x32 },
            Damage("nothing at all", .truncated) { $0 = [] },
            Damage("half a header", .truncated) { $0.removeLast(6) },
            Damage("one byte of the address missing", .truncated) { $0.removeLast() },
            Damage("one more address than there is", .truncated) { $0[3] = 2 },
            Damage("a flipped bit in the priority", .checksum) { $0[2] ^= 1 },
            Damage("a flipped bit in the checksum", .checksum) { $0[7] ^= 0x80 },
            Damage("interval 0", .noInterval) { $0 = resummed($0) { ($0[4], $0[5]) = (0, 0) } },
            Damage("no addresses", .noAddresses) {
                $0.removeLast(4)
                $0 = resummed($0) { $0[3] = 0 }
            },
        ])
    func discarded(_ damage: Damage) {
        var bytes = Self.bytes
        damage.apply(&bytes)
        #expect(throws: damage.reason) { try Self.decode(bytes) }
    }

    @Test("a packet that a router has passed on is discarded", arguments: [0, 1, 254] as [UInt8])
    func hopLimit(_ hopLimit: UInt8) {
        #expect(throws: DiscardReason.hopLimit(hopLimit)) { try Self.decode(Self.bytes, hopLimit: hopLimit) }
    }

    @Test(
        "a source that is no machine of this link is discarded",
        arguments: ["0.0.0.0", "127.0.0.1", "224.0.0.18", "255.255.255.255", "::", "::1", "ff02::12"])
    func sources(_ text: String) throws {
        let source = try #require(IPAddress(text))
        let group = source.isIPv4 ? Self.group : Advertisement.multicastIPv6
        #expect(throws: DiscardReason.source(source)) {
            try Advertisement.decode(Self.bytes, source: source, destination: group, hopLimit: 255)
        }
    }

    @Test("what only senders must keep to is no reason to discard", arguments: ["fe80::2", "2001:db8::2"])
    func lenient(_ text: String) throws {
        let source = try #require(IPAddress(text))
        let group = Advertisement.multicastIPv6
        let sample = Advertisement(
            virtualRouterID: 51, priority: 100, interval: 2, addresses: [.v6(0x2001_0DB8_0000_0000, 0xFA)])
        let bytes = sample.encoded(checksum: .packet(source: source, destination: group, coverage: .pseudoHeader))
        let received = try Advertisement.decode(bytes, source: source, destination: group, hopLimit: 255)
        #expect(received.advertisement == sample)
    }

    @Test("source and destination must be of one family")
    func families() {
        #expect(throws: DiscardReason.mixedFamilies) {
            try Advertisement.decode(
                Self.bytes, source: Self.source, destination: Advertisement.multicastIPv6, hopLimit: 255)
        }
    }

    @Test(
        "over IPv4 both forms of the checksum are read, and told apart",
        arguments: [IPv4Coverage.pseudoHeader, .messageOnly])
    func coverage(_ coverage: IPv4Coverage) throws {
        let form = ChecksumForm.packet(source: Self.source, destination: Self.group, coverage: coverage)
        let received = try Self.decode(Self.sample.encoded(checksum: form))
        #expect(received.advertisement == Self.sample)
        #expect(received.coverage == coverage)
    }

    @Test("over IPv6 a checksum without the pseudo-header is wrong, and none is ever written")
    func coverageIPv6() throws {
        let source = IPAddress.v6(0xFE80_0000_0000_0000, 2)
        let group = Advertisement.multicastIPv6
        let sample = Advertisement(
            virtualRouterID: 51, priority: 100, interval: 2, addresses: [.v6(0xFE80_0000_0000_0000, 0xFA)])
        let form = ChecksumForm.packet(source: source, destination: group, coverage: .messageOnly)
        let bytes = sample.encoded(checksum: form)
        #expect(
            try Advertisement.decode(bytes, source: source, destination: group, hopLimit: 255).advertisement == sample)
        let bare = resummed(bytes) { _ in }
        #expect(bare != bytes)
        #expect(throws: DiscardReason.checksum) {
            try Advertisement.decode(bare, source: source, destination: group, hopLimit: 255)
        }
    }

    @Test("reserved bits, and bytes after the last address, are not looked at")
    func leniency() throws {
        #expect(try Self.decode(resummed(Self.bytes) { $0[4] |= 0xF0 }).advertisement == Self.sample)
        #expect(try Self.decode(Self.bytes + [1, 2, 3]).advertisement == Self.sample)
    }

    @Test("whatever the bytes are, what is read from them is written as the same bytes again")
    func garbage() throws {
        var random = SeededGenerator(seed: 7)
        var read = 0
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count > 3, Bool.random(using: &random) {
                bytes[0] = 0x31
                bytes[3] = UInt8((bytes.count - 8) / 4 & 0xFF)
            }
            _ = try? Self.decode(bytes)
            guard let advertisement = try? Advertisement.decode(sealed: bytes[...]) else { continue }
            read += 1
            bytes[4] &= 0x0F
            (bytes[6], bytes[7]) = (0, 0)
            #expect(advertisement.encoded(checksum: .none) == bytes)
        }
        #expect(read > 100)
    }
}

@Suite("An advertisement inside a sealed datagram")
struct SealedDecodingTests {
    @Test(
        "what is written without a checksum is read again",
        arguments: [
            [.v4(1)], [.v4(1), .v4(2), .v4(3), .v4(4)], [.v6(1, 1)], [.v6(1, 1), .v6(2, 2)],
            Array(repeating: .v4(9), count: 255),
        ] as [[IPAddress]])
    func roundTrip(_ addresses: [IPAddress]) throws {
        let sample = Advertisement(virtualRouterID: 1, priority: 0, interval: 4095, addresses: addresses)
        #expect(try Advertisement.decode(sealed: sample.encoded(checksum: .none)[...]) == sample)
    }

    @Test("a length that fits no family is discarded")
    func length() {
        let bytes = DecodingTests.sample.encoded(checksum: .none)
        #expect(throws: DiscardReason.length(13)) { try Advertisement.decode(sealed: (bytes + [0])[...]) }
        #expect(throws: DiscardReason.truncated) { try Advertisement.decode(sealed: bytes.dropLast()) }
        #expect(throws: DiscardReason.truncated) { try Advertisement.decode(sealed: [0x31, 1]) }
    }

    @Test("values that no field can hold become the nearest that it can")
    func limits() {
        let sample = Advertisement(
            virtualRouterID: 1, priority: 1, interval: 9999, addresses: [.v4(1), .v6(0, 1), .v4(2)])
        #expect(sample.interval == 4095)
        #expect(sample.addresses == [.v4(1), .v4(2)])
        #expect(Advertisement(virtualRouterID: 1, priority: 1, interval: 0, addresses: []).interval == 1)
    }
}

/// `bytes` after `change`, with a checksum over the message alone that is right again (RFC 1071, by its definition).
func resummed(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes = bytes
    change(&bytes)
    (bytes[6], bytes[7]) = (0, 0)
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    (bytes[6], bytes[7]) = (UInt8((~sum >> 8) & 0xFF), UInt8(~sum & 0xFF))
    return bytes
}
