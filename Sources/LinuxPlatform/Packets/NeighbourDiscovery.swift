public import Wire

/// What the messages of neighbour discovery have in common (RFC 4861 §4).
enum NeighbourDiscovery {
    static let icmpv6: UInt8 = 58
    static let solicitation: UInt8 = 135
    static let advertisement: UInt8 = 136
    /// Receivers drop messages with another hop limit: they could have come from beyond the link.
    static let hopLimit: UInt8 = 255
    /// ff02::1
    static let allNodes = IPAddress.v6(0xFF02_0000_0000_0000, 1)
    static let unspecified = IPAddress.v6(0, 0)

    /// The group of those who may have `address` (RFC 4291 §2.7.1).
    static func solicitedNodeGroup(of address: IPAddress) -> IPAddress? {
        guard case .v6(_, let low) = address else { return nil }
        return .v6(0xFF02_0000_0000_0000, 0x0000_0001_FF00_0000 | low & 0xFF_FFFF)
    }

    /// An IPv6 packet with this ICMPv6 message, whose checksum is filled in.
    static func packet(_ message: [UInt8], from: IPAddress, to: IPAddress) -> [UInt8] {
        var packet = ByteWriter(capacity: 88)
        packet.integer(UInt32(6) << 28)
        packet.integer(UInt16(message.count))
        packet.integer(icmpv6)
        packet.integer(hopLimit)
        packet.append(from.bytes)
        packet.append(to.bytes)
        packet.append(checksummed(message, from: from, to: to))
        return packet.bytes
    }

    /// Puts the checksum over the pseudo-header and the message into the message (RFC 4443 §2.3, RFC 8200 §8.1).
    private static func checksummed(_ message: [UInt8], from: IPAddress, to: IPAddress) -> [UInt8] {
        message[..<2] + checksum(message, from: from, to: to) + message[4...]
    }

    /// The checksum of a message: zero for one that holds its own.
    static func checksum(_ message: [UInt8], from: IPAddress, to: IPAddress) -> [UInt8] {
        var covered = ByteWriter(capacity: 96)
        covered.append(from.bytes)
        covered.append(to.bytes)
        covered.integer(UInt32(message.count))
        covered.integer(UInt32(icmpv6))
        covered.append(message)
        let sum = InternetChecksum.of(covered.bytes)
        return [UInt8(sum >> 8), UInt8(sum & 0xFF)]
    }
}

/// The question of duplicate address detection: does anyone have this address? (RFC 4862 §5.4.2)
public enum NeighbourSolicitation {
    /// The whole frame to those who may have the address; nil if it is not IPv6.
    ///
    /// It comes from nobody (::), so whoever has the address answers to all nodes. The nonce (RFC 7527 §4.1; 6 bytes, or
    /// 8 more for each further unit) says whose question it is.
    public static func frame(for address: IPAddress, from mac: MACAddress, nonce: [UInt8]) -> [UInt8]? {
        guard let group = NeighbourDiscovery.solicitedNodeGroup(of: address) else { return nil }
        var message = ByteWriter(capacity: 40)
        message.integer(UInt32(NeighbourDiscovery.solicitation) << 24)
        message.integer(UInt32(0))
        message.append(address.bytes)
        message.append([nonceOption, UInt8(truncatingIfNeeded: (nonce.count + 2) / 8)])
        message.append(nonce)
        let packet = NeighbourDiscovery.packet(message.bytes, from: NeighbourDiscovery.unspecified, to: group)
        return EthernetFrame.multicast(packet, to: group, from: mac)
    }

    static let nonceOption: UInt8 = 14
}

/// What a neighbour solicitation or advertisement says of an address.
public struct NeighbourClaim: Hashable, Sendable {
    /// The address.
    public let ip: IPAddress
    /// Whether its sender has not got the address yet, and only asks whether it may take it.
    public let isQuestion: Bool
    /// The nonce of a question, if it has one.
    public let nonce: [UInt8]
    /// The sender's Ethernet address as the message gives it, if it does.
    public let mac: MACAddress?

    /// Reads an IPv6 packet without its Ethernet header: an advertisement, a question, or a solicitation that comes from
    /// an address, which its sender therefore has. Anything else, and what RFC 4861 §7.1 has dropped, is a bad value.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt32.self) >> 28 == 6 else { throw .badValue }
        let length = Int(try reader.integer(UInt16.self))
        guard try reader.integer(UInt8.self) == NeighbourDiscovery.icmpv6,
            try reader.integer(UInt8.self) == NeighbourDiscovery.hopLimit
        else { throw .badValue }
        let source = try Self.address(&reader)
        let destination = try Self.address(&reader)
        let message = Array(try reader.bytes(length))
        guard NeighbourDiscovery.checksum(message, from: source, to: destination) == [0, 0] else { throw .badValue }
        var body = ByteReader(message)
        let type: UInt8 = try body.integer()
        guard try body.integer(UInt8.self) == 0 else { throw .badValue }
        _ = try body.bytes(6)
        let target = try Self.address(&body)
        let options = try Self.options(&body)
        nonce = options[NeighbourSolicitation.nonceOption] ?? []
        switch type {
        case NeighbourDiscovery.advertisement:
            (ip, isQuestion, mac) = (target, false, options[2].flatMap(MACAddress.init(bytes:)))
        case NeighbourDiscovery.solicitation where source == NeighbourDiscovery.unspecified:
            (ip, isQuestion, mac) = (target, true, nil)
        case NeighbourDiscovery.solicitation:
            (ip, isQuestion, mac) = (source, false, options[1].flatMap(MACAddress.init(bytes:)))
        default: throw .badValue
        }
    }

    private static func address(_ reader: inout ByteReader) throws(DecodeError) -> IPAddress {
        guard let address = IPAddress(bytes: Array(try reader.bytes(16))) else { throw .badValue }
        return address
    }

    /// The options by type, without type and length; an option of length zero is a bad value (RFC 4861 §4.6).
    private static func options(_ reader: inout ByteReader) throws(DecodeError) -> [UInt8: [UInt8]] {
        var rest = reader.remainder()
        var options: [UInt8: [UInt8]] = [:]
        while let type = rest.first {
            guard let units = rest.dropFirst().first, units > 0, rest.count >= Int(units) * 8 else { throw .badValue }
            options[type] = Array(rest.prefix(Int(units) * 8).dropFirst(2))
            rest = rest.dropFirst(Int(units) * 8)
        }
        return options
    }
}
