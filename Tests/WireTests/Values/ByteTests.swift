import Testing
import Wire

@Suite("Reading and writing bytes")
struct ByteTests {
    private static let node = NodeID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    private static let address = SocketAddress(ip: .v6(0x2001_0DB8_0000_0000, 7), port: 7373)

    /// One of each kind of value.
    private static var sample: [UInt8] {
        var writer = ByteWriter()
        writer.integer(0xAB as UInt8)
        writer.integer(0x0102 as UInt16)
        writer.integer(0x0304_0506 as UInt32)
        writer.integer(0x0708_090A_0B0C_0D0E as UInt64)
        writer.nodeID(node)
        writer.socketAddress(address)
        writer.string("Brombeere 🫐")
        return writer.bytes
    }

    /// The whole sample, value by value.
    private static func values(
        _ bytes: [UInt8]
    ) throws(DecodeError) -> (UInt8, UInt16, UInt32, UInt64, NodeID, SocketAddress, String) {
        var reader = ByteReader(bytes)
        let values = (
            try reader.integer(UInt8.self), try reader.integer(UInt16.self), try reader.integer(UInt32.self),
            try reader.integer(UInt64.self), try reader.nodeID(), try reader.socketAddress(), try reader.string()
        )
        try reader.end()
        return values
    }

    @Test("integers are written in network order")
    func networkOrder() {
        #expect(Self.sample.prefix(15).elementsEqual([0xAB, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]))
    }

    @Test("what was written is read back, and nothing is left over")
    func roundTrip() throws {
        let values = try Self.values(Self.sample)
        #expect(values.0 == 0xAB)
        #expect(values.1 == 0x0102)
        #expect(values.2 == 0x0304_0506)
        #expect(values.3 == 0x0708_090A_0B0C_0D0E)
        #expect(values.4 == Self.node)
        #expect(values.5 == Self.address)
        #expect(values.6 == "Brombeere 🫐")
    }

    @Test("bytes that end anywhere before the end are truncated")
    func truncation() {
        for count in 0..<Self.sample.count {
            #expect(throws: DecodeError.truncated, "at \(count)") {
                _ = try Self.values(Array(Self.sample.prefix(count)))
            }
        }
        #expect(throws: DecodeError.trailingBytes) { _ = try Self.values(Self.sample + [0]) }
    }

    @Test("a read that fails takes nothing")
    func failedReadTakesNothing() throws {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: DecodeError.truncated) { try reader.integer(UInt32.self) }
        #expect(throws: DecodeError.truncated) { try reader.bytes(-1) }
        #expect(throws: DecodeError.truncated) { try reader.bytes(.max) }
        #expect(reader.count == 3)
        #expect(try reader.integer(UInt16.self) == 0x0102)
        #expect(throws: DecodeError.trailingBytes) { try reader.end() }
        #expect(Array(reader.remainder()) == [3])
        try reader.end()
    }

    @Test("a slice is read from its own start")
    func slices() throws {
        var reader = ByteReader([9, 9, 1, 2][2...])
        #expect(try reader.integer(UInt16.self) == 0x0102)
        try reader.end()
    }

    @Test(
        "values that a field's definition rules out are refused",
        arguments: [
            [5, 1, 2, 3, 4, 5, 0, 80], [0, 0, 80], [255] + [UInt8](repeating: 0, count: 257),
        ] as [[UInt8]])
    func badAddress(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        #expect(throws: DecodeError.badValue) { try reader.socketAddress() }
    }

    @Test("a string that is not UTF-8 is a bad value")
    func badString() {
        var reader = ByteReader([2, 0xC3, 0x28])
        #expect(throws: DecodeError.badValue) { try reader.string() }
    }

    @Test("a long string is cut between characters")
    func longString() throws {
        var writer = ByteWriter()
        writer.string(String(repeating: "é", count: 200))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.string() == String(repeating: "é", count: 127))
        try reader.end()
    }
}
