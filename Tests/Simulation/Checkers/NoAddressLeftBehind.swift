import Wire

/// A host whose process hangs or is dead, or that is not healthy, holds no floating address for longer than `bound`.
struct NoAddressLeftBehind: Checker {
    private struct Left: Hashable, Sendable {
        let host: HostID
        let address: IPAddress
    }

    let bound: Duration
    private var stopwatch = Stopwatch<Left>()
    var nextDeadline: Instant? { stopwatch.nextDeadline }

    init(bound: Duration) { self.bound = bound }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        let idle = world.hosts.filter { world.process(of: $0) != .running || !world.isHealthy($0) }
        let left = idle.flatMap { host in
            world.floatingAddresses.filter { world.holds(host, $0) }.map { Left(host: host, address: $0) }
        }
        guard let first = stopwatch.overdue(left, bound: bound, at: now).first else { return nil }
        let state = world.process(of: first.host)
        return violation(at: now, "\(first.address) is still on \(first.host), which is \(state), after \(bound)")
    }
}
