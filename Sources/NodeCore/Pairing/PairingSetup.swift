public import Wire

/// What a node is given at its start so that it can pair.
public struct PairingSetup: Sendable {
    /// Its X25519 key, made at first start and kept.
    public var identity: PairingIdentity
    /// What an earlier run stored; for a node whose configuration names a key, a closed group of that key.
    public var record: PairingRecord
    /// Whether the key stands in the configuration. Then the node joins no other group: a person has said where it belongs.
    public var isKeyConfigured: Bool
    /// The times.
    public var configuration = Pairing.Configuration()
    /// Makes a fresh nonce: from the system's random source outside of simulations.
    public var nonces: @Sendable () -> PairingNonce

    /// What a node without a key in its configuration starts with.
    public init(identity: PairingIdentity, record: PairingRecord, nonces: @escaping @Sendable () -> PairingNonce) {
        self.identity = identity
        self.record = record
        self.nonces = nonces
        isKeyConfigured = false
    }

    /// What one with this key in its configuration starts with.
    public init(identity: PairingIdentity, key: ClusterKey, nonces: @escaping @Sendable () -> PairingNonce) {
        self.identity = identity
        self.nonces = nonces
        record = PairingRecord(configured: key)
        isKeyConfigured = true
    }
}
