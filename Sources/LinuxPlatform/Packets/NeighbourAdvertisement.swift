public import Wire

/// An unsolicited neighbour advertisement (RFC 4861 §4.4, §7.2.6): IPv6's way to say that an address has moved.
public enum NeighbourAdvertisement {
    /// The whole frame to all nodes of the link, which says that `address` is now at `mac`.
    ///
    /// Override is set, so that caches that hold another answer take this one; Solicited is not, as no one asked. The
    /// packet comes from the address itself with hop limit 255, without which receivers drop it. An address that is
    /// not IPv6 has no such frame.
    public static func frame(for address: IPAddress, at mac: MACAddress) -> [UInt8]? {
        guard !address.isIPv4 else { return nil }
        let packet = NeighbourDiscovery.packet(message(address, mac), from: address, to: NeighbourDiscovery.allNodes)
        return EthernetFrame.multicast(packet, to: NeighbourDiscovery.allNodes, from: mac)
    }

    /// Type 136, code 0, a checksum of zero, the Override flag, the target, and its link-layer address (option 2).
    private static func message(_ address: IPAddress, _ mac: MACAddress) -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        writer.integer(UInt32(136) << 24)
        writer.integer(UInt32(1) << 29)
        writer.append(address.bytes)
        writer.append([2, 1])
        writer.append(mac.bytes)
        return writer.bytes
    }
}

/// The checksum of the internet protocols (RFC 1071).
enum InternetChecksum {
    /// The ones' complement of the ones' complement sum of the 16-bit words; zero over data that holds its checksum.
    static func of(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let low = index + 1 < bytes.count ? bytes[index + 1] : 0
            sum += UInt32(bytes[index]) << 8 | UInt32(low)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
