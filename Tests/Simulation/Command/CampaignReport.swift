import Foundation
import Simulator

/// What a campaign ends with.
struct CampaignReport {
    let campaign: Campaign
    let tally: CampaignTally
    /// Kinds of trouble that were asked for and never happened.
    let unseen: [FaultKind]
    let elapsed: Duration

    var text: String {
        let width = 12
        var lines = ["what happened"]
        lines += campaign.kinds.map { "  \($0.rawValue.padded(to: width))\(tally.count(of: $0))" }
        for run in tally.failed {
            lines.append("")
            lines.append("seed \(run.seed), \(run.nodes) nodes" + (run.isIdle ? ": nothing happened" : ""))
            lines.append(run.failure ?? "replay: \(campaign.replay(run.seed))")
        }
        lines += unseen.map { "no run had any trouble of the kind \"\($0.rawValue)\"" }
        let hours = Double(tally.nodeTime.wholeSeconds) / 3600
        lines.append("")
        let settling = tally.settling
        lines.append("came to rest after \(settling.median.text), \(settling.longest.text) at most")
        lines.append(
            String(
                format: "%d seeds, %.1f node-hours, %d datagrams in %d s: %d passed, %d failed", tally.runs, hours,
                tally.datagrams, Int(elapsed.wholeSeconds), tally.runs - tally.failed.count, tally.failed.count))
        return lines.joined(separator: "\n")
    }

    var json: String {
        get throws {
            struct Failed: Encodable {
                let seed: UInt64
                let nodes: Int
                let replay: String
                let account: String
            }
            struct Report: Encodable {
                let seeds: Int
                let passed: Int
                let nodeSeconds: Int64
                let datagrams: Int
                let seconds: Int64
                let settlingMilliseconds: [Int64]
                let happened: [String: Int]
                let unseen: [String]
                let failed: [Failed]
            }
            let counts = campaign.kinds.map { ($0.rawValue, tally.count(of: $0)) }
            let report = Report(
                seeds: tally.runs, passed: tally.runs - tally.failed.count, nodeSeconds: tally.nodeTime.wholeSeconds,
                datagrams: tally.datagrams, seconds: elapsed.wholeSeconds,
                settlingMilliseconds: [tally.settling.median, tally.settling.longest].map(\.wholeMilliseconds),
                happened: Dictionary(counts, uniquingKeysWith: +), unseen: unseen.map(\.rawValue),
                failed: tally.failed.map { run in
                    Failed(
                        seed: run.seed, nodes: run.nodes, replay: campaign.replay(run.seed),
                        account: run.failure ?? "nothing happened")
                })
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return String(decoding: try encoder.encode(report), as: UTF8.self)
        }
    }
}
