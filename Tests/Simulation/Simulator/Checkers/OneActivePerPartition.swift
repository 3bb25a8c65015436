import Wire

/// In each clear part of the network that has a healthy host, each floating address has exactly one holder, but for at
/// most `bound` at a time.
///
/// The clock begins anew when the part, or who in it is healthy, becomes another.
struct OneActivePerPartition: Checker {
    private struct Wrong: Hashable, Sendable {
        let component: Component
        let healthy: [HostID]
        let address: IPAddress
        let isHeld: Bool
    }

    let bound: Duration
    private var stopwatch = Stopwatch<Wrong>()
    var nextDeadline: Instant? { stopwatch.nextDeadline }

    init(bound: Duration) { self.bound = bound }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        var wrong: [Wrong] = []
        for component in world.components where component.isClear {
            let healthy = component.members.filter { world.isHealthy($0) }
            guard !healthy.isEmpty else { continue }
            for address in world.floatingAddresses {
                let count = world.holders(of: address, in: component).count
                guard count != 1 else { continue }
                wrong.append(Wrong(component: component, healthy: healthy, address: address, isHeld: count > 0))
            }
        }
        guard let first = stopwatch.overdue(wrong, bound: bound, at: now).first else { return nil }
        let holders = world.holders(of: first.address, in: first.component)
        return violation(at: now, "\(first.address) was held by \(holders) of \(first.component.members) for \(bound)")
    }
}
