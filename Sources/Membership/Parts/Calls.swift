import Wire

/// Whom we call without knowing whether anybody listens, and when: quickly at first, then ever more slowly, for ever.
struct Calls: Sendable {
    enum Target: Hashable, Sendable {
        /// Everybody on each interface.
        case everyone
        /// A configured address.
        case address(SocketAddress)
        /// A peer that was a member once.
        case peer(NodeID)
    }

    private struct Call: Sendable {
        let target: Target
        var next: Instant
        var pause: Duration
        var longestPause: Duration
    }

    private var calls: [Call] = []

    var nextDeadline: Instant? { calls.lazy.map(\.next).min() }

    /// Calls `target` from `first` on. Whoever is called already is called by the new rule.
    mutating func begin(_ target: Target, first: Instant, pause: Duration, longestPause: Duration) {
        end(target)
        calls.append(Call(target: target, next: first, pause: pause, longestPause: longestPause))
    }

    /// Calls everybody again as from the beginning, who is called at all.
    mutating func hurry(at now: Instant, pause: Duration, using random: inout SeededGenerator) {
        for index in calls.indices {
            let offset = Int64.random(in: 0...(pause / 2).wholeNanoseconds, using: &random)
            calls[index].next = min(calls[index].next, now.advanced(by: .nanoseconds(offset)))
            calls[index].pause = min(pause, calls[index].longestPause)
        }
    }

    mutating func end(_ target: Target) { calls.removeAll { $0.target == target } }

    /// Those whose time has come; each is due again after its pause, give or take a quarter, so that nodes that
    /// started together do not go on calling together.
    mutating func due(at now: Instant, using random: inout SeededGenerator) -> [Target] {
        var due: [Target] = []
        for index in calls.indices where calls[index].next <= now {
            let pause = calls[index].pause
            let thousandths = Int.random(in: 750...1250, using: &random)
            calls[index].next = now.advanced(by: pause * thousandths / 1000)
            calls[index].pause = min(pause * 2, calls[index].longestPause)
            due.append(calls[index].target)
        }
        return due
    }
}
