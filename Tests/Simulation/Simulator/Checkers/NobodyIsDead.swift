import Wire

/// For scenarios without a failure: no lights ever say that a member is dead, or that this node hears nobody.
struct NobodyIsDead: Checker {
    let nextDeadline: Instant? = nil

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        let signs = ["memberOfFewer", "leaderOfFewer", "isolated"]
        guard let host = world.hosts.first(where: { signs.contains(world.lights(of: $0)) }) else { return nil }
        return violation(at: now, "the lights of \(host) say \(world.lights(of: host))")
    }
}
