/// Why bytes could not be decoded. Decoding changes no state, so after an error nothing has happened.
public enum DecodeError: Error, Hashable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// Bytes are left over after the value.
    case trailingBytes
    /// A field has a value that its definition rules out.
    case badValue
}

/// Reads big-endian values from bytes that came from the network: every read is checked.
public struct ByteReader: Sendable {
    @usableFromInline var rest: ArraySlice<UInt8>

    /// A reader at the start of `bytes`.
    public init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// A reader at the start of `bytes`.
    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// How many bytes have not been read.
    public var count: Int { rest.count }

    /// Reads one unsigned integer in network order.
    @inlinable public mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(
        _ type: Integer.Type = Integer.self
    ) throws(DecodeError) -> Integer {
        let count = Integer.bitWidth / 8
        guard count <= rest.count else { throw .truncated }
        var value: Integer = 0
        for index in rest.startIndex..<rest.startIndex + count { value = value << 8 | Integer(rest[index]) }
        rest = rest[(rest.startIndex + count)...]
        return value
    }

    /// Reads `count` bytes.
    public mutating func bytes(_ count: Int) throws(DecodeError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Reads all that is left.
    public mutating func remainder() -> ArraySlice<UInt8> {
        defer { rest = rest.suffix(0) }
        return rest
    }

    /// Reads a node ID.
    public mutating func nodeID() throws(DecodeError) -> NodeID { NodeID(high: try integer(), low: try integer()) }

    /// Reads an address as `ByteWriter` writes it: a length of 4 or 16, the bytes, the port.
    public mutating func socketAddress() throws(DecodeError) -> SocketAddress {
        let length = try integer(UInt8.self)
        guard let ip = IPAddress(bytes: Array(try bytes(Int(length)))) else { throw .badValue }
        return SocketAddress(ip: ip, port: try integer())
    }

    /// Reads a string with a length of one byte before it; not UTF-8 is a bad value.
    public mutating func string() throws(DecodeError) -> String {
        let length = try integer(UInt8.self)
        guard let text = String(validating: try bytes(Int(length)), as: UTF8.self) else { throw .badValue }
        return text
    }

    /// Fails unless everything has been read.
    public func end() throws(DecodeError) {
        guard rest.isEmpty else { throw .trailingBytes }
    }
}
