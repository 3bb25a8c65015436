internal import NodeCore
public import Wire

/// What `bramble key` says.
public enum KeyAdvice {
    /// A key that was just made.
    public struct NewKey: Sendable {
        private let key: ClusterKey

        /// Makes one from the system's random source.
        public init() { self.init(.generate()) }

        init(_ key: ClusterKey) { self.key = key }

        /// The key as people copy it. A secret.
        public var text: String { key.text }

        /// What may be shown.
        public var fingerprint: String { key.fingerprint }

        /// The lines for bramble.toml. A secret.
        public var lines: String { "[cluster]\nkey = \"\(key.text)\"\n" }

        /// Puts the key into the file at `path`: see `KeyInsertion`.
        public func write(toFileAt path: String) throws(KeyInsertion.Refusal) {
            try KeyInsertion.insert(key, intoFileAt: path)
        }
    }

    /// The key that a card is to be given to join this node's cluster: the newest that the node has. A secret.
    public struct CurrentKey: Sendable {
        private let key: ClusterKey
        /// Whether the configuration file names this key, and names it first.
        public let isInFile: Bool

        /// The key in force on the node of this configuration; nil without one. Throws if the node's own files cannot be
        /// read.
        public init?(of configuration: Configuration) throws {
            guard let ring = try KeyAdvice.ring(of: configuration) else { return nil }
            key = ring.newest.key
            isInFile = key == configuration.cluster.keyring?.newest
        }

        /// The key as people copy it. A secret.
        public var text: String { key.text }

        /// What may be shown.
        public var fingerprint: String { key.fingerprint }

        /// The lines for bramble.toml. A secret.
        public var lines: String { "[cluster]\nkey = \"\(key.text)\"\n" }
    }

    /// The fingerprints of the keys that the node of this configuration has, newest first; empty without a key. Throws if
    /// the node's own files cannot be read.
    public static func fingerprints(of configuration: Configuration) throws -> [String] {
        try ring(of: configuration)?.entries.map(\.key.fingerprint) ?? []
    }

    /// What was read; where the user may not, the error says so.
    private static func ring(of configuration: Configuration) throws -> KeyRing? {
        guard configuration.cluster.keyring != nil || configuration.cluster.pairing else { return nil }
        do throws(NodeFilesError) {
            return try NodeFiles(directory: configuration.node.data).keys(besides: configuration.cluster.keyring)
        } catch {
            if let forbidden = ForbiddenFile(error) { throw forbidden }
            throw error
        }
    }

    /// The fingerprint of a key's text.
    public static func fingerprint(ofKey text: String) throws(KeyError) -> String { try ClusterKey(text).fingerprint }
}
