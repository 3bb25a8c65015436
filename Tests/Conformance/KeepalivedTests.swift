import Testing
import VRRP
import Wire

@Suite("What keepalived sends")
struct KeepalivedTests {
    @Test("we read what keepalived sent", arguments: CapturedPacket.all)
    func decoded(_ packet: CapturedPacket) throws {
        let received = try Advertisement.decode(
            bytes(packet.payload), source: packet.source, destination: packet.destination, hopLimit: 255)
        #expect(received.advertisement == (try advertisement(packet)))
        #expect(received.coverage == .pseudoHeader)
    }

    @Test("what we send with the pseudo-header is what keepalived sends, byte for byte", arguments: CapturedPacket.all)
    func encoded(_ packet: CapturedPacket) throws {
        let form = ChecksumForm.packet(
            source: packet.source, destination: packet.destination, coverage: .pseudoHeader)
        #expect(try advertisement(packet).encoded(checksum: form) == bytes(packet.payload))
    }

    private func advertisement(_ packet: CapturedPacket) throws -> Advertisement {
        Advertisement(
            virtualRouterID: packet.virtualRouterID, priority: packet.priority, interval: packet.interval,
            addresses: try packet.addresses.map { try #require(IPAddress($0)) })
    }

    private func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }
}
