public import Wire

/// The VRRP states (RFC 9568 §6.3). "Leader", for people, is the node that is `active`.
public enum RouterState: String, Hashable, Sendable {
    /// Takes no part.
    case initialize
    /// Watches whether the Active node lives.
    case backup
    /// Holds the addresses.
    case active
}

/// Why a virtual router went from one state to another.
public enum TransitionReason: Hashable, Sendable, CustomStringConvertible {
    /// It was started.
    case started
    /// It was started because a person has put its node back into service.
    case resumed
    /// It was started with priority 255: the addresses are its own.
    case ownsAddresses
    /// No advertisement came for the time that a Backup waits, nor a sign of life where one was asked for.
    case activeSilent
    /// The same, although the Active node's machine gave signs of life.
    case activeHung
    /// The Active node said that it stops, and no one with a shorter skew was there.
    case activeResigned
    /// The Active node's process has ended.
    case activeEnded
    /// The Active node handed over to this one.
    case tookOver
    /// It handed over to another.
    case handedOver
    /// An advertisement with a higher priority was heard while Active.
    case higherPriority(UInt8)
    /// An advertisement with the same priority and a higher tie-breaker was heard while Active.
    case higherTieBreaker
    /// It was Active and did nothing for this long, so that its peers must have taken it for dead.
    case overslept(Duration)
    /// The node is stopping.
    case stopping
    /// The node is being drained.
    case draining
    /// The node can't serve the site.
    case cannotServe
    /// The node's link is down.
    case linkDown
    /// A stranger has the address.
    case addressConflict
    /// Another running node has this node's identity, which is given up.
    case duplicateIdentity
    /// The DHCP server's lease of the address ended.
    case leaseEnded

    /// The reason in words for people.
    public var description: String {
        switch self {
        case .started: "started"
        case .resumed: "a person has put this node back into service"
        case .ownsAddresses: "the addresses are this node's own"
        case .activeSilent: "nothing was heard from the leader"
        case .activeHung: "nothing was heard from the leader, whose machine still answers"
        case .activeResigned: "the leader resigned"
        case .activeEnded: "the leader's process has ended"
        case .tookOver: "the leader handed over to this node"
        case .handedOver: "this node handed over to another"
        case .higherPriority(let priority): "another leader has priority \(priority), which is higher"
        case .higherTieBreaker: "another leader has the same priority and a higher identity"
        case .overslept(let duration):
            "this node did nothing for \(duration.wholeNanoseconds / 1_000_000) ms, so another may lead by now"
        case .stopping: "this node is stopping"
        case .draining: "this node is being drained"
        case .cannotServe: "this node can't serve the site"
        case .linkDown: "this node's link is down"
        case .addressConflict: "a stranger on this network has the address"
        case .duplicateIdentity: "this node gives up its identity, which another has too"
        case .leaseEnded: "the DHCP server's lease of the address has ended"
        }
    }
}

/// Why an advertisement changed nothing.
public enum IgnoreReason: Hashable, Sendable, CustomStringConvertible {
    /// This virtual router is not running.
    case notRunning
    /// It speaks of another virtual router.
    case otherRouter(UInt8)
    /// It speaks of the virtual router with the same number, but of the other IP version.
    case otherFamily
    /// It bears our own tie-breaker: an echo of our own, or a second machine with our identity.
    case ownEcho
    /// The addresses are our own (priority 255), so no one else can be right (RFC 9568 §7.1).
    case addressOwner
    /// It is the node that handed over to this one, and has not let go yet.
    case predecessor
    /// It resigns, but another is Active: one that woke up and found itself replaced.
    case notActive
    /// Its priority is lower than ours, and preemption is asked for: we let it run out.
    case lowerPriority

    /// The reason in a few words.
    public var description: String {
        switch self {
        case .notRunning: "not running"
        case .otherRouter(let id): "virtual router \(id) is not ours"
        case .otherFamily: "another IP version than ours"
        case .ownEcho: "our own identity"
        case .addressOwner: "the addresses are our own"
        case .predecessor: "of the node that just handed over"
        case .notActive: "of a node that resigns, but was not Active"
        case .lowerPriority: "lower priority than ours, and we preempt"
        }
    }
}

/// What an advertisement says otherwise than our configuration. It is acted upon all the same: discarding it would
/// make two nodes Active.
public enum Disagreement: Hashable, Sendable, CustomStringConvertible {
    /// The Active node advertises at this interval, in centiseconds. We wait by its interval, not by ours.
    case interval(UInt16)
    /// The Active node holds these addresses.
    case addresses([IPAddress])

    /// The disagreement in words for people.
    public var description: String {
        switch self {
        case .interval(let centiseconds): "the leader advertises every \(Int(centiseconds) * 10) ms, unlike this node"
        case .addresses(let list):
            "the leader holds \(list.map(\.description).joined(separator: ", ")), which is not this node's list"
        }
    }
}
