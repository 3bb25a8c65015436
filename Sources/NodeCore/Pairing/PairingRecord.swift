public import Wire

/// What a node keeps on disk of its pairing.
public struct PairingRecord: Hashable, Sendable {
    /// Who takes others in by itself, and is taken in.
    public enum Standing: String, Hashable, Sendable, CaseIterable {
        /// Nodes are being gathered: whoever is open joins whoever is open.
        case open
        /// The time of gathering is over, and nobody was found. A group may still admit this node.
        case alone
        /// The group is complete. Nobody comes in but by a person's word.
        case closed
    }

    /// The group that the node is in; a group of one at first.
    public var group: UInt64
    /// The cluster key of the group.
    public var key: ClusterKey
    /// How it stands with newcomers.
    public var standing: Standing
    /// Whether the group was complete once while this node was in it: then it leaves it for no open group, and open groups
    /// join it, whatever the numbers.
    public var isEstablished: Bool
    /// Whether it has had company in this group, for a node that gathers: one that restarts waits for that company before it
    /// goes elsewhere.
    public var hasMetOthers = false
    /// Whether the key was the configuration's. One that names none any more has lost a line: the node stays where it was.
    public var isConfigured = false

    /// The record with these values.
    public init(group: UInt64, key: ClusterKey, standing: Standing, isEstablished: Bool = false) {
        self.group = group
        self.key = key
        self.standing = standing
        self.isEstablished = isEstablished
    }

    /// A complete group of this key, which no other node need have paired with.
    public init(complete key: ClusterKey) {
        self.init(group: UInt64(key.hint), key: key, standing: .closed, isEstablished: true)
    }

    /// What a node is that has this key by its configuration.
    public init(configured key: ClusterKey) {
        self.init(complete: key)
        isConfigured = true
    }

    /// A node that has never met another: a group of its own, with a fresh key.
    public init(using random: inout some RandomNumberGenerator) {
        self.init(group: random.next(), key: ClusterKey(using: &random), standing: .open)
    }
}
