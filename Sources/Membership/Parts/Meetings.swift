import Wire

/// The exchanges of everything that were begun because two nodes met.
///
/// Two halves of a large cluster that find each other again need few of them: gossip does the rest. If each member of
/// the one half told each of the other everything, it would take as many datagrams as there are nodes, to the third power.
struct Meetings: Sendable {
    /// When one was begun with whom; only looked up, never gone through.
    private var last: [NodeID: Instant] = [:]
    private var windowEnd = Instant.zero
    private var begun = 0

    /// Whether one that carries so many records may begin with this node: not twice within the spacing, nor with more than
    /// some in a round of probes.
    func mayBegin(
        with node: NodeID, records: Int, at now: Instant, _ configuration: SWIM.Configuration
    ) -> Bool {
        if let before = last[node], before.duration(to: now) < configuration.syncSpacing { return false }
        return windowEnd <= now || begun * records < configuration.recordsPerInterval
    }

    /// One begins.
    mutating func begin(with node: NodeID, at now: Instant, _ configuration: SWIM.Configuration) {
        if windowEnd <= now { (windowEnd, begun) = (now.advanced(by: configuration.probeInterval), 0) }
        begun += 1
        // Forgetting costs an exchange too many at worst.
        if last.count >= configuration.memberLimit { last = [:] }
        last[node] = now
    }
}
