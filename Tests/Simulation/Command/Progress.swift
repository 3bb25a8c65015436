import Foundation
import Simulator

/// A line on the standard error that says how far it is: rewritten on a terminal, else a new one now and then.
struct Progress {
    private let total: UInt64
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private var next = ContinuousClock.now

    init(total: UInt64) { self.total = total }

    mutating func show(_ tally: CampaignTally) {
        guard ContinuousClock.now >= next || tally.runs == Int(total) else { return }
        next = .now + (isTerminal ? .milliseconds(200) : .seconds(30))
        // By name, so that a long run that is broken off has not been for nothing.
        let seeds = tally.failed.prefix(10).map { "\($0.seed)" } + (tally.failed.count > 10 ? ["…"] : [])
        let names = seeds.isEmpty ? "" : ": " + seeds.joined(separator: ", ")
        write("\(tally.runs) of \(total) seeds, \(tally.failed.count) failed\(names)")
    }

    func end() { if isTerminal { write("") } }

    private func write(_ text: String) {
        let line = isTerminal ? "\r\u{1B}[K" + text : text + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
