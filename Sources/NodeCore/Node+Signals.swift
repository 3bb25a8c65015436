internal import Membership
internal import VRRP
internal import Wire

extension Node {
    /// When the node has listened long enough to run for Active.
    var settledAt: Instant { startedAt.advanced(by: gathersAtStart ? configuration.gathering : configuration.settling) }
    /// When a node that has met no one is called alone.
    var aloneAt: Instant { startedAt.advanced(by: configuration.joining) }

    /// Shows the first signal of the table that holds.
    mutating func showSignal(at now: Instant, into actions: inout [Action]) {
        let signal = signal(at: now)
        guard signal != shown else { return }
        shown = signal
        actions.append(.show(signal))
    }

    /// A function of its own that changes nothing: where the node may change, the closure would copy it whole.
    private func signal(at now: Instant) -> Signal { Signal.first { holds($0, at: now) } }

    private func holds(_ signal: Signal, at now: Instant) -> Bool {
        switch signal {
        case .identify: identifyUntil != nil
        case .duplicateIdentity: duplicateUntil != nil
        // The stranger may be the very cluster that this node is not in yet, or not any more.
        case .addressConflict: !conflicts.isEmpty && !isOutside
        case .split: routers.contains { $0.isContested }
        case .cannotServe: (!health.isServing || canHoldNothing) && !isStarting(at: now) && !isCutOff
        case .isolated: isCutOff || (!company.isPresent && company.isLost && diagnosis.isCutOff(at: now))
        case .blocked: diagnosis.holds { if case .blocked = $0 { true } else { false } }
        case .oneWay: diagnosis.holds { $0 == .unanswered || $0.isOneWay }
        case .otherVersion: hasOtherVersion
        case .otherKey: !company.isPresent && !isLookingForOthers && diagnosis.holds(\.isOfOtherKey)
        case .narrow: diagnosis.holds { if case .way(_, .narrow) = $0 { true } else { false } }
        case .starting: isStarting(at: now)
        case .draining: isDraining
        case .pairing: pairing?.closesAt != nil
        case .asking: pairing?.record.standing == .alone && !company.isPresent
        case .joining: !company.isPresent && now < aloneAt
        case .alone: !company.isPresent && !company.isLost
        case .leaderOfFewer: company.isLost && routers.contains { $0.router.state == .active }
        case .leader: routers.contains { $0.router.state == .active }
        case .memberOfFewer: company.isLost
        case .member: true
        }
    }

    /// Whether a member is of another version. Whoever has no key cannot be believed, unless there is nobody else.
    private var hasOtherVersion: Bool {
        let isAlone = !company.isPresent
        return diagnosis.holds { trouble in
            trouble.isOfOtherVersion || isAlone && trouble == .unreadable(.otherVersion)
        }
    }

    /// Whether floating addresses are wanted and none can be held here. The site is served all the same, but nobody
    /// who looks for it at a floating address would find it here.
    private var canHoldNothing: Bool {
        !routers.isEmpty && routers.allSatisfy { $0.obstacle != nil && $0.obstacle != .starting }
    }

    /// Whether this node is by itself, and has no key yet, or hears those of another.
    private var isOutside: Bool {
        !company.isPresent && (isLookingForOthers || diagnosis.holds(\.isOfOtherKey))
    }

    /// Whether it has no key in its file, and gathers others, or asks to be let in.
    private var isLookingForOthers: Bool { pairing?.closesAt != nil || pairing?.record.standing == .alone }

    /// Whether a cable, or what stands for one, is all that is missing.
    private var isCutOff: Bool {
        guard health.isServing else { return health.reasons.allSatisfy(\.isLinkDown) }
        return !routers.isEmpty && routers.allSatisfy { $0.obstacle?.isLinkDown == true }
    }

    private func isStarting(at now: Instant) -> Bool { health.reasons.contains(.starting) || now < settledAt }
}
