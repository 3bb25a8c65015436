/// The node that answers.
public struct NodeStatus: Codable, Hashable, Sendable {
    /// Its ID: 32 hexadecimal digits.
    public var id: String
    /// The first eight digits of the ID.
    public var short: String
    /// Its name for people.
    public var name: String
    /// The version of its software.
    public var version: String
    /// How long it has been running, in seconds.
    public var uptimeSeconds: UInt64
    /// What its lights say, such as `leader` or `cannot_serve`.
    public var signal: String
    /// Whether it has been taken out of service.
    public var isDraining: Bool

    /// All of it.
    public init(
        id: String, short: String, name: String, version: String, uptimeSeconds: UInt64, signal: String,
        isDraining: Bool
    ) {
        self.id = id
        self.short = short
        self.name = name
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.signal = signal
        self.isDraining = isDraining
    }

    enum CodingKeys: String, CodingKey {
        case id, short, name, version, signal
        case uptimeSeconds = "uptime_seconds"
        case isDraining = "draining"
    }
}

/// Whether a node may serve.
public struct HealthStatus: Codable, Hashable, Sendable {
    /// Whether it may.
    public var serving: Bool
    /// Why not, for people.
    public var reasons: [String]

    /// All of it.
    public init(
        serving: Bool, reasons: [String]
    ) {
        self.serving = serving
        self.reasons = reasons
    }
}

/// Datagrams that a node dropped.
public struct DropStatus: Codable, Hashable, Sendable {
    /// How many in all.
    public var total: UInt64
    /// How many for each reason; only those above 0.
    public var reasons: [String: UInt64]

    /// All of it.
    public init(
        total: UInt64, reasons: [String: UInt64]
    ) {
        self.total = total
        self.reasons = reasons
    }

    /// The counts for each reason; those of 0 are left out.
    public init(_ counts: [String: UInt64]) {
        self.init(total: counts.values.reduce(0, &+), reasons: counts.filter { $0.value > 0 })
    }
}

/// A node's web server.
public struct HTTPStatus: Codable, Hashable, Sendable {
    /// Its TCP port.
    public var port: UInt16
    /// How many requests it has answered.
    public var requests: UInt64
    /// How many connections are open.
    public var openConnections: Int
    /// On how many of them a request or its response is under way; the node's own requests are not counted. Nil from a
    /// version that does not tell.
    public var requestsInFlight: Int?

    /// All of it.
    public init(
        port: UInt16, requests: UInt64, openConnections: Int, requestsInFlight: Int? = nil
    ) {
        self.port = port
        self.requests = requests
        self.openConnections = openConnections
        self.requestsInFlight = requestsInFlight
    }

    enum CodingKeys: String, CodingKey {
        case port, requests
        case requestsInFlight = "requests_in_flight"
        case openConnections = "open_connections"
    }
}

/// A node's lights.
public struct LightStatus: Codable, Hashable, Sendable {
    /// What shows them: `gpio`, `act`, `terminal` or `off`.
    public var output: String
    /// Why they show nothing; nil if they do.
    public var problem: String?

    /// All of it.
    public init(
        output: String, problem: String? = nil
    ) {
        self.output = output
        self.problem = problem
    }
}

/// The site that a node serves.
public struct SiteStatus: Codable, Hashable, Sendable {
    /// The ID of the release: 64 hexadecimal digits; nil if there is none.
    public var release: String?
    /// How many files it has.
    public var files: Int
    /// How many bytes they have.
    public var bytes: UInt64
    /// How long it has been served, in seconds.
    public var activatedSecondsAgo: UInt64?
    /// Why the directory's newest content is not served; nil if it is.
    public var problem: String?

    /// All of it.
    public init(
        release: String? = nil, files: Int, bytes: UInt64, activatedSecondsAgo: UInt64? = nil, problem: String? = nil
    ) {
        self.release = release
        self.files = files
        self.bytes = bytes
        self.activatedSecondsAgo = activatedSecondsAgo
        self.problem = problem
    }

    enum CodingKeys: String, CodingKey {
        case release, files, bytes, problem
        case activatedSecondsAgo = "activated_seconds_ago"
    }
}
