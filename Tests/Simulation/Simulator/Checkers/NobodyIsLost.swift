import Wire

/// For scenarios without a failure: every host sees every other one, all the time.
struct NobodyIsLost: Checker {
    let nextDeadline: Instant? = nil

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        let all = world.hosts.count
        guard let blind = world.hosts.first(where: { world.clusterView(of: $0).count != all }) else { return nil }
        return violation(at: now, "\(blind) sees \(world.clusterView(of: blind))")
    }
}
