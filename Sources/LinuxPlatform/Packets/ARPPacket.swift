public import Wire

/// An ARP packet for IPv4 over Ethernet (RFC 826), without the Ethernet header.
public struct ARPPacket: Hashable, Sendable {
    /// What the packet does.
    public enum Operation: UInt16, Sendable {
        /// Asks who has the target address.
        case request = 1
        /// Says that the sender has the sender address.
        case reply = 2
    }

    /// What the packet does.
    public let operation: Operation
    /// The sender's Ethernet address.
    public let senderMAC: MACAddress
    /// The sender's IPv4 address; 0.0.0.0 in a probe.
    public let senderIP: UInt32
    /// Whom a reply is for; zero in a request.
    public let targetMAC: MACAddress
    /// The IPv4 address that is asked for.
    public let targetIP: UInt32

    /// A probe for a conflict before an address is used (RFC 5227 §2.1.1): it asks and says nothing of the sender.
    public static func probe(for ip: UInt32, from mac: MACAddress) -> ARPPacket {
        ARPPacket(operation: .request, senderMAC: mac, senderIP: 0, targetMAC: .zero, targetIP: ip)
    }

    /// An announcement that corrects every cache on the link: the request form (RFC 5227 §3), which needs no one to
    /// have asked, and the reply form (RFC 5944 §4.6), which some devices obey alone.
    public static func announcement(of ip: UInt32, at mac: MACAddress, _ form: Operation) -> ARPPacket {
        let target = form == .request ? MACAddress.zero : mac
        return ARPPacket(operation: form, senderMAC: mac, senderIP: ip, targetMAC: target, targetIP: ip)
    }

    /// The 28 bytes.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 28)
        writer.integer(ARPPacket.ethernet)
        writer.integer(EtherType.ipv4)
        writer.integer(UInt8(6))
        writer.integer(UInt8(4))
        writer.integer(operation.rawValue)
        writer.append(senderMAC.bytes)
        writer.integer(senderIP)
        writer.append(targetMAC.bytes)
        writer.integer(targetIP)
        return writer.bytes
    }

    /// Reads a packet; bytes after it are the link's padding. Another hardware, protocol or operation is a bad value.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard try reader.integer() == ARPPacket.ethernet, try reader.integer() == EtherType.ipv4,
            try reader.integer(UInt8.self) == 6, try reader.integer(UInt8.self) == 4,
            let operation = Operation(rawValue: try reader.integer())
        else { throw .badValue }
        let sender = try ARPPacket.endpoint(&reader)
        let target = try ARPPacket.endpoint(&reader)
        self.init(
            operation: operation, senderMAC: sender.0, senderIP: sender.1, targetMAC: target.0, targetIP: target.1)
    }

    private static func endpoint(_ reader: inout ByteReader) throws(DecodeError) -> (MACAddress, UInt32) {
        guard let mac = MACAddress(bytes: Array(try reader.bytes(6))) else { throw .badValue }
        return (mac, try reader.integer())
    }

    private init(
        operation: Operation, senderMAC: MACAddress, senderIP: UInt32, targetMAC: MACAddress, targetIP: UInt32
    ) {
        self.operation = operation
        self.senderMAC = senderMAC
        self.senderIP = senderIP
        self.targetMAC = targetMAC
        self.targetIP = targetIP
    }

    private static let ethernet: UInt16 = 1
}
