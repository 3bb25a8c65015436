/// Writes big-endian values; the counterpart of `ByteReader`.
public struct ByteWriter: Sendable {
    @usableFromInline var written: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 64) { written.reserveCapacity(capacity) }

    /// What has been written.
    public var bytes: [UInt8] { written }

    /// Writes an integer in network order.
    @inlinable public mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { written.append(contentsOf: $0) }
    }

    /// Writes bytes as they are.
    @inlinable public mutating func append(_ more: some Sequence<UInt8>) { written.append(contentsOf: more) }

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
