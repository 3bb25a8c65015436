internal import LinuxPlatform
internal import NodeCore
internal import VRRP
internal import WebServer

/// What the web server asks the node for, answered from the shared facts.
struct Endpoints {
    private let configuration: Configuration
    private let facts: Facts

    init(configuration: Configuration, facts: Facts) {
        self.configuration = configuration
        self.facts = facts
    }

    /// The closures that the web server calls.
    var node: NodeEndpoints {
        let (configuration, facts) = (configuration, facts)
        return NodeEndpoints(
            nodeName: configuration.node.name,
            health: { Self.health(facts.now) },
            isLeader: { Self.holdsState(.active, facts.now) },
            isBackup: { !Self.holdsState(.active, facts.now) && Self.holdsState(.backup, facts.now) },
            metrics: { Metrics.text(facts.now, at: MonotonicClock.now()) },
            status: { Self.json(StatusBuilder.report(facts.now, configuration, at: MonotonicClock.now())) })
    }

    /// A report as JSON; what cannot be written is nothing, which no browser takes for a report.
    static func json(_ report: StatusReport) -> [UInt8] { (try? JSONText.encode(report)) ?? [] }

    private static func health(_ contents: Facts.Contents) -> (serving: Bool, reason: String) {
        guard let node = contents.node else { return (false, "starting") }
        if node.isDraining { return (false, "draining") }
        guard node.health.isServing else { return (false, node.health.reasons.map(\.text).joined(separator: "; ")) }
        return (true, "serving")
    }

    private static func holdsState(_ state: RouterState, _ contents: Facts.Contents) -> Bool {
        contents.node?.floating.contains { $0.state == state } ?? false
    }
}
