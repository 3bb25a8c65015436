/// What a node knows, for people and programs: the answer to `bramble status` and `/.bramble/api/status`.
///
/// Field names in JSON are stable: within one `version`, fields are added and never renamed or removed.
public struct StatusReport: Codable, Hashable, Sendable {
    /// The version of this form that is written now.
    public static let currentVersion = 1

    /// The version of the form that this report has.
    public var version = StatusReport.currentVersion
    /// The node that answers.
    public var node: NodeStatus
    /// Its cluster, as it sees it.
    public var cluster: ClusterStatus
    /// The floating addresses, in the order of the configuration.
    public var floating: [FloatingStatus]
    /// The address that the cluster asks a DHCP server for; nil if its addresses are configured.
    public var lease: LeaseReport?
    /// What is wrong between it and others, what harms most first; nil from a version that does not tell.
    public var troubles: [TroubleStatus]?
    /// How it stands with nodes that have no key; nil where nobody is let in.
    public var pairing: PairingReport?
    /// The site that it serves.
    public var site: SiteStatus
    /// Whether it may serve.
    public var health: HealthStatus
    /// Datagrams that it dropped.
    public var drops: DropStatus
    /// Its web server.
    public var http: HTTPStatus
    /// Its lights.
    public var lights: LightStatus
    /// Its hooks, one entry for each that is configured; nil if none is.
    public var hooks: [HookStatus]?
    /// Whether its control thread runs at real-time priority, with its memory locked.
    public var realTime: Bool
    /// Its lifelines; nil from a daemon that knows none.
    public var lifelines: LifelineStatus?
    /// What a person should know, most important first: whole sentences.
    public var warnings: [String]

    /// A report of the current version.
    public init(
        node: NodeStatus, cluster: ClusterStatus, floating: [FloatingStatus], site: SiteStatus, health: HealthStatus,
        drops: DropStatus, http: HTTPStatus, lights: LightStatus, hooks: [HookStatus]? = nil, realTime: Bool,
        lifelines: LifelineStatus? = nil,
        warnings: [String]
    ) {
        self.node = node
        self.cluster = cluster
        self.floating = floating
        self.site = site
        self.health = health
        self.drops = drops
        self.http = http
        self.lights = lights
        self.hooks = hooks
        self.realTime = realTime
        self.lifelines = lifelines
        self.warnings = warnings
    }

    enum CodingKeys: String, CodingKey {
        case version, node, cluster, floating, lease, troubles, pairing, site, health, drops, http, lights, hooks
        case lifelines, warnings
        case realTime = "real_time"
    }

    /// Whether everything is as it should be: `bramble status` then exits with 0.
    public var isHealthy: Bool { health.serving && warnings.isEmpty && site.problem == nil }
}
