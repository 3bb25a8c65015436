internal import VRRP
internal import Wire

/// Several addresses are spread over the nodes: a holder of many hands one over to a node that holds two fewer at
/// least, and looks again. A single address never moves for that.
extension Node {
    /// How long nothing must have changed, so that nodes that come and go don't set addresses in motion.
    private static let calm = Duration.seconds(5)
    /// How long a node that did not take an address is not asked again: something stands against it there.
    static let unwillingFor = Duration.seconds(300)

    /// Called after every event: moves one address at most, when its time has come.
    mutating func considerSpread(at now: Instant, into actions: inout [Action]) {
        guard configuration.mode == .sealed, configuration.spread, !configuration.preempt, routers.count > 1,
            !isDraining, !isStopping
        else {
            spreadAt = nil
            return
        }
        guard let move = nextMove(at: now) else {
            spreadAt = nil
            return
        }
        let due = spreadAt ?? now.advanced(by: Self.calm)
        spreadAt = due
        guard due <= now else { return }
        spreadAt = nil
        beginHandover(move.router, .spreading, only: move.successor, at: now, into: &actions)
    }

    /// Which address should go to whom; nil if all is well, or not known well enough.
    private func nextMove(at now: Instant) -> (router: Int, successor: NodeID)? {
        let own = routers.indices.filter { routers[$0].router.state == .active }
        guard own.count > 1, routers.allSatisfy({ $0.holder != nil && $0.handover == nil }) else { return nil }
        let willing = company.candidates.filter { unwilling[$0.node].map { $0 <= now } ?? true }
        let loads = willing.map { candidate in
            (node: candidate.node, count: routers.count { $0.holder == candidate.node })
        }
        guard let least = loads.map(\.count).min(), own.count >= least + 2 else { return nil }
        let idle = loads.filter { $0.count == least }.map(\.node)
        let moves = own.flatMap { index in
            idle.map { (router: index, successor: $0, weight: routers[index].weight(of: $0)) }
        }
        return moves.max { $0.weight < $1.weight }.map { ($0.router, $0.successor) }
    }
}
