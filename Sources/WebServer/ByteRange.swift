/// What a `Range` field asks for of a representation of a certain size (RFC 9110 §14.1.2, §14.2).
enum ByteRange: Equatable {
    /// All of it: there is no valid range, or there are several.
    case whole
    /// These bytes; at least one.
    case part(Range<UInt64>)
    /// None of what is asked for exists: 416.
    case unsatisfiable

    init(_ value: Range<Int>, of bytes: Span<UInt8>, size: UInt64) {
        self = Self.parse(value, of: bytes, size: size) ?? .whole
    }

    /// Nil for what is not `bytes=` and a single range.
    private static func parse(_ value: Range<Int>, of bytes: Span<UInt8>, size: UInt64) -> ByteRange? {
        let start = value.lowerBound
        guard value.count > 6, bytes.matchesIgnoringCase(start..<start + 6, "bytes=") else { return nil }
        let range = bytes.trimmed(start + 6..<value.upperBound)
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-"), in: range) else { return nil }
        let before = range.lowerBound..<dash
        let after = dash + 1..<range.upperBound
        guard before.isEmpty || isNumber(before, of: bytes), after.isEmpty || isNumber(after, of: bytes) else {
            return nil
        }
        // A number beyond 64 bits is beyond the end of any file.
        let last = bytes.decimal(after) ?? .max
        guard !before.isEmpty else { return after.isEmpty ? nil : suffix(last, size: size) }
        let first = bytes.decimal(before) ?? .max
        guard first <= last else { return nil }
        guard first < size else { return .unsatisfiable }
        return .part(first..<min(last, size - 1) + 1)
    }

    /// The last `length` bytes. An empty file has none, and no 206 can say so: it is sent whole.
    private static func suffix(_ length: UInt64, size: UInt64) -> ByteRange {
        if length == 0 { return .unsatisfiable }
        return size == 0 ? .whole : .part(size - min(length, size)..<size)
    }

    private static func isNumber(_ range: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        for index in range where !bytes[index].isDigit { return false }
        return !range.isEmpty
    }
}
