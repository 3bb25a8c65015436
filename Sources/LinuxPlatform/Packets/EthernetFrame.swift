internal import Wire

/// The protocol numbers of Ethernet that are used here.
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86DD
}

/// Builds whole Ethernet II frames; the card adds padding and checksum.
public enum EthernetFrame {
    /// An ARP packet to everyone on the link.
    public static func broadcast(_ packet: ARPPacket) -> [UInt8] {
        frame(to: .broadcast, from: packet.senderMAC, EtherType.arp, packet.encoded)
    }

    /// An IPv6 packet to a multicast group of the link (RFC 2464 §7).
    static func multicast(_ packet: [UInt8], to group: IPAddress, from mac: MACAddress) -> [UInt8] {
        let to = MACAddress(bytes: [0x33, 0x33] + group.bytes.suffix(4)) ?? .allNodes
        return frame(to: to, from: mac, EtherType.ipv6, packet)
    }

    /// An IPv4 packet.
    static func ipv4(to: MACAddress, from: MACAddress, _ packet: [UInt8]) -> [UInt8] {
        frame(to: to, from: from, EtherType.ipv4, packet)
    }

    private static func frame(
        to: MACAddress, from: MACAddress, _ type: UInt16, _ payload: [UInt8]
    ) -> [UInt8] {
        to.bytes + from.bytes + [UInt8(type >> 8), UInt8(type & 0xFF)] + payload
    }
}
