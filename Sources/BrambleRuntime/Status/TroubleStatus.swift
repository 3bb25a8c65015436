internal import NodeCore
internal import Wire

/// Something that is wrong between a node and others.
public struct TroubleStatus: Codable, Hashable, Sendable {
    /// `isolated`, `duplicate_identity`, `member_dead`, `udp_blocked`, `one_way`, `mtu`, `key_changed`, `other_key`,
    /// `dropped_key`, `forged` or `other_version`.
    public var kind: String
    /// The ID of the member that it is about, if it is about one.
    public var memberID: String?
    /// The name of that member.
    public var memberName: String?
    /// What happened, and what to do.
    public var text: String
    /// For how long it has been so, in seconds.
    public var sinceSeconds: UInt64

    init(_ report: NodeSnapshot.TroubleReport, _ names: [NodeID: String], at now: Instant) {
        kind = report.trouble.name
        memberID = report.trouble.node.map { "\($0)" }
        memberName = report.trouble.node.flatMap { names[$0] }
        text = report.text
        sinceSeconds = report.since.elapsed(to: now)
    }

    enum CodingKeys: String, CodingKey {
        case kind, text
        case memberID = "member_id"
        case memberName = "member_name"
        case sinceSeconds = "since_seconds"
    }
}
