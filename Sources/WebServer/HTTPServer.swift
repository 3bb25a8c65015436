public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization
public import Wire

/// The node's HTTP/1.1 server: the site, and what is below `/.bramble/`.
///
/// It has threads of its own and shares none with the control plane. ``run()`` may be called again after it has ended
/// or failed.
public struct HTTPServer: Service {
    /// Where and within which limits the server works. The defaults suit a Raspberry Pi.
    public struct Configuration: Sendable {
        /// The TCP port; 0 lets the system choose one.
        public var port: UInt16 = 80
        /// The addresses to listen on, whether the machine has them yet or not; empty: all, IPv6 and IPv4. If none of
        /// them is a loopback address or stands for all, the server listens on 127.0.0.1 too.
        public var addresses: [IPAddress] = []
        /// How many threads serve connections; nil: one for each core, at most four.
        public var threads: Int?
        /// How many connections the system may hold ready to be accepted.
        public var backlog: Int32 = 1024
        /// How many connections may be open. Fewer if the system does not grant the file descriptors.
        public var maximumConnections = 8192
        /// The longest request line in bytes.
        public var maximumRequestLine = 8 << 10
        /// The longest head of a request in bytes.
        public var maximumHead = 16 << 10
        /// The most fields of a request.
        public var maximumFields = 100
        /// How long the head of a request may take to arrive.
        public var headTimeout: Duration = .seconds(10)
        /// How long a connection may stay open without a request.
        public var idleTimeout: Duration = .seconds(60)
        /// How long a client may take less than 4 KiB of its response, or of what is left of it.
        public var writeTimeout: Duration = .seconds(30)
        /// How long responses may go on when the server stops or drains.
        public var shutdownTimeout: Duration = .seconds(10)

        /// All defaults.
        public init() {}
    }

    private let configuration: Configuration
    private let site: ServedSite
    private let endpoints: NodeEndpoints
    private let logger: Logger
    private let bound = BoundAddresses()
    private let whenListening: @Sendable ([Wire.SocketAddress]) -> Void

    /// A server for this site. `whenListening` is told the addresses each time that ``run()`` has begun to listen.
    public init(
        configuration: Configuration, site: ServedSite, endpoints: NodeEndpoints, logger: Logger,
        whenListening: @escaping @Sendable ([Wire.SocketAddress]) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.site = site
        self.endpoints = endpoints
        self.logger = logger
        self.whenListening = whenListening
    }

    /// Where the server listens now, with the port that the system chose for port 0; empty while it does not.
    public var boundAddresses: [Wire.SocketAddress] { bound.addresses.withLock { $0 } }

    /// What the server has done since it began to listen, and does now.
    public struct Traffic: Hashable, Sendable {
        /// Requests answered, whatever the status.
        public var requests: UInt64 = 0
        /// Connections open now.
        public var openConnections = 0
        /// Connections on which a request or its response was under way when they were last looked at: half a second
        /// ago at most, 50 ms while the server drains or stops. The node's own requests to itself are not counted.
        public var requestsInFlight = 0

        /// Nothing done yet.
        public init() {}
    }

    /// What the server has done since it last began to listen; nothing before that.
    public var traffic: Traffic { bound.traffic }

    /// Tells the ``traffic`` of any moment, and keeps nothing of the server alive but its counters.
    public var trafficReader: @Sendable () -> Traffic {
        let bound = bound
        return { bound.traffic }
    }

    /// Each response is the last on its connection from now on, and idle connections end: clients come anew, to whichever
    /// node the address leads them. What is under way may go on for `shutdownTimeout`, or, where the drain is not bounded,
    /// to its end. Never blocks; holds for a later ``run()``, too.
    public func beginDrain(isBounded: Bool = true) {
        let drain = Drain(limit: isBounded ? configuration.shutdownTimeout : nil)
        bound.drain.withLock { $0 = drain }
        bound.server.withLock { $0 }?.beginDrain(within: drain.limit)
    }

    /// Connections may stay open again.
    public func endDrain() {
        bound.drain.withLock { $0 = nil }
        bound.server.withLock { $0 }?.endDrain()
    }

    /// How many connections have a request or a response under way (``Traffic/requestsInFlight``).
    public var requestsInFlight: Int { traffic.requestsInFlight }

    /// Serves until the task is cancelled or a graceful shutdown begins; then lets responses under way finish.
    ///
    /// Throws a ``BindError`` if it can't listen.
    public func run() async throws {
        let server = try await RunningServer.start(configuration, site: site, endpoints: endpoints, logger: logger)
        bound.addresses.withLock { $0 = server.addresses }
        bound.counters.withLock { $0 = server.counters }
        bound.server.withLock { $0 = server }
        if let drain = bound.drain.withLock({ $0 }) { server.beginDrain(within: drain.limit) }
        defer {
            bound.addresses.withLock { $0 = [] }
            bound.server.withLock { $0 = nil }
        }
        let places = server.addresses.map(\.description).joined(separator: ", ")
        logger.info("HTTP: listening.", metadata: ["addresses": "\(places)"])
        whenListening(server.addresses)
        do {
            try await gracefulShutdown()
        } catch {
            await server.stop(within: .zero)
            throw error
        }
        await server.stop(within: configuration.shutdownTimeout)
    }

    /// Throws what ``run()`` would throw if the configured port can't be had now. Leaves nothing open.
    public static func checkBinding(_ configuration: Configuration) async throws(BindError) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, BindError>
        do throws(BindError) {
            let channels = try await Listener.bind(configuration, on: group) { $0.close() }
            for channel in channels { try? await channel.close() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await group.shutdownGracefully()
        try result.get()
    }
}

/// Where a server listens and what it has counted, for any thread to read.
private final class BoundAddresses: Sendable {
    let addresses = Mutex<[Wire.SocketAddress]>([])
    let counters = Mutex<ServerCounters?>(nil)
    /// While it runs.
    let server = Mutex<RunningServer?>(nil)
    let drain = Mutex<Drain?>(nil)

    var traffic: HTTPServer.Traffic {
        guard let counters = counters.withLock({ $0 }) else { return HTTPServer.Traffic() }
        var traffic = HTTPServer.Traffic()
        traffic.requests = counters.requests
        traffic.openConnections = max(0, counters.openConnections)
        traffic.requestsInFlight = max(0, counters.requestsInFlight)
        return traffic
    }
}

/// Connections are to end.
struct Drain: Sendable {
    /// After which time they are ended, whatever they do; nil for never.
    let limit: Duration?
}
