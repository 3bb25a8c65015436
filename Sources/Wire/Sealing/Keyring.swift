/// The cluster keys that a node holds: the newest seals, each of them opens.
///
/// To rotate keys while the cluster runs: give every node the new key as a second one, then make it the newest
/// everywhere, then take the old one away.
public struct Keyring: Hashable, Sendable {
    /// The keys, newest first, each once; never empty.
    public let keys: [ClusterKey]

    /// The key that seals.
    public let newest: ClusterKey

    /// A keyring of these keys; a repeated one counts once. Throws `KeyError.noKeys` for an empty list.
    public init(newestFirst keys: [ClusterKey]) throws(KeyError) {
        guard let newest = keys.first else { throw .noKeys }
        self.newest = newest
        self.keys = keys.reduce(into: []) { kept, key in
            if !kept.contains(key) { kept.append(key) }
        }
    }

    /// A keyring of one key.
    public init(_ key: ClusterKey) {
        newest = key
        keys = [key]
    }
}
