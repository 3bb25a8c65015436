public import Wire

/// What the checksum of an advertisement is made over.
public enum ChecksumForm: Hashable, Sendable {
    /// No checksum, the field is zero: inside a sealed datagram, whose authentication covers every bit.
    case none
    /// A packet of its own between these two addresses, as on the wire.
    case packet(source: IPAddress, destination: IPAddress, coverage: IPv4Coverage)
}

/// What the checksum of an IPv4 advertisement covers. Over IPv6 it always covers the pseudo-header.
public enum IPv4Coverage: Hashable, Sendable {
    /// The message and a pseudo-header before it: what keepalived and FRR send and expect.
    case pseudoHeader
    /// The message alone (RFC 9568 §5.2.8).
    case messageOnly
}

/// The Internet checksum (RFC 1071) as VRRP uses it.
enum Checksum {
    /// The checksum of `message`, whose own checksum field is taken for zero.
    static func of(_ message: some Collection<UInt8>, pseudoHeader: [UInt8]) -> UInt16 {
        let total = sum(pseudoHeader) + sum(message) - field(message)
        return ~fold(total)
    }

    /// The pseudo-header of a message of `length` bytes (RFC 8200 §8.1; for IPv4 that of RFC 9293 §3.1).
    static func pseudoHeader(source: IPAddress, destination: IPAddress, length: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: 40)
        writer.append(source.bytes)
        writer.append(destination.bytes)
        if source.isIPv4 {
            writer.integer(UInt16(Advertisement.protocolNumber))
            writer.integer(UInt16(truncatingIfNeeded: length))
        } else {
            writer.integer(UInt32(truncatingIfNeeded: length))
            writer.integer(UInt32(Advertisement.protocolNumber))
        }
        return writer.bytes
    }

    /// The checksum that the sender wrote: bytes 6 and 7.
    static func field(_ message: some Collection<UInt8>) -> UInt64 {
        message.dropFirst(6).prefix(2).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The sum of the big-endian 16-bit words; an odd last byte is the high half of a word.
    private static func sum(_ bytes: some Collection<UInt8>) -> UInt64 {
        var total: UInt64 = 0
        var high = true
        for byte in bytes {
            total += high ? UInt64(byte) << 8 : UInt64(byte)
            high.toggle()
        }
        return total
    }

    private static func fold(_ total: UInt64) -> UInt16 {
        var rest = total
        while rest > 0xFFFF { rest = (rest & 0xFFFF) + (rest >> 16) }
        return UInt16(rest)
    }
}
