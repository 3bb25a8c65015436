/// Why a datagram was dropped. Every one that is not passed on is counted under one of these.
public enum DropReason: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// Fewer bytes than the smallest datagram has.
    case tooShort
    /// More than 1,200 bytes.
    case tooLong
    /// Does not begin as Bramble's datagrams do.
    case notBramble
    /// A version of the format that this program does not know.
    case unknownVersion
    /// Sealed with a key that is not among ours.
    case otherCluster
    /// Sealed with a key that this cluster had once.
    case droppedKey
    /// Names one of our keys but was not sealed with it, or was changed on the way.
    case forged
    /// Accepted once before.
    case replayed
    /// So far back that nobody can say whether it was accepted before, or from before its sender was proven.
    case tooOld
    /// From a run of a node that has started again since.
    case retired
    /// Our own, heard back.
    case ownEcho
    /// From a sender that has not answered a challenge from here yet; it was sent one.
    case unproven
    /// Authentic, but not made as the format says.
    case malformed
    /// Authentic, but of a kind of sealing's own that this program does not know.
    case unknownKind
    /// A challenge meant for another session.
    case misdirected
    /// An answer to a challenge that was not sent from here to this sender, or is more than 20 seconds old.
    case badAnswer
    /// A right answer, but another one came first.
    case alreadyProven

    /// A short name in the style of metrics labels, such as `other_cluster`.
    public var name: String {
        rawValue.reduce(into: "") { name, character in
            name += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }

    /// What happened, for people.
    public var description: String {
        switch self {
        case .tooShort: "cut short on the way, or no datagram of ours"
        case .tooLong: "longer than any datagram of ours"
        case .notBramble: "not from a Bramble node"
        case .unknownVersion: "from a version of Bramble that this one does not understand"
        case .otherCluster: "sealed with another cluster's key"
        case .droppedKey: "sealed with a key that this cluster has dropped"
        case .forged: "does not open with the key it names: forged, or damaged on the way"
        case .replayed: "a copy of one that was received before"
        case .tooOld: "older than anything that can be checked for copies"
        case .retired: "from an earlier run of a node that has started again since"
        case .ownEcho: "our own broadcast, heard back"
        case .unproven: "from a sender that has yet to answer our challenge"
        case .malformed: "sealed with our key, but its content is broken"
        case .unknownKind: "sealed with our key, but of a kind that this version does not know"
        case .misdirected: "a challenge that was meant for another node, or for an earlier run of this one"
        case .badAnswer: "a wrong or late answer to our challenge"
        case .alreadyProven: "a second right answer to our challenge"
        }
    }
}
