/// What the web server asks its node for, to answer below `/.bramble/`.
///
/// Each closure is called on an event loop: it must be cheap and must not block.
public struct NodeEndpoints: Sendable {
    /// The node's name, for `X-Served-By` and the built-in pages.
    public var nodeName: String
    /// Whether this node may serve, and why or why not, in a sentence for people.
    public var health: @Sendable () -> (serving: Bool, reason: String)
    /// Whether this node is Active: the holder of a floating address.
    public var isLeader: @Sendable () -> Bool
    /// Whether this node stands by as Backup.
    public var isBackup: @Sendable () -> Bool
    /// The node's metrics in Prometheus' text format 0.0.4. The server appends its own, named `bramble_http_…`.
    public var metrics: @Sendable () -> String
    /// The status report as JSON.
    public var status: @Sendable () -> [UInt8]

    /// Endpoints that answer with what these closures say.
    public init(
        nodeName: String,
        health: @escaping @Sendable () -> (serving: Bool, reason: String),
        isLeader: @escaping @Sendable () -> Bool,
        isBackup: @escaping @Sendable () -> Bool,
        metrics: @escaping @Sendable () -> String,
        status: @escaping @Sendable () -> [UInt8]
    ) {
        self.nodeName = nodeName
        self.health = health
        self.isLeader = isLeader
        self.isBackup = isBackup
        self.metrics = metrics
        self.status = status
    }
}
