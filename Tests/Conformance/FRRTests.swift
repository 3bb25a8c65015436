import Testing
import VRRP
import Wire

/// What FRR's vrrpd 8.4.4 (Debian 12) sent on a cable of the lab, each message once: the payloads of the IP packets.
///
///     vrrp 51 version 3
///     vrrp 51 priority 120
///     vrrp 51 advertisement-interval 100
///     vrrp 51 ip 10.77.0.250, 10.77.0.251
///     vrrp 51 ipv6 fe80::250, fd77::250
///
/// Every packet had TTL or hop limit 255. IPv4 came from the address of eth0, IPv6 from the link-local address of the
/// macvlan device with the virtual router's MAC address. At SIGTERM it sent its advertisements with priority 0.
@Suite("What FRR sends")
struct FRRTests {
    struct Packet: Sendable {
        let priority: UInt8
        let source: String
        let addresses: [String]
        let payload: String
    }

    static let packets = [
        Packet(
            priority: 120, source: "10.77.0.12", addresses: ["10.77.0.250", "10.77.0.251"],
            payload: "31337802000a55450a4d00fa0a4d00fb"),
        Packet(
            priority: 0, source: "10.77.0.12", addresses: ["10.77.0.250", "10.77.0.251"],
            payload: "31330002000acd450a4d00fa0a4d00fb"),
        Packet(
            priority: 0, source: "fe80::12", addresses: ["fe80::250", "fd77::250"],
            payload: "31330002000acfe7"
                + "fe800000000000000000000000000250fd770000000000000000000000000250"),
    ]

    @Test("we read what FRR sent, and send the same, byte for byte", arguments: packets)
    func agrees(_ packet: Packet) throws {
        let source = try #require(IPAddress(packet.source))
        let destination = source.isIPv4 ? Advertisement.multicastIPv4 : Advertisement.multicastIPv6
        let advertisement = Advertisement(
            virtualRouterID: 51, priority: packet.priority, interval: 10,
            addresses: try packet.addresses.map { try #require(IPAddress($0)) })
        let form = ChecksumForm.packet(source: source, destination: destination, coverage: .pseudoHeader)
        let bytes = advertisement.encoded(checksum: form)
        #expect(bytes == (try Self.bytes(packet.payload)))
        let received = try Advertisement.decode(bytes, source: source, destination: destination, hopLimit: 255)
        #expect(received.advertisement == advertisement)
        #expect(received.coverage == .pseudoHeader)
    }

    private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }
}
