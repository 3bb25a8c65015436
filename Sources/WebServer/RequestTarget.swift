/// The path of a request, decoded once (RFC 3986 §2.1).
enum DecodedPath: Equatable {
    /// Look this up.
    case path(String)
    /// Well-formed, but no file can have it: it is not UTF-8, or a name in it has a slash.
    case namesNothing
    /// A `%` without two hexadecimal digits, or a NUL.
    case malformed

    init(_ range: Range<Int>, of bytes: Span<UInt8>) {
        if range.isEmpty {
            self = .path("/")
        } else if bytes.firstIndex(of: UInt8(ascii: "%"), in: range) == nil {
            self = .path(bytes.text(range))
        } else {
            self = Self.decode(range, of: bytes)
        }
    }

    private static func decode(_ range: Range<Int>, of bytes: Span<UInt8>) -> DecodedPath {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var hasSlash = false
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < range.upperBound, let high = bytes[index + 1].hexadecimalValue,
                let low = bytes[index + 2].hexadecimalValue, high << 4 | low != 0
            else { return .malformed }
            // Decoded, it would be taken for a separator, which it is not.
            hasSlash = hasSlash || high << 4 | low == UInt8(ascii: "/")
            decoded.append(high << 4 | low)
            index += 3
        }
        guard !hasSlash, let path = String(validating: decoded, as: UTF8.self) else { return .namesNothing }
        return .path(path)
    }
}
