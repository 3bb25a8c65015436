import ArgumentParser
import Foundation
import Simulator
import Wire

/// Runs seeds, and says which promises were broken.
struct CampaignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign", abstract: "Trouble for many clusters, each from its seed; the promises are checked.",
        discussion: """
            Each cluster has trouble for a while, and then a calm phase in which it must come to rest. Seeds that
            failed are told with the command that runs them again. The exit status is 1 if any did.

            EXAMPLES
              simulate --seeds 1000                   the first thousand
              simulate --seed 7                       one, with all that happens
              simulate --seeds 200 --nodes 20-50 --length 60
              simulate --seeds 500 --faults partition,loss,hang

            KINDS OF TROUBLE
            \(FaultKind.allCases.map { "  " + $0.rawValue.padded(to: 12) + $0.explanation }.joined(separator: "\n"))
            """)

    @Option(help: "How many seeds; 100 by default.")
    var seeds: UInt64?
    @Option(help: "The first of them; 1 by default.")
    var from: UInt64?
    @Option(help: "This seed alone, with a trace.")
    var seed: UInt64?
    @Option(help: "How many nodes a cluster has, from 2 to 200: 3, or 2-50. Small ones are the most frequent.")
    var nodes = NodeRange(2...7)
    @Option(help: "Seconds of trouble, in virtual time.")
    var length: Int = 10
    @Option(help: "The kinds of trouble, with commas between them; all by default.")
    var faults: String?
    @Option(help: "How many run at once; one for each processor by default.")
    var jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "What came of it as JSON.")
    var json = false

    func validate() throws {
        guard (1...86_400).contains(length) else { throw ValidationError("--length is 1 to 86400 seconds") }
        guard seed == nil || !json else { throw ValidationError("--seed shows a trace, and has no --json") }
        guard seed == nil || (seeds == nil && from == nil) else {
            throw ValidationError("--seed runs one seed alone: leave --seeds and --from out, or --seed")
        }
        guard count > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs are 1 or more") }
        guard first.addingReportingOverflow(count).overflow == false else {
            throw ValidationError("--from and --seeds together are too large")
        }
        for kind in try kinds() where faults != nil && kind.leastNodes > nodes.range.upperBound {
            throw ValidationError("\(kind.rawValue) takes \(kind.leastNodes) nodes or more")
        }
    }

    func run() async throws {
        let campaign = Campaign(nodes: nodes.range, length: .seconds(length), kinds: try kinds())
        if let seed {
            try replay(seed, campaign)
        } else {
            try await runAll(campaign)
        }
    }

    private var count: UInt64 { seeds ?? 100 }
    private var first: UInt64 { from ?? 1 }

    private func kinds() throws -> [FaultKind] {
        guard let faults else { return FaultKind.allCases }
        return try faults.split(whereSeparator: { ", ".contains($0) }).map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                let known = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no trouble named \"\(name)\"; there are \(known)")
            }
            return kind
        }
    }

    private func replay(_ seed: UInt64, _ campaign: Campaign) throws {
        var campaign = campaign
        campaign.isTracing = true
        let run = campaign.run(seed: seed)
        if let failure = run.failure {
            print("\n" + (failure.split(separator: "\nreplay:").first.map(String.init) ?? failure))
            throw ExitCode.failure
        }
        if run.isIdle {
            print("\nseed \(seed): nothing happened, so it shows nothing")
            throw ExitCode.failure
        }
        print("\nseed \(seed): \(run.nodes) nodes, \(run.virtual.wholeSeconds) s: every promise was kept")
    }

    private func runAll(_ campaign: Campaign) async throws {
        let begin = ContinuousClock.now
        var progress = Progress(total: count)
        let tally = await campaign.runAll(first..<(first + count), jobs: jobs) { tally in
            progress.show(tally)
        }
        progress.end()
        let unseen =
            count >= 100
            ? campaign.kinds.filter { tally.count(of: $0) == 0 && $0.leastNodes <= nodes.range.upperBound } : []
        let report = CampaignReport(
            campaign: campaign, tally: tally, unseen: unseen, elapsed: ContinuousClock.now - begin)
        print(json ? try report.json : report.text)
        if !tally.failed.isEmpty || !unseen.isEmpty { throw ExitCode.failure }
    }
}

extension Campaign {
    /// Runs these seeds, so many at once, and shows what came of them so far after each.
    func runAll(_ seeds: Range<UInt64>, jobs: Int, show: (CampaignTally) -> Void) async -> CampaignTally {
        await withTaskGroup(of: CampaignRun.self) { group in
            var waiting = seeds.makeIterator()
            for _ in 0..<jobs {
                guard let seed = waiting.next() else { break }
                group.addTask { run(seed: seed) }
            }
            var tally = CampaignTally()
            while let done = await group.next() {
                tally.add(done)
                show(tally)
                if let seed = waiting.next() { group.addTask { run(seed: seed) } }
            }
            return tally
        }
    }
}

/// A number of nodes, or two with a dash between them.
struct NodeRange: ExpressibleByArgument, CustomStringConvertible {
    let range: ClosedRange<Int>

    init(_ range: ClosedRange<Int>) { self.range = range }

    init?(argument: String) {
        let numbers = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(numbers.count), let low = numbers.first ?? nil, let high = numbers.last ?? nil,
            low >= 2, low <= high, high <= 200
        else { return nil }
        range = low...high
    }

    var description: String { "\(range.lowerBound)-\(range.upperBound)" }
    var defaultValueDescription: String { description }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Duration {
    var wholeSeconds: Int64 { components.seconds }
    var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
    var text: String { wholeMilliseconds < 10_000 ? "\(wholeMilliseconds) ms" : "\(wholeSeconds) s" }
}
