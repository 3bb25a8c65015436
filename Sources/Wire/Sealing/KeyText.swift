internal import Crypto

/// The text form of a key: `bramble-key-` and 56 characters of base32 (RFC 4648 §6, lower case, unpadded): the key's
/// 32 bytes and 3 bytes of checksum, so that a mistyped or cut key is told from a wrong one.
extension ClusterKey {
    static let textPrefix = "bramble-key-"
    private static let checksumCount = 3
    private static let digitCount = (byteCount + checksumCount) * 8 / 5
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The key as people copy it from card to card. A secret.
    public var text: String {
        Self.textPrefix + String(decoding: Self.encode(bytes + Self.checksum(of: bytes)), as: UTF8.self)
    }

    /// Reads `text`'s form, or 64 hexadecimal digits; capital letters and blanks around the key are accepted.
    public init(_ text: String) throws(KeyError) {
        let scalars = Self.trimmed(text)
        if let bytes = Self.hexadecimal(scalars) {
            self.init(checked: bytes)
            return
        }
        let prefix = Array(Self.textPrefix.unicodeScalars)
        guard scalars.count >= prefix.count, scalars[..<prefix.count].map(Self.lowercased) == prefix else {
            throw .missingPrefix
        }
        let decoded = try Self.decode(scalars[prefix.count...])
        let bytes = Array(decoded.prefix(Self.byteCount))
        guard Array(decoded.dropFirst(Self.byteCount)) == Self.checksum(of: bytes) else { throw .checksumMismatch }
        self.init(checked: bytes)
    }

    private static func checksum(of bytes: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: ProtocolLabel.checksum + bytes).prefix(checksumCount))
    }

    private static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var pending = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | Int(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(digits[pending >> bits & 0x1F])
            }
            pending &= 0x1F
        }
        return text
    }

    private static func decode(_ scalars: ArraySlice<UnicodeScalar>) throws(KeyError) -> [UInt8] {
        var bytes: [UInt8] = []
        var pending = 0
        var bits = 0
        for (index, scalar) in zip(scalars.indices, scalars) {
            guard let value = digits.firstIndex(where: { UnicodeScalar($0) == lowercased(scalar) }) else {
                throw .badCharacter(Character(scalar), position: index + 1)
            }
            pending = pending << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
            pending &= 0xFF
        }
        guard scalars.count == digitCount else { throw .wrongLength(found: scalars.count, expected: digitCount) }
        return bytes
    }

    private static func hexadecimal(_ scalars: [UnicodeScalar]) -> [UInt8]? {
        let values = scalars.compactMap { $0.isASCII ? Character($0).hexDigitValue : nil }
        guard values.count == byteCount * 2, values.count == scalars.count else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }

    private static func trimmed(_ text: String) -> [UnicodeScalar] {
        let start = text.unicodeScalars.drop { $0.properties.isWhitespace }
        return Array(start.reversed().drop { $0.properties.isWhitespace }.reversed())
    }

    private static func lowercased(_ scalar: UnicodeScalar) -> UnicodeScalar {
        ("A"..."Z").contains(scalar) ? UnicodeScalar(UInt8(scalar.value) + 32) : scalar
    }
}
