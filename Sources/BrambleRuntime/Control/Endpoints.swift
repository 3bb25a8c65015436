internal import LinuxPlatform
internal import NodeCore
internal import VRRP
internal import WebServer
internal import Wire

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

    /// How old the node's word may be: the control thread gives it twice a second at least.
    private static let freshness = Duration.seconds(2)

    private static func isFresh(_ contents: Facts.Contents) -> Bool {
        contents.seenAt.duration(to: MonotonicClock.now()) <= freshness
    }

    /// A report as JSON; what cannot be written is nothing, which no browser takes for a report.
    static func json(_ report: StatusReport) -> [UInt8] { (try? JSONText.encode(report)) ?? [] }

    private static func health(_ contents: Facts.Contents) -> (serving: Bool, reason: String) {
        guard let node = contents.node else { return (false, "starting") }
        guard isFresh(contents) else { return (false, "the node's logic stands still") }
        if node.isDraining { return (false, "draining") }
        guard node.health.isServing else { return (false, node.health.reasons.map(\.text).joined(separator: "; ")) }
        return (true, "serving")
    }

    private static func holdsState(_ state: RouterState, _ contents: Facts.Contents) -> Bool {
        isFresh(contents) && contents.node?.floating.contains { $0.state == state } ?? false
    }
}
