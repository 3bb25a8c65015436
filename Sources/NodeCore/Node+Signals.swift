internal import Membership
internal import VRRP
internal import Wire

extension Node {
    /// When the node has listened long enough to run for Active.
    var settledAt: Instant { startedAt.advanced(by: configuration.settling) }
    /// When a node that has met no one is called alone.
    var aloneAt: Instant { startedAt.advanced(by: configuration.joining) }
    /// Whether the first settling is behind us, as far as the lights tell.
    var shownIsSettled: Bool { shown != nil && shown != .starting }

    /// Shows the first signal of the table that holds.
    mutating func showSignal(at now: Instant, into actions: inout [Action]) {
        let signal = Signal.first(of: Signal.allCases.filter { holds($0, at: now) })
        guard signal != shown else { return }
        shown = signal
        actions.append(.show(signal))
    }

    private func holds(_ signal: Signal, at now: Instant) -> Bool {
        switch signal {
        case .identify: identifyUntil != nil
        case .duplicateIdentity: duplicateUntil != nil
        case .addressConflict: !conflicts.isEmpty
        case .split: routers.contains { $0.isContested }
        case .cannotServe: !health.isServing && !isStarting(at: now)
        case .isolated: !hasCompany && hasLostCompany
        case .starting: isStarting(at: now)
        case .draining: isDraining
        case .joining: !hasCompany && now < aloneAt
        case .alone: !hasCompany
        case .leader: routers.contains { $0.router.state == .active }
        case .member: true
        }
    }

    private func isStarting(at now: Instant) -> Bool { health.reasons.contains(.starting) || now < settledAt }

    private var others: some Sequence<Member> { membership.members.lazy.filter { $0.id != session.node } }

    private var hasCompany: Bool { others.contains { $0.state.isPresent } }

    private var hasLostCompany: Bool { others.contains { $0.state == .dead } }
}
