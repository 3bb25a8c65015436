/// Writes big-endian values; the counterpart of `ByteReader`.
public struct ByteWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 64) { bytes.reserveCapacity(capacity) }

    /// Writes an integer in network order.
    public mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(_ value: Integer) {
        var shift = Integer.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Writes bytes as they are.
    public mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Writes a node ID: 16 bytes.
    public mutating func nodeID(_ id: NodeID) {
        integer(id.high)
        integer(id.low)
    }

    /// Writes an address: a length of 4 or 16, the bytes, the port. The interface means nothing to another node.
    public mutating func socketAddress(_ address: SocketAddress) {
        let ip = address.ip.bytes
        integer(UInt8(ip.count))
        append(ip)
        integer(address.port)
    }

    /// Writes a string's first 255 bytes of UTF-8, cut between characters, with a length of one byte before them.
    public mutating func string(_ text: String) {
        var cut = text[...]
        while cut.utf8.count > 255 { cut = cut.dropLast() }
        integer(UInt8(cut.utf8.count))
        append(cut.utf8)
    }
}
