import NodeCore
import Wire

/// Many clusters of whole nodes, each with trouble that follows from its seed, and a calm phase in which it must come to
/// rest. The project's promises are checked all the while.
package struct Campaign: Sendable {
    /// How many nodes a cluster may have; small ones are the most frequent.
    package var nodes: ClosedRange<Int>
    /// For how long there is trouble.
    package var length: Duration
    /// What kinds of it.
    package var kinds: [FaultKind]
    /// Whether each line of the trace is printed at once.
    package var isTracing = false
    /// Centiseconds between advertisements, the default more often than others.
    private static let intervals: [UInt16] = [2, 2, 10, 100]
    /// For tests: a rule that nodes break.
    var flaw: Flaw?

    /// Trouble of every kind for ten seconds, among two to seven nodes, unless told otherwise.
    package init(
        nodes: ClosedRange<Int> = 2...7, length: Duration = .seconds(10), kinds: [FaultKind] = FaultKind.allCases
    ) {
        self.nodes = nodes
        self.length = length
        self.kinds = kinds
    }

    /// Runs the cluster of this seed.
    package func run(seed: UInt64) -> CampaignRun {
        var draw = SeededGenerator(seed: seed ^ 0xCA3A)
        let drawn = min(Int.random(in: nodes, using: &draw), Int.random(in: nodes, using: &draw))
        // A seed that asks for one kind alone is to have it.
        let count = max(drawn, kinds.map(\.leastNodes).min() ?? drawn)
        let interval = Self.intervals.randomElement(using: &draw) ?? 2
        let plan = FaultPlan.random(seed: seed, hosts: count, length: length, kinds: kinds)
        let bounds = CampaignBounds(interval: interval, hasCopies: plan.copiesCards)
        var network = NodeNetwork.ofNodes(
            count, seed: seed, interval: interval, started: false, ownClocks: true, flaw: { _ in flaw })
        network.replay = replay(seed)
        network.trace.isPrinted = isTracing
        network.checkers = bounds.checkers
        network.note("\(count) nodes, an advertisement every \(Int(interval) * 10) ms, \(plan.steps.count) events")
        let begin = network.now
        network.startAll()
        network.run(for: .seconds(3))
        network.run(plan)
        let trouble = network.counters
        network.note("calm")
        network.calm()
        let settled = network.settle(within: bounds.settling)
        return CampaignRun(
            seed: seed, nodes: count, virtual: begin.duration(to: network.now), settled: settled,
            counters: network.counters, isIdle: trouble.isIdle(kinds),
            failure: network.violations.isEmpty ? nil : network.account)
    }

    /// How a person runs this seed again.
    package func replay(_ seed: UInt64) -> String {
        let usual = Campaign()
        var words = ["make simulate SEED=\(seed)"]
        if nodes != usual.nodes { words.append("NODES=\(nodes.lowerBound)-\(nodes.upperBound)") }
        if length != usual.length { words.append("LENGTH=\(length.components.seconds)") }
        if kinds != usual.kinds { words.append("FAULTS=\(kinds.map(\.rawValue).joined(separator: ","))") }
        return words.joined(separator: " ")
    }
}

/// What came of one seed.
package struct CampaignRun: Sendable {
    /// The seed.
    package let seed: UInt64
    /// The size of its cluster.
    package let nodes: Int
    /// How much virtual time passed.
    package let virtual: Duration
    /// How long it took to come to rest.
    package let settled: Duration
    /// What really happened.
    let counters: FaultCounters
    /// Whether none of the trouble that was planned really happened: such a run shows nothing.
    package let isIdle: Bool
    /// The promises that were broken, how to see it again, and how it came to pass; nil if all held.
    package let failure: String?
}

/// How long each promise may take to hold in a campaign.
struct CampaignBounds {
    let checkers: [any Checker]
    /// From the end of all trouble until all is as it should be.
    let settling: Duration

    init(interval: UInt16, hasCopies: Bool) {
        // Five advertisements: three that were missed, the skew, and one that was just due.
        let election = NodeBounds.election + .milliseconds(Int(interval) * 50)
        // Three others are asked six times each; a step takes an interval, and 100 ms at most.
        let handover = NodeBounds.release + .milliseconds(min(Int(interval) * 10, 100) * 18)
        // A restored card is not listened to until its later run has been silent for a minute.
        let copies = hasCopies ? Duration.seconds(60) : .zero
        settling = NodeBounds.settling + election + copies
        checkers = [
            OneActivePerPartition(bound: election + copies),
            NoAddressLeftBehind(bound: NodeBounds.release, handover: handover),
            OneClusterAfterHeal(bound: NodeBounds.cluster + copies), NothingChangesWithoutTheKey(),
            LightsTellTheTruth(bound: election), NoBlackHole(bound: NodeBounds.pointing + copies),
        ]
    }
}

extension SimulatedNetwork where Host == NodeHost {
    /// For how long nothing may change once all is as it should be.
    private static var quiet: Duration { .seconds(3) }

    /// Runs until all is as it should be, and stays so for a while; that it is not in time is a violation.
    /// - Returns: how long it took.
    fileprivate mutating func settle(within bound: Duration) -> Duration {
        let begin = now
        var since: (holders: [HostID], at: Instant)?
        while begin.duration(to: since?.at ?? now) <= bound {
            if let since, since.at.duration(to: now) >= Self.quiet { return begin.duration(to: since.at) }
            run(for: .milliseconds(100))
            if !isSettled { since = nil } else if since?.holders != active { since = (active, now) }
        }
        violate(Violation(checker: "Settles", at: now, what: "not within \(bound): \(standing)"))
        return bound
    }

    /// One cluster of all, one holder, one newest key in use by all.
    private var isSettled: Bool {
        active.count == 1 && hosts.allSatisfy { clusterView(of: $0).count == hosts.count } && newestKeys.count == 1
            && hosts.allSatisfy { snapshot(of: $0)?.keysAreSettled == true }
    }

    private var standing: String {
        let views = hosts.map { "\($0) sees \(clusterView(of: $0).count)" }.joined(separator: ", ")
        return "Active: \(active); \(views); \(newestKeys.count) newest keys"
    }

    /// The newest keys of the running hosts.
    var newestKeys: Set<ClusterKey> { Set(hosts.compactMap { snapshot(of: $0)?.keyRing.newest.key }) }
}

extension FaultCounters {
    /// Whether none of these kinds of trouble happened.
    func isIdle(_ kinds: [FaultKind]) -> Bool { kinds.allSatisfy { self[keyPath: $0.evidence] == 0 } }
}
