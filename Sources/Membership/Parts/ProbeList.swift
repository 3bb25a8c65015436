import Wire

/// Whom to probe next: round-robin over a list that is shuffled anew each round (SWIM §4.3).
///
/// So the time until a member is probed again has a bound, and nobody can be overlooked by bad luck.
struct ProbeList: Sendable {
    private var order: [NodeID] = []
    private var position = 0

    /// How many there are to probe.
    var count: Int { order.count }

    /// Adds a member at a place drawn at random, so that newcomers are not all probed last.
    mutating func insert(_ node: NodeID, using random: inout SeededGenerator) {
        guard !order.contains(node) else { return }
        let index = Int.random(in: 0...order.count, using: &random)
        order.insert(node, at: index)
        if index < position { position += 1 }
    }

    mutating func remove(_ node: NodeID) {
        guard let index = order.firstIndex(of: node) else { return }
        order.remove(at: index)
        if index < position { position -= 1 }
    }

    /// The next one; nil when there is none.
    mutating func next(using random: inout SeededGenerator) -> NodeID? {
        guard !order.isEmpty else { return nil }
        if position >= order.count {
            order.shuffle(using: &random)
            position = 0
        }
        defer { position += 1 }
        return order[position]
    }
}
