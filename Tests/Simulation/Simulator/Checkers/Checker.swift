import Wire

/// A promise that did not hold.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    let checker: String
    let at: Instant
    let what: String

    var description: String { "\(at) \(checker): \(what)" }
}

/// Watches one promise. It is asked when something has changed that it can see, and at `nextDeadline`, so that it sees
/// every state and how long each lasted.
protocol Checker {
    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation?
    /// When the promise will have been broken if nothing changes until then.
    var nextDeadline: Instant? { get }
}

extension Checker {
    var name: String { "\(Self.self)" }

    func violation(at now: Instant, _ what: String) -> Violation { Violation(checker: name, at: now, what: what) }
}

/// Since when things have been so. What is no longer so is forgotten; what is so again begins anew.
struct Stopwatch<Condition: Hashable & Sendable>: Sendable {
    private var since: [Condition: Instant] = [:]
    /// When the first of them will have held for too long.
    private(set) var nextDeadline: Instant?

    /// Those of `holding` that have held for longer than `bound`, in the order of `holding`.
    mutating func overdue(_ holding: [Condition], bound: Duration, at now: Instant) -> [Condition] {
        var next: [Condition: Instant] = [:]
        for condition in holding { next[condition] = since[condition] ?? now }
        since = next
        let justTooLong = bound + .nanoseconds(1)
        nextDeadline = next.values.min()?.advanced(by: justTooLong)
        return holding.filter { (since[$0] ?? now).duration(to: now) > bound }
    }
}
