import Glibc
import Wire

/// Which seeds a scenario runs with: SIMULATION_SEED alone, or the first SIMULATION_SEEDS (default 10).
enum Seeds {
    static let chosen: [UInt64] = {
        if let seed = environment("SIMULATION_SEED").flatMap({ UInt64($0) }) { return [seed] }
        let count = environment("SIMULATION_SEEDS").flatMap { UInt64($0) } ?? 10
        return Array(1...max(count, 1))
    }()

    /// Half of them, for what takes longer.
    static let fewer = Array(chosen.prefix((chosen.count + 1) / 2))

    /// Whether the trace is printed as it grows.
    static let tracing = environment("SIMULATION_TRACE") != nil

    /// How a person runs this seed again.
    static func command(_ seed: UInt64) -> String { "make scenarios SEED=\(seed)" }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The last lines of what happened, in a ring.
struct Trace: Sendable {
    /// Whether each line is printed at once.
    var isPrinted = Seeds.tracing
    private var ring: [String] = []
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int = 200) { self.capacity = capacity }

    var lines: [String] { Array(ring[oldest...] + ring[..<oldest]) }

    mutating func add(_ line: String) {
        if isPrinted { print(line) }
        if ring.count < capacity {
            ring.append(line)
        } else {
            ring[oldest] = line
            oldest = (oldest + 1) % capacity
        }
    }
}
