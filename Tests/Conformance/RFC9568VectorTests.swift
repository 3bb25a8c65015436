import Testing
import VRRP
import Wire

/// One message, field by field as in RFC 9568 §5.2, with the checksum worked out by hand.
struct PacketVector: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let advertisement: Advertisement
    let source: IPAddress
    let destination: IPAddress
    let coverage: IPv4Coverage
}

@Suite("RFC 9568 §5.2: the layout of the packet")
struct RFC9568VectorTests {
    static let source4 = IPAddress.v4(0xC0A8_0102)  // 192.168.1.2
    static let source6 = IPAddress.v6(0xFE80_0000_0000_0000, 1)  // fe80::1
    static let one4 = Advertisement(
        virtualRouterID: 51, priority: 100, interval: 100, addresses: [.v4(0xC0A8_01FA)])  // 192.168.1.250

    static let vectors = [
        // Words: 3133 6401 0064 C0A8 01FA, their sum 1583A, folded 583B, complement A7C4.
        PacketVector(
            testDescription: "IPv4, checksum over the message alone",
            bytes: [0x31, 0x33, 0x64, 0x01, 0x00, 0x64, 0xA7, 0xC4, 0xC0, 0xA8, 0x01, 0xFA],
            advertisement: one4, source: source4, destination: Advertisement.multicastIPv4, coverage: .messageOnly),
        // Pseudo-header: C0A8 0102 E000 0012 0070 000C, sum 1A238; with 1583A: 2FA72, folded FA74, complement 058B.
        PacketVector(
            testDescription: "IPv4, checksum with the pseudo-header",
            bytes: [0x31, 0x33, 0x64, 0x01, 0x00, 0x64, 0x05, 0x8B, 0xC0, 0xA8, 0x01, 0xFA],
            advertisement: one4, source: source4, destination: Advertisement.multicastIPv4, coverage: .pseudoHeader),
        // Pseudo-header: FE80 0001 FF02 0012 0018 0070, sum 1FE1D. Message: 3101 FF01 0FFF FE80 0001, sum 23E82.
        // Together 43C9F, folded 3CA3, complement C35C.
        PacketVector(
            testDescription: "IPv6, priority 255, the longest interval",
            bytes: [
                0x31, 0x01, 0xFF, 0x01, 0x0F, 0xFF, 0xC3, 0x5C,
                0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            ],
            advertisement: Advertisement(
                virtualRouterID: 1, priority: 255, interval: 4095, addresses: [.v6(0xFE80_0000_0000_0000, 1)]),
            source: source6, destination: Advertisement.multicastIPv6, coverage: .pseudoHeader),
    ]

    @Test("the bytes are read as the RFC says", arguments: vectors)
    func decoded(_ vector: PacketVector) throws {
        let received = try Advertisement.decode(
            vector.bytes, source: vector.source, destination: vector.destination, hopLimit: 255)
        #expect(received.advertisement == vector.advertisement)
        #expect(received.coverage == vector.coverage)
    }

    @Test("the bytes are written as the RFC says", arguments: vectors)
    func encoded(_ vector: PacketVector) {
        let form = ChecksumForm.packet(
            source: vector.source, destination: vector.destination, coverage: vector.coverage)
        #expect(vector.advertisement.encoded(checksum: form) == vector.bytes)
    }

    @Test("the constants are those of the RFC")
    func constants() {
        #expect(Advertisement.protocolNumber == 112)
        #expect(Advertisement.hopLimit == 255)
        #expect(Advertisement.multicastIPv4.description == "224.0.0.18")
        #expect(Advertisement.multicastIPv6.description == "ff02::12")
    }
}
