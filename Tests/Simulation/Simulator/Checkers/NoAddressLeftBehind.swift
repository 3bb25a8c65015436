import Wire

/// A host whose process hangs or is dead holds no floating address for longer than `bound`; one that for whatever reason
/// may not hold it, not for longer than `handover`: it may first look for somebody to hand it over to.
struct NoAddressLeftBehind: Checker {
    private struct Left: Hashable, Sendable {
        let host: HostID
        let address: IPAddress
    }

    let bound: Duration
    let handover: Duration
    private var idle = Stopwatch<Left>()
    private var unhealthy = Stopwatch<Left>()
    var nextDeadline: Instant? { [idle.nextDeadline, unhealthy.nextDeadline].compactMap { $0 }.min() }

    init(bound: Duration, handover: Duration? = nil) {
        self.bound = bound
        self.handover = handover ?? bound
    }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        func left(on hosts: [HostID]) -> [Left] {
            hosts.flatMap { host in
                world.floatingAddresses.filter { world.holds(host, $0) }.map { Left(host: host, address: $0) }
            }
        }
        let stopped = world.hosts.filter { world.process(of: $0) != .running }
        let unfit = world.hosts.filter { world.process(of: $0) != .running || !world.isHealthy($0) }
        let late = idle.overdue(left(on: stopped), bound: bound, at: now)
        let lateToo = unhealthy.overdue(left(on: unfit), bound: handover, at: now)
        guard let first = late.first ?? lateToo.first else { return nil }
        let state = late.isEmpty ? "not healthy" : "\(world.process(of: first.host))"
        return violation(
            at: now,
            "\(first.address) is still on \(first.host), which is \(state), after \(late.isEmpty ? handover : bound)")
    }
}
