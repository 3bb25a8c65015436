public import DHCP
public import Wire

/// How it stands with the address that the cluster asks a DHCP server for, as seen from one node.
public struct LeaseStatus: Sendable {
    /// What is going on.
    public enum Phase: Hashable, Sendable {
        /// The cluster has an address.
        case leased(DHCPLease)
        /// A node asks for one: so many of its questions were not answered, and this was wrong with the last offer.
        case searching(NodeID, unanswered: Int, flaw: DHCPLease.Flaw?)
        /// Nobody asks yet; or this node, which would, cannot, and why.
        case waiting(String?)
    }

    /// What is going on.
    public let phase: Phase
    /// Who the cluster is to the server.
    public let identity: LANIdentity
    /// The address that the cluster had last, if it has none now.
    public let remembered: IPAddress?
    /// Whether this node speaks with the server.
    public let isKeeper: Bool
}

extension Node {
    /// How it stands with the leased address; nil if addresses are configured.
    var leaseStatus: LeaseStatus? {
        guard let leasing else { return nil }
        let phase: LeaseStatus.Phase
        if let lease = leasing.record.liveLease {
            phase = .leased(lease)
        } else if let search = leasing.search {
            phase = .searching(session.node, unanswered: Int(search.unanswered), flaw: search.flaw)
        } else if let searcher = leasing.searcher {
            phase = .searching(
                searcher.node, unanswered: Int(searcher.search.unanswered), flaw: searcher.search.flaw)
        } else {
            phase = .waiting(leasing.link == nil ? leasing.linkProblem : nil)
        }
        return LeaseStatus(
            phase: phase, identity: leasing.record.identity,
            remembered: leasing.record.liveLease == nil ? leasing.record.lease.map { .v4($0.address) } : nil,
            isKeeper: leasing.client != nil)
    }
}
