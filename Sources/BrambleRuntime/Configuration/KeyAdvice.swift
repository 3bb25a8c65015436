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

    /// The fingerprints of a configuration's keys, newest first; empty without a key.
    public static func fingerprints(of configuration: Configuration) -> [String] {
        configuration.cluster.keyring?.keys.map(\.fingerprint) ?? []
    }

    /// The fingerprint of a key's text.
    public static func fingerprint(ofKey text: String) throws(KeyError) -> String { try ClusterKey(text).fingerprint }

    /// How to change to a new key while the cluster runs; nil if there is no key yet. Contains secrets.
    ///
    /// Each step goes to all nodes before the next begins: at no time does a node seal with a key that another one
    /// cannot open.
    public static func rotation(of configuration: Configuration) -> String? {
        guard let keyring = configuration.cluster.keyring else { return nil }
        return rotation(of: keyring, to: .generate())
    }

    static func rotation(of keyring: Keyring, to new: ClusterKey) -> String {
        let older = keyring.keys.dropFirst().map(\.text)
        let current = keyring.newest.text
        return """
            A new key, \(new.fingerprint), in place of \(keyring.newest.fingerprint).
            The cluster goes on meanwhile, if each step is done on every node before the next begins:
            edit bramble.toml, then `sudo systemctl reload bramble`.

            1. Every node learns the new key. Under [cluster], in place of key or keys:

            \(line([current, new.text] + older))

            2. Every node seals with the new key: it stands first now.

            \(line([new.text, current]))

            3. The old key is forgotten.

            key = "\(new.text)"

            """
    }

    private static func line(_ keys: [String]) -> String {
        "keys = [\n" + keys.map { "    \"\($0)\",\n" }.joined() + "]"
    }
}
