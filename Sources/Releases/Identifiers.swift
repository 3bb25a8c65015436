internal import Crypto

/// The name of a file's content: the SHA-256 of its bytes.
public struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let digest: Digest256

    init(_ digest: Digest256) { self.digest = digest }

    /// The name of this content.
    public init(hashing content: [UInt8]) { digest = Digest256(hashing: content) }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let digest = Digest256(hexadecimal: text.utf8) else { return nil }
        self.digest = digest
    }

    /// Reads 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard let digest = Digest256(bytes: bytes) else { return nil }
        self.digest = digest
    }

    /// The 32 bytes of the hash.
    public var bytes: [UInt8] { digest.bytes }

    /// 64 lower-case hexadecimal digits.
    public var description: String { digest.description }

    /// The order of the bytes of the hashes.
    public static func < (left: ObjectID, right: ObjectID) -> Bool { left.digest < right.digest }
}

/// The name of a release: the SHA-256 of its encoded manifest.
public struct ReleaseID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let digest: Digest256

    init(_ digest: Digest256) { self.digest = digest }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let digest = Digest256(hexadecimal: text.utf8) else { return nil }
        self.digest = digest
    }

    /// Reads 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard let digest = Digest256(bytes: bytes) else { return nil }
        self.digest = digest
    }

    /// The 32 bytes of the hash.
    public var bytes: [UInt8] { digest.bytes }

    /// The first eight bytes as a big-endian number: what gossip carries. It stands for "none" when it is 0.
    public var prefix: UInt64 { digest.words.0 }

    /// The first eight digits: enough for a person to tell releases apart.
    public var short: String { String(description.prefix(8)) }

    /// 64 lower-case hexadecimal digits.
    public var description: String { digest.description }

    /// The order of the bytes of the hashes.
    public static func < (left: ReleaseID, right: ReleaseID) -> Bool { left.digest < right.digest }
}

/// A SHA-256 value, held without an allocation.
struct Digest256: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 32 bytes as four big-endian numbers.
    let words: (UInt64, UInt64, UInt64, UInt64)

    init(hashing content: [UInt8]) {
        var hash = StreamingHash()
        content.withUnsafeBytes { hash.update($0) }
        self = hash.finish()
    }

    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = (words[0], words[1], words[2], words[3])
    }

    init?(hexadecimal digits: some Collection<UInt8>) {
        guard digits.count == 64 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, digit) in digits.enumerated() {
            guard let value = hexadecimalValue(digit) else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The 64 digits as ASCII.
    var hexadecimal: [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        for byte in bytes {
            digits.append(hexadecimalDigit(byte >> 4))
            digits.append(hexadecimalDigit(byte & 0xF))
        }
        return digits
    }

    var description: String { String(decoding: hexadecimal, as: UTF8.self) }

    static func == (left: Digest256, right: Digest256) -> Bool { left.words == right.words }

    static func < (left: Digest256, right: Digest256) -> Bool { left.words < right.words }

    // One word of a cryptographic hash spreads as well as all four.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// SHA-256 of bytes that arrive in pieces.
struct StreamingHash {
    private var sha = SHA256()

    mutating func update(_ piece: UnsafeRawBufferPointer) { sha.update(bufferPointer: piece) }

    consuming func finish() -> Digest256 {
        sha.finalize().withUnsafeBytes { raw in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return Digest256(words: (word(0), word(1), word(2), word(3)))
        }
    }
}

extension Digest256 {
    fileprivate init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }
}

/// The value of a lower-case hexadecimal digit. Upper case is refused: each hash has one spelling.
func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}

/// The lower-case hexadecimal digit of a value below 16.
func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
