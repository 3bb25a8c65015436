import ArgumentParser
import Foundation
import Simulator
import Wire

/// Measures membership for clusters of many sizes.
struct CurvesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curves", abstract: "Membership by the size of the cluster, and in bad weather, as JSON.",
        discussion: """
            EXAMPLES
              simulate curves --output membership.json
              simulate curves --nodes 2,3,5 --seeds 5
            """)

    @Option(help: "The sizes, with commas between them.")
    var nodes = "2,3,5,10,20,50,100,200,500,1000"
    @Option(help: "How many seeds each figure of a small cluster comes from.")
    var seeds = 20
    @Option(help: "Seconds of bad weather for each seed.")
    var weather = 300
    @Option(help: "The file to write; the standard output if none is named.")
    var output: String?

    func validate() throws {
        guard let sizes, !sizes.isEmpty, sizes.allSatisfy({ (2...1000).contains($0) }) else {
            throw ValidationError("--nodes is a list of numbers from 2 to 1000, such as 2,3,5")
        }
        guard (1...10_000).contains(seeds), (1...86_400).contains(weather) else {
            throw ValidationError("--seeds is 1 to 10000, --weather 1 to 86400")
        }
    }

    /// In larger clusters bad weather takes too long to simulate; in those of more than ten nodes it is looked at for about as
    /// many hours of nodes as in those.
    private static let largestInWeather = 100
    private static let largestWithAllSeeds = 10

    private var sizes: [Int]? {
        let numbers = nodes.split(separator: ",").map { Int($0) }
        return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
    }

    func run() async throws {
        let small = (sizes ?? []).filter { $0 <= 10 }
        let curves = ClusterCurves(seeds: seeds)
        let weather = Duration.seconds(weather)
        var report = CurvesReport(seeds: seeds)
        // The largest first, so that no processor waits for it in the end.
        let points = await inParallel((sizes ?? []).sorted(by: >)) { size in
            let point = curves.point(nodes: size)
            Self.tell("\(size) nodes measured")
            return point
        }
        report.curves = points.sorted { $0.nodes < $1.nodes }.map(CurvesReport.Point.init)
        let cases = small.flatMap { size in (1..<size).map { (size, $0) } }
        report.correlated = await inParallel(cases) { size, crashes in
            CurvesReport.Correlated(
                nodes: size, crashes: crashes, deaths: curves.correlated(nodes: size, crashes: crashes))
        }
        report.correlated.sort { ($0.nodes, $0.crashes) < ($1.nodes, $1.crashes) }
        let skies = (sizes ?? []).filter { $0 <= Self.largestInWeather }.flatMap { size in
            FalseDeaths.Weather.allCases.flatMap { sky in FalseDeaths.Rules.allCases.map { (size, sky, $0) } }
        }
        let counts = await inParallel(skies) { size, sky, rules in
            let seeds = max(1, min(seeds, seeds * Self.largestWithAllSeeds / size))
            let count = FalseDeaths(seeds: seeds, length: weather).count(rules, sky, nodes: size)
            Self.tell("\(rules.rawValue), \(size) nodes, \(sky.rawValue): measured")
            return count
        }
        let order = FalseDeaths.Weather.allCases
        report.falseDeaths = counts.sorted {
            (order.firstIndex(of: $0.weather) ?? 0, $0.nodes, $0.rules.rawValue)
                < (order.firstIndex(of: $1.weather) ?? 0, $1.nodes, $1.rules.rawValue)
        }.map(CurvesReport.FalseDeath.init)
        try write(report)
    }

    private func write(_ report: CurvesReport) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let data = try encoder.encode(report)
        guard let output else { return print(String(decoding: data, as: UTF8.self)) }
        let file = URL(fileURLWithPath: output)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    private static func tell(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// Does this for each, as many at once as there are processors, and answers in the order in which they were done.
private func inParallel<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ work: @escaping @Sendable (Input) -> Output
) async -> [Output] {
    await withTaskGroup(of: Output.self) { group in
        var waiting = inputs.makeIterator()
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
            guard let input = waiting.next() else { break }
            group.addTask { work(input) }
        }
        var done: [Output] = []
        while let output = await group.next() {
            done.append(output)
            if let input = waiting.next() { group.addTask { work(input) } }
        }
        return done
    }
}
