/// How far a change of the cluster's key has come, as one node's report shows it.
public struct KeyProgress: Codable, Hashable, Sendable {
    /// The fingerprint of the key that is to be used by all.
    public var key: String
    /// That of the newest key: another, if another person began a rotation in the same moment, and that one's won.
    public var newest: String
    /// How many nodes are up.
    public var nodes: Int
    /// The nodes that are up and lack the key, or still open a key that is being dropped.
    public var awaited: [String]
    /// The nodes that are away and lack it.
    public var away: [String]
    /// Whether the node that was asked has it on its disk.
    public var isStored: Bool
    /// Whether it is on its way there.
    public var isStoring: Bool
    /// Whether all nodes that are up seal with it.
    public var isSealing: Bool
    /// Older keys that still open.
    public var older: [String]

    /// The progress of the rotation to the key of this fingerprint; nil for a report that does not tell.
    public init?(of key: String, isDrop: Bool, in report: StatusReport) {
        guard let keys = report.cluster.keys else { return nil }
        self.key = key
        newest = keys.newest.fingerprint
        nodes = report.cluster.members.count { $0.state == .alive || $0.state == .suspect }
        awaited = (keys.lacking + (isDrop ? keys.notDropped : [])).filter(\.isUp).map { VisibleText.of($0.name) }
        away = keys.lacking.filter { !$0.isUp }.map { VisibleText.of($0.name) }
        // A rotation that another person began in the same moment may have made the newest key.
        isStored = keys.newest.fingerprint == key || keys.older.contains { $0.fingerprint == key }
        isStoring = keys.isStoring
        isSealing = keys.phase != .spreading
        older = keys.older.map(\.fingerprint)
    }

    /// Whether every node that is up has the key and seals with it.
    public var isSpread: Bool { isStored && !isStoring && isSealing && awaited.isEmpty }

    /// Whether no older key opens anything on a node that is up.
    public var isAlone: Bool { isStored && !isStoring && older.isEmpty && awaited.isEmpty }

    /// Whether it came to nothing: the node that was asked could not keep it.
    public var hasFailed: Bool { !isStored && !isStoring }

    /// How it stands, for people.
    public func text(isDrop: Bool) -> String {
        let names = PlainNumbers.list(awaited)
        if isDrop ? isAlone : isSpread {
            let all = nodes == 1 ? "the one node that is up" : "all \(nodes) nodes that are up"
            let one = nodes == 1
            if isDrop { return "\(all) \(one ? "has" : "have") dropped the older keys" }
            let seal = "\(all) \(one ? "seals" : "seal") with \(newest)"
            return newest == key ? seal : "another rotation began at the same time, and its key is the newest: \(seal)"
        }
        guard isStored else { return "the key is on its way to this node's disk" }
        let count = nodes - awaited.count
        if awaited.isEmpty { return "all \(nodes) nodes that are up have it, and begin to use it" }
        return isDrop
            ? "waiting for \(names) to drop the older keys" : "\(count) of \(nodes) nodes have it; waiting for \(names)"
    }

    enum CodingKeys: String, CodingKey {
        case key, newest, nodes, awaited, away, older
        case isStored = "stored"
        case isStoring = "storing"
        case isSealing = "sealing"
    }
}
