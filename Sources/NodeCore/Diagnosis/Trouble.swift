public import Membership
public import Wire

/// What a knock at another machine came to: an attempt to connect to the TCP port with the number of the gossip port.
public enum Knock: String, Hashable, Sendable, CaseIterable {
    /// Somebody listens there, as a running daemon does.
    case accepted
    /// The machine runs, and nobody listens there.
    case refused
    /// Nobody has that address, as far as this machine can reach.
    case unreachable
    /// Nothing was heard.
    case silent
}

/// Something that is wrong between this node and others, told apart as far as that can be seen from here.
///
/// Values are equal when they are the same trouble; how often it showed, and from where, is not part of it: anyone can
/// send from a thousand addresses.
public enum Trouble: Hashable, Sendable {
    /// Why datagrams of somebody can't be read.
    public enum Unreadable: Hashable, Sendable, CaseIterable {
        /// Sealed with a key that this node does not have.
        case otherKey
        /// Sealed with a key that this cluster has dropped.
        case droppedKey
        /// Names a key of this node and does not open with it.
        case forged
        /// Of a version that this node does not understand.
        case otherVersion
    }

    /// None of the others is heard, nor anybody else on this network: the fault is most likely here.
    case isolated
    /// Another run has proven that it has this node's ID: a card was copied, or an old copy was put back.
    case duplicate
    /// A member is dead; what a knock at its machine came to, if there was one.
    case dead(NodeID, Knock?)
    /// A member's machine is reached by TCP, and its datagrams do not arrive: something between the two blocks UDP, or its
    /// daemon hangs, in whose place the kernel answers.
    case blocked(NodeID)
    /// The way to or from a member that lives is not well.
    case way(NodeID, WayFault)
    /// A node with this cluster's key is heard, and never answers: what is sent from here does not arrive.
    case unanswered
    /// One of this cluster's nodes seals with a key that this node does not have, or, if that is so, with one that the
    /// cluster has dropped: a change of keys has parted the two.
    case parted(NodeID, isDropped: Bool)
    /// A node with this cluster's key speaks a version of the protocol that this one does not; whether a later one.
    case version(NodeID, isNewer: Bool)
    /// Somebody sends what can't be read.
    case unreadable(Unreadable)

    /// A short name in the style of metrics labels.
    public var name: String {
        switch self {
        case .isolated: "isolated"
        case .duplicate: "duplicate_identity"
        case .dead: "member_dead"
        case .blocked: "udp_blocked"
        case .way(_, .narrow): "mtu"
        case .way, .unanswered: "one_way"
        case .parted: "key_changed"
        case .unreadable(.otherKey): "other_key"
        case .unreadable(.droppedKey): "dropped_key"
        case .unreadable(.forged): "forged"
        case .version, .unreadable(.otherVersion): "other_version"
        }
    }

    /// Whether a member that lives is heard and does not hear, or the other way round.
    var isOneWay: Bool {
        switch self {
        case .way(_, .unheard), .way(_, .unhearing): true
        default: false
        }
    }

    /// Whether a node with this cluster's key is of another version.
    var isOfOtherVersion: Bool { if case .version = self { true } else { false } }

    /// Whether somebody is heard, and what is missing is a key.
    var isOfOtherKey: Bool {
        switch self {
        case .unreadable(.otherKey), .unreadable(.forged), .parted(_, isDropped: false): true
        default: false
        }
    }

    /// The trouble itself, without what a knock told of it.
    var subject: Trouble { if case .dead(let node, _) = self { .dead(node, nil) } else { self } }

    /// The member that it is about, if it is about one.
    public var node: NodeID? {
        switch self {
        case .dead(let node, _), .blocked(let node), .way(let node, _), .parted(let node, _), .version(let node, _):
            node
        case .isolated, .duplicate, .unanswered, .unreadable: nil
        }
    }
}

extension Trouble {
    /// How loud it is. Another cluster on the same network is no fault.
    var level: Event.Level {
        switch self {
        case .unreadable(.otherKey): .info
        default: .warning
        }
    }

