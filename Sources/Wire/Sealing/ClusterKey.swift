internal import Crypto

/// The 32 random bytes that make nodes one cluster. Who holds them is trusted; who does not is a stranger.
///
/// Its descriptions show the fingerprint, never the key, so that no log line gives it away.
public struct ClusterKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// How many bytes a key has: 32.
    public static let byteCount = 32

    /// The key itself. A secret.
    public let bytes: [UInt8]

    /// Four bytes that tell keys apart and give nothing of them away; each datagram carries those of its key, in clear.
    public let hint: UInt32

    /// The key made of these 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(checked: bytes)
    }

    /// A fresh key from a source of randomness; outside of tests use `generate()`.
    public init(using random: inout some RandomNumberGenerator) {
        var writer = ByteWriter(capacity: Self.byteCount)
        for _ in 0..<4 { writer.integer(random.next() as UInt64) }
        self.init(checked: writer.bytes)
    }

    /// A fresh key from the system's random source.
    public static func generate() -> ClusterKey {
        var system = SystemRandomNumberGenerator()
        return ClusterKey(using: &system)
    }

    init(checked bytes: [UInt8]) {
        self.bytes = bytes
        hint = Self.derive(bytes, "hint", count: 4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Sixteen hexadecimal digits in groups of four, derived one way from the key: safe to show and to compare.
    public var fingerprint: String {
        let digits = Self.derive(bytes, "fingerprint", count: 8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] + digits[$0 + 1] }.joined(separator: "-")
    }

    /// Names the fingerprint, never the key.
    public var description: String { "cluster key \(fingerprint)" }

    /// Names the fingerprint, never the key.
    public var debugDescription: String { description }

    /// Shows the fingerprint, never the key.
    public var customMirror: Mirror { Mirror(self, children: ["fingerprint": fingerprint]) }

    /// The hint comes from the key, so equal keys have equal hints; a key is looked up for every datagram.
    public func hash(into hasher: inout Hasher) { hasher.combine(hint) }

    static func derive(_ bytes: [UInt8], _ purpose: String, count: Int) -> [UInt8] {
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: bytes), salt: ProtocolLabel.clusterKey, info: Array(purpose.utf8),
            outputByteCount: count)
        return derived.withUnsafeBytes { Array($0) }
    }
}

/// What keeps keys derived for different purposes apart (RFC 5869 §3.1 and §3.2).
enum ProtocolLabel {
    static let clusterKey = Array("bramble cluster key v1".utf8)
    static let datagram = Array("bramble datagram v1".utf8)
    static let checksum = Array("bramble key checksum v1".utf8)
}
