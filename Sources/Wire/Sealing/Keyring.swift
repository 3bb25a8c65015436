/// The cluster keys that a node holds: the newest seals unless another is asked for, each of them opens.
///
/// To rotate keys while the cluster runs: give every node the new key as a second one, then make it the newest
/// everywhere, then take the old one away.
public struct Keyring: Hashable, Sendable {
    /// The keys, newest first, each once; never empty.
    public let keys: [ClusterKey]

    /// The key that seals.
    public let newest: ClusterKey

    /// The hints of keys that this cluster had once: what they sealed is told from another cluster's.
    public let dropped: [UInt32]

    /// A keyring of these keys; a repeated one counts once. Throws `KeyError.noKeys` for an empty list.
    public init(newestFirst keys: [ClusterKey], dropped: [UInt32] = []) throws(KeyError) {
        guard let newest = keys.first else { throw .noKeys }
        self.init(newest, older: keys.dropFirst(), dropped: dropped)
    }

    /// A keyring of one key.
    public init(_ key: ClusterKey) { self.init(key, older: [], dropped: []) }

    /// A keyring of a key and older ones; a repeated one counts once.
    public init(_ newest: ClusterKey, older: some Sequence<ClusterKey>, dropped: [UInt32]) {
        self.newest = newest
        self.dropped = dropped
        keys = older.reduce(into: [newest]) { kept, key in
            if !kept.contains(key) { kept.append(key) }
        }
    }
}
