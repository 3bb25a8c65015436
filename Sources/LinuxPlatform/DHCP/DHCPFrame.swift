public import Wire

/// DHCP in UDP in IPv4 in Ethernet, made and read by hand: a client without an address has no other way.
public struct DHCPFrame: Hashable, Sendable {
    /// The Ethernet address of the sender.
    public let source: MACAddress
    /// What UDP carries.
    public let message: [UInt8]

    /// The whole frame from UDP port 68 to port 67. From 0.0.0.0 to everyone (RFC 2131 §4.1), or from one address to
    /// another.
    public static func request(
        _ message: [UInt8], from mac: MACAddress, to: MACAddress = .broadcast, sourceIP: UInt32 = 0,
        destinationIP: UInt32 = .max
    ) -> [UInt8] {
        var datagram = ByteWriter(capacity: message.count + 8)
        datagram.integer(clientPort)
        datagram.integer(serverPort)
        datagram.integer(UInt16(8 + message.count))
        datagram.integer(UInt16(0))
        datagram.append(message)
        let sum = InternetChecksum.of(pseudoHeader(sourceIP, destinationIP, datagram.bytes.count) + datagram.bytes)
        // A sum of zero is sent as its other form: zero stands for none (RFC 768).
        let udp = checksummed(datagram.bytes, sum == 0 ? .max : sum, at: 6)
        var header = ByteWriter(capacity: 20)
        header.integer(UInt16(0x4510))  // version 4, five words, low delay
        header.integer(UInt16(20 + udp.count))
        header.integer(UInt32(0))
        header.integer(UInt8(64))
        header.integer(udpProtocol)
        header.integer(UInt16(0))
        header.integer(sourceIP)
        header.integer(destinationIP)
        let ip = checksummed(header.bytes, InternetChecksum.of(header.bytes), at: 10)
        return EthernetFrame.ipv4(to: to, from: mac, ip + udp)
    }

    /// Reads a frame to UDP port 68. Throws `truncated` or `badValue` for anything else, and for a wrong checksum;
    /// padding behind the packet is passed over.
    /// - Parameter isUnfinished: the frame comes from this machine, and its UDP checksum is not made yet.
    public init(decoding bytes: [UInt8], isUnfinished: Bool) throws(DecodeError) {
        var reader = ByteReader(bytes)
        _ = try reader.bytes(6)
        guard let source = MACAddress(bytes: Array(try reader.bytes(6))), try reader.integer() == EtherType.ipv4 else {
            throw .badValue
        }
        let rest = reader.remainder()
        guard let first = rest.first, first >> 4 == 4, first & 0xF >= 5 else { throw .badValue }
        let headerSize = Int(first & 0xF) * 4
        var ip = ByteReader(rest)
        let header = Array(try ip.bytes(headerSize))
        guard InternetChecksum.of(header) == 0 else { throw .badValue }
        var fields = ByteReader(header)
        _ = try fields.integer(UInt16.self)
        let total = Int(try fields.integer(UInt16.self))
        _ = try fields.integer(UInt16.self)
        let fragment = try fields.integer(UInt16.self)
        _ = try fields.integer(UInt8.self)
        guard fragment & 0x3FFF == 0, try fields.integer() == Self.udpProtocol, total >= headerSize else {
            throw .badValue
        }
        _ = try fields.integer(UInt16.self)
        let (from, to) = (try fields.integer(UInt32.self), try fields.integer(UInt32.self))
        let datagram = Array(try ip.bytes(total - headerSize))
        var udp = ByteReader(datagram)
        guard try udp.integer() == Self.serverPort, try udp.integer() == Self.clientPort else { throw .badValue }
        let length = Int(try udp.integer(UInt16.self))
        guard length >= 8, length <= datagram.count else { throw .truncated }
        let checksum = try udp.integer(UInt16.self)
        let covered = Self.pseudoHeader(from, to, length) + datagram.prefix(length)
        guard isUnfinished || checksum == 0 || InternetChecksum.of(covered) == 0 else { throw .badValue }
        self.source = source
        message = Array(datagram[8..<length])
    }

    private static func pseudoHeader(_ from: UInt32, _ to: UInt32, _ count: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: 12)
        writer.integer(from)
        writer.integer(to)
        writer.integer(UInt16(udpProtocol))
        writer.integer(UInt16(count))
        return writer.bytes
    }

    private static func checksummed(_ bytes: [UInt8], _ sum: UInt16, at offset: Int) -> [UInt8] {
        bytes[..<offset] + [UInt8(sum >> 8), UInt8(sum & 0xFF)] + bytes[(offset + 2)...]
    }

    private static let udpProtocol: UInt8 = 17
    private static let serverPort: UInt16 = 67
    private static let clientPort: UInt16 = 68
}
