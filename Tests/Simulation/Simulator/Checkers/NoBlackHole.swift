import Wire

/// In a clear part of the network no host goes on sending what is for a floating address to one that doesn't hold it,
/// for longer than `bound`.
struct NoBlackHole: Checker {
    private struct Stray: Hashable, Sendable {
        let component: Component
        let host: HostID
        let address: IPAddress
    }

    let bound: Duration
    private var stopwatch = Stopwatch<Stray>()
    var nextDeadline: Instant? { stopwatch.nextDeadline }

    init(bound: Duration) { self.bound = bound }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        var strays: [Stray] = []
        for component in world.components where component.isClear {
            for address in world.floatingAddresses {
                let holders = world.holders(of: address, in: component)
                guard !holders.isEmpty else { continue }  // that is OneActivePerPartition's
                for host in component.members {
                    guard let target = world.neighbour(of: host, for: address), !holders.contains(target) else {
                        continue
                    }
                    strays.append(Stray(component: component, host: host, address: address))
                }
            }
        }
        guard let first = stopwatch.overdue(strays, bound: bound, at: now).first else { return nil }
        let target = world.neighbour(of: first.host, for: first.address).map(\.description) ?? "no one"
        return violation(at: now, "\(first.host) sends what is for \(first.address) to \(target), for \(bound)")
    }
}
