internal import Crypto

/// The key that one session's datagrams are sealed with under one cluster key.
///
/// The nonce is the sequence number, which a session never repeats; another run has another boot counter or salt, and so
/// another key. No nonce is ever used twice under one key.
struct SessionKey: Sendable {
    static let tagCount = 16
    private static let nonceCount = 12

    private let key: SymmetricKey

    init(_ clusterKey: ClusterKey, _ session: Session) {
        var info = ByteWriter(capacity: Session.byteCount)
        info.session(session)
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: clusterKey.bytes), salt: ProtocolLabel.datagram, info: info.bytes,
            outputByteCount: 32)
    }

    /// The ciphertext and its tag; nil if the cipher refuses, which it does for no input of a datagram's size.
    func seal(_ plaintext: [UInt8], header: [UInt8], sequence: UInt64) -> [UInt8]? {
        guard let nonce = try? ChaChaPoly.Nonce(data: Self.nonce(sequence)),
            let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce, authenticating: header)
        else { return nil }
        return Array(box.combined.dropFirst(Self.nonceCount))
    }

    /// The plaintext; nil if ciphertext, tag or header are not what was sealed.
    func open(_ sealed: ArraySlice<UInt8>, header: ArraySlice<UInt8>, sequence: UInt64) -> [UInt8]? {
        guard let box = try? ChaChaPoly.SealedBox(combined: Self.nonce(sequence) + sealed),
            let plaintext = try? ChaChaPoly.open(box, using: key, authenticating: header)
        else { return nil }
        return Array(plaintext)
    }

    /// Four zero bytes and the sequence number (RFC 8439 §2.3 leaves the division to the protocol).
    private static func nonce(_ sequence: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: nonceCount)
        writer.integer(0 as UInt32)
        writer.integer(sequence)
        return writer.bytes
    }
}

extension Session {
    /// How many bytes a session takes in a datagram: 32.
    static let byteCount = 32
}

extension ByteWriter {
    mutating func session(_ session: Session) {
        nodeID(session.node)
        integer(session.boot)
        integer(session.salt)
    }
}

extension ByteReader {
    mutating func session() throws(DecodeError) -> Session {
        Session(node: try nodeID(), boot: try integer(), salt: try integer())
    }
}
