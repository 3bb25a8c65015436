import Wire

/// When all hosts run and hear each other, then within `bound` all see the same members, and as many as there are.
struct OneClusterAfterHeal: Checker {
    let bound: Duration
    private var stopwatch = Stopwatch<Component>()
    var nextDeadline: Instant? { stopwatch.nextDeadline }

    init(bound: Duration) { self.bound = bound }

    mutating func observe(_ world: some WorldView, at now: Instant) -> Violation? {
        let whole = world.components.filter { $0.isClear && $0.members.count == world.hosts.count }
        let apart = whole.filter { component in
            let views = Set(component.members.map { world.clusterView(of: $0) })
            return views.count != 1 || views.first?.count != component.members.count
        }
        guard let component = stopwatch.overdue(apart, bound: bound, at: now).first else { return nil }
        let views = component.members.map { "\($0) sees \(world.clusterView(of: $0))" }
        return violation(at: now, "for \(bound) " + views.joined(separator: "; "))
    }
}
