internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Wire

/// A server that listens: its threads, its sockets, and the state of each event loop.
struct RunningServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let listeners: [any Channel]
    private let loops: [NIOLoopBound<LoopState>]
    private let logger: Logger
    let counters: ServerCounters

    /// Where it listens.
    let addresses: [Wire.SocketAddress]

    static func start(
        _ configuration: HTTPServer.Configuration, site: ServedSite, endpoints: NodeEndpoints, logger: Logger
    ) async throws -> RunningServer {
        let threads = max(1, configuration.threads ?? min(System.coreCount, 4))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            return try await RunningServer(configuration, site, endpoints, logger, on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private init(
        _ configuration: HTTPServer.Configuration, _ site: ServedSite, _ endpoints: NodeEndpoints, _ logger: Logger,
        on group: MultiThreadedEventLoopGroup
    ) async throws {
        self.group = group
        self.logger = logger
        let eventLoops = Array(group.makeIterator())
        let counters = ServerCounters(loops: eventLoops.map { _ in LoopCounters() })
        self.counters = counters
        let settings = ServerSettings(configuration, logger: logger)
        let responder = Responder(
            site: site, endpoints: StatusEndpoints(node: endpoints, counters: counters), logger: logger)
        let capacity = ConnectionCapacity(limit: settings.maximumConnections, logger: logger)
        var states: [ObjectIdentifier: NIOLoopBound<LoopState>] = [:]
        for (eventLoop, counters) in zip(eventLoops, counters.loops) {
            states[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                let state = LoopState(
                    settings: settings, responder: responder, counters: counters, capacity: capacity,
                    eventLoop: eventLoop)
                return NIOLoopBound(state, eventLoop: eventLoop)
            }.get()
        }
        let byLoop = states
        loops = Array(byLoop.values)
        listeners = try await Listener.bind(configuration, on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let state = byLoop[ObjectIdentifier(channel.eventLoop)] else { throw ChannelError.eof }
                try channel.pipeline.syncOperations.addHandler(ConnectionHandler(state.value))
            }
        }
        addresses = listeners.compactMap { $0.localAddress.flatMap(Wire.SocketAddress.init) }
    }

    /// Whether every event loop knows that the server stops: what begins from then on is the last on its connection.
    var isStopping: Bool {
        get async {
            for loop in loops {
                let knows = try? await loop.eventLoop.submit { loop.value.isStopping }.get()
                if knows != true { return false }
            }
            return true
        }
    }

    /// Every connection ends with what it is doing now, or with its next request.
    func beginDrain(within limit: Duration?) {
        let limit = limit.map { TimeAmount.nanoseconds($0.wholeNanoseconds) }
        for loop in loops { loop.eventLoop.execute { loop.value.beginDrain(within: limit) } }
    }

    /// Connections may stay open again.
    func endDrain() {
        for loop in loops { loop.eventLoop.execute { loop.value.endDrain() } }
    }

    /// Stops listening, lets responses go on for at most this long, then ends everything.
    func stop(within limit: Duration) async {
        for listener in listeners { try? await listener.close() }
        let finished = loops.map { loop in loop.eventLoop.flatSubmit { loop.value.stop() } }
        let deadline = loops.map { loop in
            loop.eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) { loop.value.closeAll() }
        }
        for future in finished { try? await future.get() }
        for task in deadline { task.cancel() }
        do {
            try await group.shutdownGracefully()
        } catch {
            logger.warning("The HTTP server's threads did not end as they should.", metadata: ["reason": "\(error)"])
        }
    }
}

extension ServerSettings {
    /// The configuration, within what the system grants.
    init(_ configuration: HTTPServer.Configuration, logger: Logger) {
        requests = RequestLimits(
            requestLine: configuration.maximumRequestLine, head: configuration.maximumHead,
            fields: configuration.maximumFields)
        deadlines.head = TimeAmount(configuration.headTimeout)
        deadlines.idle = TimeAmount(configuration.idleTimeout)
        deadlines.write = TimeAmount(configuration.writeTimeout)
        maximumConnections = max(1, configuration.maximumConnections)
        let granted = FileLimit.connections(wanted: maximumConnections)
        guard granted < maximumConnections else { return }
        logger.warning(
            "The system grants too few file descriptors for as many HTTP connections as configured; raise LimitNOFILE.",
            metadata: ["configured": "\(maximumConnections)", "possible": "\(granted)"])
        maximumConnections = granted
    }
}
