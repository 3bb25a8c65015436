import Wire

/// A promise that did not hold.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    let checker: String
    let at: Instant
    let what: String

    var description: String { "\(at) \(checker): \(what)" }
}

/// Watches one promise. It is asked before and after everything that happens, so that it sees every state and how
/// long each lasted.
protocol Checker {
    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation?
}

extension Checker {
    var name: String { "\(Self.self)" }

    func violation(at now: Instant, _ what: String) -> Violation { Violation(checker: name, at: now, what: what) }
}

/// Since when things have been so. What is no longer so is forgotten; what is so again begins anew.
struct Stopwatch<Condition: Hashable & Sendable>: Sendable {
    private var since: [Condition: Instant] = [:]

    /// Those of `holding` that have held for longer than `bound`, in the order of `holding`.
    mutating func overdue(_ holding: [Condition], bound: Duration, at now: Instant) -> [Condition] {
        var next: [Condition: Instant] = [:]
        for condition in holding { next[condition] = since[condition] ?? now }
        since = next
        return holding.filter { (since[$0] ?? now).duration(to: now) > bound }
    }
}
