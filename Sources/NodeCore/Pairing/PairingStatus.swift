public import Wire

/// How it stands with nodes that have no key in common with this one.
public struct PairingStatus: Hashable, Sendable {
    /// Who takes others in by itself.
    public let standing: PairingRecord.Standing
    /// When the group takes nobody in by itself any more; nil unless it is open.
    public let closesAt: Instant?
    /// How many nodes of the group have been found, this one included: see `Pairing.found`.
    public let found: Int
    /// What this node is known by where it asks to be let in.
    public let publicKey: PairingKey
    /// Those that ask to be let in.
    public let asking: [Pairing.Other]

    /// What people compare. Derived when it is asked for: snapshots are made many times a second.
    public var fingerprint: String { publicKey.fingerprint }
}

/// Why nobody is let in, or nothing is opened.
public enum PairingRefusal: Error, Hashable, Sendable {
    /// The configuration says `pairing = false`.
    case off
    /// No node that asks has this fingerprint.
    case unknown(String)
    /// The node with this fingerprint is this one, or of its own group.
    case isHere
    /// The key stands in the configuration: where the node belongs is decided there.
    case keyIsConfigured
    /// There are so many keys already that those of another cluster may find no room beside them.
    case tooManyKeys(Int)
    /// The node is stopping.
    case stopping
}
