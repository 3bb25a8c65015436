/// What came of many runs.
package struct CampaignTally: Sendable {
    /// How many there were.
    package private(set) var runs = 0
    /// Those in which a promise was broken, or nothing happened.
    package private(set) var failed: [CampaignRun] = []
    /// How much virtual time passed in all of them, times their nodes.
    package private(set) var nodeTime = Duration.zero
    /// How long runs took to come to rest.
    private var settled: [Duration] = []
    private var happened: [FaultKind: Int] = [:]
    private var sent = 0

    /// None yet.
    package init() {}

    /// Takes in one more.
    package mutating func add(_ run: CampaignRun) {
        runs += 1
        nodeTime += run.virtual * run.nodes
        sent += run.counters.sent
        settled.append(run.settled)
        for kind in FaultKind.allCases { happened[kind, default: 0] += run.counters[keyPath: kind.evidence] }
        guard run.failure != nil || run.isIdle else { return }
        failed.append(run)
        failed.sort { $0.seed < $1.seed }
    }

    /// How often each kind of trouble happened: datagrams for the weather, else events.
    package func count(of kind: FaultKind) -> Int { happened[kind] ?? 0 }

    /// How long it took to come to rest: the median, and the longest.
    package var settling: (median: Duration, longest: Duration) {
        let sorted = settled.sorted()
        return sorted.isEmpty ? (.zero, .zero) : (sorted[sorted.count / 2], sorted[sorted.count - 1])
    }

    /// How many datagrams were sent.
    package var datagrams: Int { sent }
}