    /// What has happened and what to do, for people. `name` names the member that it is about.
    public func text(naming name: String = "", by evidence: Evidence = Evidence()) -> String {
        switch self {
        case .isolated:
            "this node hears none of the others, nor the network's gateway: its own cable, switch port or Wi-Fi is the "
                + "likely cause. It goes on serving whoever reaches it"
        case .duplicate:
            "another node\(evidence.origin) runs under this node's identity: its card is a copy, or an old copy was put back. "
                + "The one whose card has started less often takes a new identity by itself; nothing is to be done, and "
                + "nothing is lost"
        case .dead(_, .refused):
            "member \(name) is dead, but its machine answers: bramble does not run there. Look at its log "
                + "(journalctl -u bramble)"
        case .dead(_, .unreachable): "member \(name) is dead: its machine is off, unplugged, or on another network"
        case .dead(_, .accepted):
            "member \(name) is dead for this node: bramble runs there, but nothing is heard from it that can be read"
        case .dead: "member \(name) is dead: nothing is heard from it"
        case .blocked:
            "member \(name) is reached by TCP, but its datagrams do not arrive: something between the two blocks UDP, or "
                + "bramble hangs there. Open the UDP port of [cluster] port in firewalls and between Wi-Fi clients"
        case .way(_, .unheard):
            "member \(name) is heard here, but does not hear this node: what is sent there does not arrive. Check the "
                + "firewall there, and the switches between"
        case .way(_, .unhearing):
            "member \(name) lives, as others tell, but is not heard here: what it sends does not arrive. Check the firewall "
                + "here, and the switches between"
        case .way(_, .narrow):
            "small datagrams reach \(name), large ones do not: some link on the way carries less than it says. Set "
                + "the MTU of the interfaces on both sides to what the way between them carries"
        case .unanswered:
            "a node with this cluster's key is heard\(evidence.origin), but never answers: what is sent there does not "
                + "arrive. Check the firewall there, and the switches between"
        case .version(_, let isNewer):
            "\(name) speaks \(isNewer ? "a later" : "an earlier") version of the protocol, which this node does not "
                + "understand. Update bramble \(isNewer ? "on this node" : "there")"
        case .unreadable(.otherKey):
            "\(evidence.datagrams) sealed with a key that this node does not have: another cluster, "
                + "or a node that was given another key. `bramble key fingerprint` on both tells which"
        case .parted(_, isDropped: true):
            "member \(name)\(evidence.origin) seals with a key that this cluster has dropped: it was away while the key was "
                + "changed. To let it in, run `sudo bramble key show` here, put the line into [cluster] of bramble.toml "
                + "there, and restart bramble there"
        case .parted(_, isDropped: false):
            "member \(name)\(evidence.origin) seals with a key that this node does not have. If the cluster's key was changed "
                + "while this node was away, run `sudo bramble key show` there, put the line into [cluster] of bramble.toml "
                + "here, and restart bramble here. If that one was moved to another cluster, nothing is to be done"
        case .unreadable(.droppedKey):
            "\(evidence.datagrams) sealed with a key that this cluster has dropped. If it is a node of this cluster, run "
                + "`sudo bramble key show` here, put the line into [cluster] of bramble.toml there, and restart bramble there"
        case .unreadable(.forged):
            "\(evidence.datagrams) sealed under the name of this cluster's key and do not open with it: forged, or damaged on "
                + "the way. They change nothing"
        case .unreadable(.otherVersion):
            "\(evidence.datagrams) of a version of Bramble that this one does not understand, most likely a "
                + "later one. Put the same version on all nodes"
        }
    }
}

extension Trouble {
    /// Of what a trouble was concluded.
    public struct Evidence: Hashable, Sendable {
        /// How many addresses are told.
        static let mostSources = 4

        /// How many datagrams; 0 where it was not concluded from datagrams.
        public var count: UInt64 = 0
        /// Where they came from: at most four addresses, the one with most first. Nothing proves them.
        public var sources: [IPAddress] = []

        /// None.
        public init(count: UInt64 = 0, sources: [IPAddress] = []) {
            self.count = count
            self.sources = sources
        }

        mutating func add(_ count: UInt64, from source: IPAddress) {
            self.count &+= count
            if sources.count < Self.mostSources, !sources.contains(source) { sources.append(source) }
        }

        fileprivate var origin: String {
            sources.isEmpty ? "" : " from " + sources.map(\.description).joined(separator: ", ")
        }

        fileprivate var datagrams: String {
            (count == 1 ? "1 datagram" : count == 0 ? "datagrams" : "\(count) datagrams") + "\(origin) "
                + (count == 1 ? "was" : "were")
        }
    }
}
