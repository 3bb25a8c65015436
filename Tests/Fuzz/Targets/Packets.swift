import Wire

@testable import LinuxPlatform

/// Frames of the LAN, which anybody on it can make: ARP, neighbour discovery, DHCP in UDP.
extension FuzzTarget {
    private static let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1]) ?? .zero
    private static let address = IPAddress.v6(0xFE80_0000_0000_0000, 0x0200_00FF_FE00_0001)
    /// Where a packet begins in an Ethernet frame.
    private static let header = 14

    static let arp = FuzzTarget("arp", longest: 64) {
        let packets = [
            ARPPacket.probe(for: 0x0A4D_00FA, from: mac), .announcement(of: 0x0A4D_00FA, at: mac, .request),
            .announcement(of: 0x0A4D_00FA, at: mac, .reply),
        ]
        return packets.map(\.encoded)
    } check: { bytes throws(Finding) in
        guard let packet = try? ARPPacket(decoding: bytes) else { return }
        try demand(bytes.starts(with: packet.encoded), "an ARP packet has another encoding than it was read from")
        try demand((try? ARPPacket(decoding: packet.encoded)) == packet, "an ARP packet changes on the way")
    }

    /// The first byte says whether length and checksum are put right before it is read: few inputs are right by chance.
    static let neighbour = FuzzTarget("neighbour", longest: 400) {
        let frames = [
            NeighbourAdvertisement.frame(for: address, at: mac),
            NeighbourSolicitation.frame(for: address, from: mac, nonce: [1, 2, 3, 4, 5, 6]),
        ]
        return frames.compactMap { $0 }.flatMap { frame in [[0] + frame[header...], [1] + frame[header...]] }
    } check: { bytes throws(Finding) in
        var packet = Array(bytes.dropFirst())
        if bytes.first == 1 { packet = finished(packet) }
        guard let claim = try? NeighbourClaim(decoding: packet) else { return }
        try demand(packet.count >= 64, "a claim was read from fewer bytes than a message has")
        let source = IPAddress(bytes: Array(packet[8..<24]))
        let target = IPAddress(bytes: Array(packet[48..<64]))
        try demand(claim.ip == source || claim.ip == target, "a claim to an address that the packet does not name")
        try demand(!claim.isQuestion || claim.ip == target, "a question about another address than the target")
        try demand(claim.nonce.isEmpty || claim.nonce.count % 8 == 6, "a nonce of \(claim.nonce.count) bytes")
        try demand(claim.nonce.count < packet.count, "a nonce longer than its packet")
        guard let frame = NeighbourAdvertisement.frame(for: claim.ip, at: mac) else {
            throw Finding(description: "a claim to an address that is not IPv6")
        }
        let announced = try? NeighbourClaim(decoding: Array(frame[header...]))
        try demand(announced?.ip == claim.ip && announced?.mac == mac, "an advertisement changes on the way")
    }

    /// An IPv6 packet with its length and the checksum of its message put right.
    private static func finished(_ packet: [UInt8]) -> [UInt8] {
        guard packet.count >= 44, let from = IPAddress(bytes: Array(packet[8..<24])),
            let to = IPAddress(bytes: Array(packet[24..<40]))
        else { return packet }
        var packet = packet
        let length = packet.count - 40
        packet[4] = UInt8(truncatingIfNeeded: length >> 8)
        packet[5] = UInt8(truncatingIfNeeded: length)
        packet.replaceSubrange(42..<44, with: [0, 0])
        let sum = NeighbourDiscovery.checksum(Array(packet[40...]), from: from, to: to)
        packet.replaceSubrange(42..<44, with: sum)
        return packet
    }

    /// The first byte: bit 0, whether the checksums are put right; bit 1, whether the frame is from this machine.
    static let dhcpFrame = FuzzTarget("dhcp-frame", longest: 800) {
        let frame = swapped(DHCPFrame.request([1, 2, 3, 4, 5, 6, 7, 8, 9], from: mac))
        return [[0] + frame, [1] + frame, [2] + frame, [1] + frame + [0, 0, 0]]
    } check: { bytes throws(Finding) in
        var frame = Array(bytes.dropFirst())
        let choice = bytes.first ?? 0
        if choice & 1 != 0 { frame = checksummed(frame) }
        guard let read = try? DHCPFrame(decoding: frame, isUnfinished: choice & 2 != 0) else { return }
        try demand(read.message.count + header + 28 <= frame.count, "a message longer than its frame")
        try demand(read.source.bytes == Array(frame[6..<12]), "another sender than the frame's")
        let again = swapped(DHCPFrame.request(read.message, from: read.source))
        try demand((try? DHCPFrame(decoding: again, isUnfinished: false)) == read, "a frame changes on the way")
    }

    /// A frame with its UDP ports exchanged: as a server would send it.
    private static func swapped(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        frame.swapAt(34, 36)
        frame.swapAt(35, 37)
        return frame
    }

    private static func checksummed(_ frame: [UInt8]) -> [UInt8] {
        guard frame.count > header else { return frame }
        var frame = frame
        let size = Int(frame[header] & 0xF) * 4
        guard size >= 20, frame.count >= header + size + 8 else { return frame }
        frame[header + 10] = 0
        frame[header + 11] = 0
        let sum = InternetChecksum.of(Array(frame[header..<header + size]))
        frame[header + 10] = UInt8(sum >> 8)
        frame[header + 11] = UInt8(sum & 0xFF)
        // UDP does without a checksum where the field is zero.
        frame[header + size + 6] = 0
        frame[header + size + 7] = 0
        return frame
    }
}
