/// Something about the cluster's keys that people are told. Keys are named by their fingerprints.
public enum KeyEvent: Equatable, Sendable {
    /// A person began a rotation on this node.
    case began(String)
    /// This node has newer keys, its own or a member's, on its disk; the newest is this one.
    case received(String)
    /// All members that are present have the newest key, and this node seals with it.
    case sealing(String)
    /// These keys open nothing any more.
    case dropped([String])
    /// Newer keys could not be written to the disk, so this node does not count as having them.
    case notStored

    /// How loud it is.
    public var level: Event.Level {
        switch self {
        case .began, .received, .sealing, .dropped: .notice
        case .notStored: .warning
        }
    }

    /// The line that a person reads.
    public var text: String {
        switch self {
        case .began(let key): "a new cluster key, \(key), goes to all nodes; the old one is in use until they have it"
        case .received(let key): "this node has the new cluster key \(key) on its disk"
        case .sealing(let key): "every node that is up has the cluster key \(key), and this node seals with it"
        case .dropped(let keys): "dropped, and opening nothing any more: cluster key \(keys.joined(separator: ", "))"
        case .notStored:
            "a new cluster key could not be written to the disk, so this node does not take it. The cluster goes on with "
                + "the old one. Make room under [node] data; the others hand the key over again by themselves"
        }
    }
}
