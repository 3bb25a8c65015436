internal import Crypto

/// What a node is known by to others before they have a key in common: an X25519 public key (RFC 7748 §6.1).
public struct PairingKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How many bytes it has: 32.
    public static let byteCount = 32

    /// The key itself. No secret.
    public let bytes: [UInt8]

    /// The key of these 32 bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// How many characters a fingerprint has: 24.
    public static let fingerprintLength = 24

    /// Twenty hexadecimal digits in groups of four, for people to compare.
    ///
    /// A person's word rests on it. Somebody who has seen it must make 2^80 keys to find another with the same; of
    /// 64 bits, a room full of graphics cards finds one within a year.
    public var fingerprint: String {
        let digits = SHA256.hash(data: bytes).prefix(10).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] + digits[$0 + 1] }.joined(separator: "-")
    }

    /// Its fingerprint.
    public var description: String { fingerprint }

    /// Orders keys as their bytes are ordered.
    public static func < (left: PairingKey, right: PairingKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// The secret behind a `PairingKey`: made at first start, kept on the data partition.
public struct PairingIdentity: Sendable {
    /// The secret key: 32 bytes.
    public let bytes: [UInt8]
    /// What the others know of it.
    public let publicKey: PairingKey
    private let secret: Curve25519.KeyAgreement.PrivateKey

    /// The identity of these 32 secret bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard let secret = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes),
            let publicKey = PairingKey(bytes: Array(secret.publicKey.rawRepresentation))
        else { return nil }
        (self.bytes, self.secret, self.publicKey) = (bytes, secret, publicKey)
    }

    /// What both ends of a conversation derive, and nobody else: a key for what `sender` says to the other one. Nil if the
    /// other key is of the few that agree with every secret (RFC 7748 §6.1: the result is all zeros).
    ///
    /// It holds for two nonces, of which each end has chosen one, so that nothing recorded earlier opens with it.
    func agree(with other: PairingKey, sender: PairingKey, nonces: [UInt8]) -> PairingSeal? {
        guard let theirs = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: other.bytes),
            let shared = try? secret.sharedSecretFromKeyAgreement(with: theirs),
            shared.withUnsafeBytes({ $0.reduce(0, |) }) != 0
        else { return nil }
        let receiver = sender == publicKey ? other : publicKey
        return PairingSeal(
            shared.hkdfDerivedSymmetricKey(
                using: SHA256.self, salt: nonces, sharedInfo: PairingSeal.label + sender.bytes + receiver.bytes,
                outputByteCount: 32))
    }
}

/// A key that seals one message of one conversation.
struct PairingSeal: Sendable {
    static let label = Array("bramble pairing v1".utf8)
    static let tagCount = 16

    private let key: SymmetricKey

    fileprivate init(_ key: SymmetricKey) { self.key = key }

    /// The ciphertext and its tag. One key seals one plaintext only: the nonce is zero.
    func seal(_ plaintext: [UInt8], header: [UInt8]) -> [UInt8]? {
        guard let nonce = try? ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12)),
            let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce, authenticating: header)
        else { return nil }
        return Array(box.combined.dropFirst(12))
    }

    /// The plaintext; nil if anything is not as it was sealed.
    func open(_ sealed: [UInt8], header: [UInt8]) -> [UInt8]? {
        guard let box = try? ChaChaPoly.SealedBox(combined: [UInt8](repeating: 0, count: 12) + sealed),
            let plaintext = try? ChaChaPoly.open(box, using: key, authenticating: header)
        else { return nil }
        return Array(plaintext)
    }
}
