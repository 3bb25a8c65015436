import Membership
import Wire

/// Figures of membership for clusters of many sizes, in virtual time.
package struct ClusterCurves: Sendable {
    /// How many seeds each figure comes from.
    package let seeds: Int

    /// Curves over so many seeds.
    package init(seeds: Int) { self.seeds = seeds }

    /// Beyond so many nodes a cluster is not formed, but there: each meets each, and tells it of all others.
    package static let largestFormed = 50

    /// What is measured for one size.
    package struct Point: Sendable {
        /// The cluster's size.
        package let nodes: Int
        /// How many seeds it comes from.
        package var runs = 0
        /// From a crash until the first member suspects it.
        package var firstSuspicion: [Duration] = []
        /// From a crash until all members hold it for dead.
        package var confirmedDeath: [Duration] = []
        /// From a node's start until it and all others hold each other for alive.
        package var join: [Duration] = []
        /// From the end of a split into halves until all hold each other for alive.
        package var heal: [Duration] = []
        /// What a node sends in a second when nothing happens.
        package var bytesPerSecond = 0.0
        package var packetsPerSecond = 0.0
    }

    /// The figures for clusters of this size; fewer runs of large ones.
    package func point(nodes: Int) -> Point {
        var point = Point(nodes: nodes)
        let runs = nodes <= Self.largestFormed ? seeds : max(1, min(seeds, 400 / nodes))
        for seed in 1...UInt64(runs) { measure(&point, seed: seed) }
        point.bytesPerSecond /= Double(runs)
        point.packetsPerSecond /= Double(runs)
        point.runs = runs
        return point
    }

    private func measure(_ point: inout Point, seed: UInt64) {
        let isFormed = point.nodes <= Self.largestFormed
        var network = SWIMNetwork.ofMembers(point.nodes, seed: seed, areThere: !isFormed)
        // Until all that is new has been told to everybody.
        network.run(for: isFormed ? .seconds(15) : .seconds(25))
        let traffic = network.traffic(for: isFormed ? .seconds(20) : .seconds(10))
        point.bytesPerSecond += traffic.bytes
        point.packetsPerSecond += traffic.packets

        let victim = HostID(Int(seed) % point.nodes)
        let found = network.crash([victim])
        point.firstSuspicion.append(found.suspicion)
        point.confirmedDeath.append(found.death)
        network.run(for: .seconds(5))
        network.apply(.start(victim, keepingDisk: true))
        point.join.append(network.timeUntilWhole())
        network.run(for: .seconds(10))
        let half = point.nodes / 2
        network.apply(.partition([Array(network.hosts[..<half]), Array(network.hosts[half...])]))
        network.run(for: .seconds(30))
        network.apply(.heal)
        point.heal.append(network.timeUntilWhole())
    }

    /// How long it takes until all that are left hold all for dead that crashed at once.
    package func correlated(nodes: Int, crashes: Int) -> [Duration] {
        (1...UInt64(seeds)).map { seed in
            var network = SWIMNetwork.ofMembers(nodes, seed: seed, areThere: false)
            network.run(for: .milliseconds(5000 + Int(seed) * 37))
            return network.crash((0..<crashes).map { HostID($0) }).death
        }
    }
}

/// Networks of membership alone.
typealias SWIMNetwork = SimulatedNetwork<SWIMHost>

extension SimulatedNetwork where Host == SWIMHost {
    /// A local network: a datagram takes 0.2 to 2 ms.
    static let wire = LinkConditions(delay: .microseconds(200), jitter: .microseconds(1800), capacity: 100_000)

    /// A cluster: its nodes were started within a second and have found each other, or they just know each other.
    static func ofMembers(
        _ count: Int, seed: UInt64, areThere: Bool, configuration: SWIM.Configuration = .lan
    ) -> SWIMNetwork {
        let setup = SWIMHost.Setup(configuration: configuration, isProven: areThere)
        var network = SWIMNetwork(seed: seed, hosts: count, conditions: wire, ownClocks: true) { SWIMHost($0, setup) }
        for id in network.hosts {
            network.apply(.start(id, keepingDisk: true))
            if !areThere { network.run(for: .milliseconds(1000 / count)) }
        }
        if areThere { network.introduceAll() }
        network.timeUntilWhole()
        return network
    }

    /// Each learns of all others at once, from the first.
    private mutating func introduceAll() {
        for _ in 0..<2 {
            for id in hosts.dropFirst() {
                guard var newcomer = programs[id.index].take(), var first = programs[0].take() else { continue }
                let (here, there) = (address(of: id), address(of: hosts[0]))
                let asked = newcomer.meet(first.session, at: there, now: time(on: id))
                let told = first.hear(asked, from: here, sender: newcomer.session, at: time(on: hosts[0]))
                _ = newcomer.hear(told, from: there, sender: first.session, at: time(on: id))
                programs[id.index] = newcomer
                programs[0] = first
            }
        }
        // What is due now is what was due before all this.
        for id in hosts { command(id) { _, _ in [] } }
    }

    /// Whether every running node holds every one for alive, and nobody else.
    var isWhole: Bool {
        let running = hosts.filter { slots[$0.index].state == .running }
        return running.allSatisfy { programs[$0.index]?.alive == running.count - 1 }
    }

    /// Runs until all hold each other for alive.
    @discardableResult
    mutating func timeUntilWhole() -> Duration { time { $0.isWhole } }

    /// Lets these crash: how long it takes until one of the others suspects one of them, and until all hold all for dead.
    mutating func crash(_ victims: [HostID]) -> (suspicion: Duration, death: Duration) {
        let begin = now
        let left = hosts.filter { !victims.contains($0) }
        for id in left {
            command(id) { host, _ in
                host.forgetChanges()
                host.isRecording = true
                return []
            }
        }
        for id in victims { apply(.crash(id)) }
        let nodes = victims.map { SWIMHost.node($0) }
        let death = time { network in
            left.allSatisfy { id in nodes.allSatisfy { network.programs[id.index]?.states[$0] == .dead } }
        }
        let suspicions = left.compactMap { id in
            programs[id.index]?.changes.first { nodes.contains($0.node) && $0.state == .suspect }
                .map { $0.at.advanced(by: .zero - slots[id.index].clock) }
        }
        for id in left {
            command(id) { host, _ in
                host.isRecording = false
                return []
            }
        }
        return (suspicions.min().map { begin.duration(to: $0) } ?? Self.longest, death)
    }

    /// What a node sends in a second, on average, while nothing happens.
    mutating func traffic(for time: Duration) -> (bytes: Double, packets: Double) {
        for id in hosts {
            command(id) { host, _ in
                host.forgetTraffic()
                return []
            }
        }
        run(for: time)
        let sent = hosts.compactMap { programs[$0.index]?.traffic }
        let nodeSeconds = Double(time.wholeNanoseconds) / 1e9 * Double(hosts.count)
        return (
            Double(sent.reduce(0) { $0 + $1.bytes }) / nodeSeconds,
            Double(sent.reduce(0) { $0 + $1.packets }) / nodeSeconds
        )
    }

    /// A time of so much says that it was longer.
    private static var longest: Duration { .seconds(60) }

    private mutating func time(until holds: (Self) -> Bool) -> Duration {
        let begin = now
        while !holds(self), begin.duration(to: now) < Self.longest { run(for: .milliseconds(5)) }
        return min(begin.duration(to: now), Self.longest)
    }
}
