public import DHCP
public import Wire

/// Something about the cluster's lease that people are told.
public enum LeaseEvent: Equatable, Sendable {
    /// A server gave the cluster an address, which this node or another one asked for.
    case obtained(DHCPLease)
    /// The address is the cluster's no more.
    case lost(IPAddress, why: String)
    /// This node asks for an address, and nobody has answered yet.
    case unanswered
    /// An offer came that cannot be taken.
    case unusable(DHCPLease.Flaw)
    /// The server does not give the cluster the address that it had before, in these words if it gave any.
    case refused(IPAddress, words: String)

    /// How loud it is.
    public var level: Event.Level {
        switch self {
        case .obtained, .refused: .notice
        case .lost, .unanswered, .unusable: .warning
        }
    }

    /// The line that a person reads.
    public var text: String {
        switch self {
        case .obtained(let lease):
            let time = lease.isEndless ? "for ever" : "for \(lease.duration.components.seconds) s"
            return "\(IPAddress.v4(lease.address)) is the cluster's address, from the DHCP server "
                + "\(IPAddress.v4(lease.server)) \(time)"
        case .lost(let address, let why): return "\(address) is the cluster's address no more: \(why). Asking anew"
        case .unanswered:
            return "no DHCP server answers, so the cluster has no address from one yet. \(LeaseAdvice.meanwhile) "
                + "This node goes on asking. \(LeaseAdvice.server); \(LeaseAdvice.remedy)"
        case .refused(let address, let words):
            return "the DHCP server refuses \(address), which the cluster had before"
                + "\(words.isEmpty ? "" : " (\(words))"). Asking for another"
        case .unusable(let flaw): return "\(flaw). \(LeaseAdvice.meanwhile) Correct the server; \(LeaseAdvice.remedy)"
        }
    }
}

/// What is said wherever there is no address: what is unaffected, and what to do.
public enum LeaseAdvice {
    /// What is unaffected.
    public static let meanwhile = "Each node serves the site at its own address all the same."
    /// What to look at.
    public static let server = "See whether the DHCP server of your network is on (most often the router is one)"
    /// What to do instead, the end of a sentence.
    public static let remedy = "or name a free address of your network in [floating] addresses, on every node."
}
