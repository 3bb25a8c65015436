import Wire

/// Which ways between hosts are open, and in what condition.
struct Topology: Sendable {
    private let count: Int
    /// How many faults close each way.
    private var closed: [UInt16]
    /// The ways that nothing gets through for long, though what is on them is not lost.
    private var stuck: Set<Int> = []
    /// The weather everywhere, but at hosts that have their own.
    private var everywhere: LinkConditions
    private var atHost: [LinkConditions?]

    init(hosts count: Int, conditions: LinkConditions) {
        self.count = count
        closed = Array(repeating: 0, count: count * count)
        everywhere = conditions
        atHost = Array(repeating: nil, count: count)
    }

    /// A number for each way.
    func link(_ from: HostID, _ to: HostID) -> Int { from.index * count + to.index }

    func isOpen(_ from: HostID, _ to: HostID) -> Bool { closed[link(from, to)] == 0 }

    /// One fault more closes this way, or one less.
    mutating func close(_ from: HostID, _ to: HostID) { closed[link(from, to)] += 1 }
    mutating func reopen(_ from: HostID, _ to: HostID) { closed[link(from, to)] -= closed[link(from, to)] > 0 ? 1 : 0 }

    mutating func openAll() { (closed, stuck) = (closed.map { _ in 0 }, []) }

    mutating func setStuck(_ way: Int, _ isStuck: Bool) { if isStuck { stuck.insert(way) } else { stuck.remove(way) } }

    subscript(from: HostID, to: HostID) -> LinkConditions { atHost[from.index] ?? atHost[to.index] ?? everywhere }

    mutating func setAll(_ value: LinkConditions) { everywhere = value }

    /// The ways from and to this host are in this condition; nil: as everywhere.
    mutating func set(_ value: LinkConditions?, at host: HostID) { atHost[host.index] = value }

    /// The parts of the network, for processes in these states.
    func components(_ states: [ProcessState]) -> [Component] {
        let running = states.indices.filter { states[$0] == .running }.map { HostID($0) }
        let idle = states.indices.filter { states[$0] == .hung || states[$0] == .dead }.map { HostID($0) }
        var unseen = Set(running)
        var components: [Component] = []
        for first in running where unseen.contains(first) {
            var members = [first]
            unseen.remove(first)
            var next = 0
            while next < members.count {
                let found = running.filter { unseen.contains($0) && bothWays(members[next], $0) }
                members += found
                unseen.subtract(found)
                next += 1
            }
            components.append(component(members.sorted(), running: running, idle: idle))
        }
        return components
    }

    private func component(_ members: [HostID], running: [HostID], idle: [HostID]) -> Component {
        let outside = running.filter { !members.contains($0) }
        let together = members.allSatisfy { left in members.allSatisfy { left == $0 || bothWays(left, $0) } }
        let apart = members.allSatisfy { left in outside.allSatisfy { !isOpen(left, $0) && !isOpen($0, left) } }
        let bystanders = idle.filter { other in members.contains { bothWays($0, other) } }
        return Component(members: members, bystanders: bystanders, isClear: together && apart)
    }

    /// A way that is stuck connects no more than one that is cut.
    private func bothWays(_ left: HostID, _ right: HostID) -> Bool {
        isOpen(left, right) && isOpen(right, left)
            && (stuck.isEmpty || !stuck.contains(link(left, right)) && !stuck.contains(link(right, left)))
    }
}
