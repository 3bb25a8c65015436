import Wire

/// No datagram that was made without the key changes a host's state or makes it do more than answer.
struct NothingChangesWithoutTheKey: Checker {
    private var seen = 0
    let nextDeadline: Instant? = nil

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        defer { seen = world.forgeries.count }
        guard let forgery = world.forgeries.dropFirst(seen).first(where: \.changedState) else { return nil }
        return violation(at: now, "a forged datagram changed \(forgery.to)")
    }
}
