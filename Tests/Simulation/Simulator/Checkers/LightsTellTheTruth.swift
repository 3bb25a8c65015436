import Wire

/// A host whose lights say that it leads holds a floating address, and one whose lights say that it is a mere member
/// holds none, but for at most `bound`. More urgent signals say neither.
struct LightsTellTheTruth: Checker {
    private struct Lie: Hashable, Sendable {
        let host: HostID
        let lights: String
    }

    let bound: Duration
    private var stopwatch = Stopwatch<Lie>()
    var nextDeadline: Instant? { stopwatch.nextDeadline }

    init(bound: Duration) { self.bound = bound }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        let running = world.hosts.filter { world.process(of: $0) == .running }
        let lies = running.compactMap { host in
            let lights = world.lights(of: host)
            let leads = world.floatingAddresses.contains { world.holds(host, $0) }
            let followers = ["member", "memberOfFewer"]
            let isLie = leads ? followers.contains(lights) : ["leader", "leaderOfFewer", "alone"].contains(lights)
            return isLie ? Lie(host: host, lights: lights) : nil
        }
        guard let lie = stopwatch.overdue(lies, bound: bound, at: now).first else { return nil }
        return violation(at: now, "the lights of \(lie.host) say \(lie.lights) for \(bound)")
    }
}
