import Wire

/// A member's grace: since when it is suspected, and by whom.
struct Suspicion: Sendable, Equatable {
    /// When it began here.
    var start: Instant
    /// Who accuses, the first one first; all different.
    private(set) var accusers: [NodeID]
    /// When we tell the suspect next; nil unless our own probe missed it.
    var nextPing: Instant?

    init(start: Instant, accusers: [NodeID]) {
        self.start = start
        self.accusers = []
        for accuser in accusers { add(accuser) }
    }

    /// Adds an accuser; false if it is no news, or the case is complete.
    @discardableResult mutating func add(_ accuser: NodeID) -> Bool {
        guard !accusers.contains(accuser), accusers.count < Record.accuserLimit else { return false }
        accusers.append(accuser)
        return true
    }

    /// How many found the same as the first accuser.
    var confirmations: Int { max(0, accusers.count - 1) }
}
