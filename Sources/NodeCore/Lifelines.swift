internal import Wire

/// What the node makes of its lifelines.
///
/// A lifeline that ends is no proof: connections break. So the holder is asked, and its kernel too: only when that
/// refuses a new connection, because nobody listens there any more, and the question stays unanswered for a moment, is
/// the process known to have ended.
struct Lifelines: Sendable {
    private struct Doubt: Sendable {
        let node: NodeID
        let since: Instant
        /// When the process counts as ended; nil as long as its kernel has not refused a connection.
        var endsAt: Instant?
    }

    /// The nodes that lifelines are held to, sorted.
    var peers: [LifelinePeer] = []
    private var doubts: [Doubt] = []

    /// How long a holder has for its answer: it crosses a LAN in less than one, and a real-time thread gives it.
    private static let grace = Duration.milliseconds(3)
    /// A refusal long after the end of the lifeline says nothing about it.
    private static let memory = Duration.milliseconds(200)

    /// When the next process counts as ended.
    var nextDeadline: Instant? { doubts.compactMap(\.endsAt).min() }

    mutating func broke(_ node: NodeID, at now: Instant) {
        doubts.removeAll { $0.node == node || $0.since.advanced(by: Self.memory) <= now }
        doubts.append(Doubt(node: node, since: now))
    }

    mutating func refused(_ node: NodeID, at now: Instant) {
        guard let index = doubts.firstIndex(where: { $0.node == node }), doubts[index].endsAt == nil,
            now <= doubts[index].since.advanced(by: Self.memory)
        else { return }
        doubts[index].endsAt = max(now, doubts[index].since.advanced(by: Self.grace))
    }

    /// The node has advertised: it lives.
    mutating func heard(_ node: NodeID) { doubts.removeAll { $0.node == node } }

    /// The nodes whose processes have ended, once.
    mutating func takeEnded(at now: Instant) -> [NodeID] {
        let ended = doubts.filter { $0.endsAt.map { $0 <= now } ?? false }.map(\.node)
        doubts.removeAll { ended.contains($0.node) }
        return ended
    }
}
