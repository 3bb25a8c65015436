import Simulator
import Wire

/// What the curves are written as; times are in milliseconds of virtual time.
struct CurvesReport: Encodable {
    struct Spread: Encodable {
        let median: Double
        let max: Double

        /// Nil for none.
        init?(_ times: [Duration]) {
            let sorted = times.sorted()
            guard let last = sorted.last else { return nil }
            median = sorted[sorted.count / 2].milliseconds
            max = last.milliseconds
        }
    }

    struct Point: Encodable {
        let nodes: Int
        let runs: Int
        let firstSuspicion: Spread?
        let confirmedDeath: Spread?
        let join: Spread?
        let heal: Spread?
        let bytesPerSecond: Double
        let packetsPerSecond: Double

        init(_ point: ClusterCurves.Point) {
            nodes = point.nodes
            runs = point.runs
            firstSuspicion = Spread(point.firstSuspicion)
            confirmedDeath = Spread(point.confirmedDeath)
            join = Spread(point.join)
            heal = Spread(point.heal)
            bytesPerSecond = point.bytesPerSecond
            packetsPerSecond = point.packetsPerSecond
        }
    }

    struct Correlated: Encodable {
        let nodes: Int
        let crashes: Int
        let runs: Int
        let confirmedDeath: Spread?

        init(nodes: Int, crashes: Int, deaths: [Duration]) {
            self.nodes = nodes
            self.crashes = crashes
            runs = deaths.count
            confirmedDeath = Spread(deaths)
        }
    }

    struct FalseDeath: Encodable {
        let `protocol`: String
        let weather: String
        let nodes: Int
        let nodeHours: Double
        let suspicions: Int
        let falseDeaths: Int

        init(_ count: FalseDeaths.Count) {
            `protocol` = count.rules.rawValue
            weather = count.weather.rawValue
            nodes = count.nodes
            nodeHours = count.nodeTime.milliseconds / 3_600_000
            suspicions = count.suspicions
            falseDeaths = count.deaths
        }
    }

    let seeds: Int
    var curves: [Point] = []
    var correlated: [Correlated] = []
    var falseDeaths: [FalseDeath] = []
}

extension Duration {
    fileprivate var milliseconds: Double { Double(wholeNanoseconds) / 1e6 }
}
