internal import Logging
internal import NIOCore
internal import Synchronization
internal import Wire

/// What connections need to know; the same on each event loop.
struct ServerSettings: Sendable {
    var requests = RequestLimits()
    /// A body of at most so many bytes is read and dropped; with a larger one, the connection ends.
    var drainedBody: UInt64 = 64 << 10
    var maximumConnections = 8192
    var deadlines = Deadlines()
}

/// What the connections on one event loop share. It belongs to that loop: no lock, no other thread.
final class LoopState {
    let settings: ServerSettings
    let responder: Responder
    let counters: LoopCounters
    let eventLoop: any EventLoop
    private(set) var isStopping = false
    private(set) var isDraining = false
    private var common: CommonLines
    private let capacity: ConnectionCapacity
    private var connections: [ObjectIdentifier: ConnectionHandler] = [:]
    private var sweep: Scheduled<Void>?
    private var drainEnd: Scheduled<Void>?
    private var emptied: [EventLoopPromise<Void>] = []

    init(
        settings: ServerSettings, responder: Responder, counters: LoopCounters, capacity: ConnectionCapacity,
        eventLoop: any EventLoop
    ) {
        self.settings = settings
        self.responder = responder
        self.counters = counters
        self.capacity = capacity
        self.eventLoop = eventLoop
        common = CommonLines(node: responder.endpoints.node.nodeName)
    }

    /// Whether each response is the last on its connection.
    var isClosing: Bool { isStopping || isDraining }

    /// `X-Served-By` and `Date`, as of now.
    func commonLines() -> ByteBuffer {
        common.refresh()
        return common.bytes
    }

    /// Takes a connection in; false if there are too many. `isOwn`: the node itself has made it.
    func add(_ connection: ConnectionHandler, isOwn: Bool) -> Bool {
        guard capacity.take(isOwn: isOwn) else {
            counters.countRefused()
            return false
        }
        connections[ObjectIdentifier(connection)] = connection
        counters.countOpened()
        // No connections, no timer: an idle node sleeps.
        if sweep == nil { scheduleSweep() }
        return true
    }

    func remove(_ connection: ConnectionHandler) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        capacity.giveBack()
        counters.countClosed()
        guard connections.isEmpty else { return }
        counters.setInFlight(0)
        sweep?.cancel()
        sweep = nil
        for promise in emptied { promise.succeed() }
        emptied = []
    }

    private func scheduleSweep() {
        let tick = isClosing ? Deadlines.tickWhenClosing : settings.deadlines.tick
        sweep = eventLoop.assumeIsolated().scheduleTask(in: tick) { self.checkDeadlines() }
    }

    private func checkDeadlines() {
        // Before the connections: the last one to end cancels it.
        scheduleSweep()
        let now = NIODeadline.now()
        for connection in Array(connections.values) { connection.checkDeadlines(now) }
        countInFlight()
    }

    private func countInFlight() { counters.setInFlight(connections.values.count(where: \.isBusy)) }

    /// Every connection ends with what it is doing now or next, and the idle ones at once. Those that were there are
    /// ended when `limit` has passed, if there is one; new ones are served.
    func beginDrain(within limit: TimeAmount?) {
        if !isDraining { closeWhatIsIdle() }
        isDraining = true
        guard let limit, drainEnd == nil else { return }
        let present = Array(connections.values)
        drainEnd = eventLoop.assumeIsolated().scheduleTask(in: limit) {
            for connection in present { connection.abort() }
        }
    }

    /// Connections may stay open again.
    func endDrain() {
        isDraining = false
        drainEnd?.cancel()
        drainEnd = nil
    }

    private func closeWhatIsIdle() {
        for connection in Array(connections.values) { connection.stop() }
        countInFlight()
        sweep?.cancel()
        if connections.isEmpty { sweep = nil } else { scheduleSweep() }
    }

    /// Lets each connection finish what it is doing. The result comes when none is left.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        closeWhatIsIdle()
        guard !connections.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        emptied.append(promise)
        return promise.futureResult
    }

    /// Ends each connection, whatever it is doing.
    func closeAll() {
        for connection in Array(connections.values) { connection.abort() }
    }
}

/// How many connections the whole server has room for.
final class ConnectionCapacity: Sendable {
    private struct State {
        var taken = 0
        var isFull = false
    }

    /// Room beyond the limit for the node itself: it must be able to see that a full server is alive.
    static let reserve = 16

    private let limit: Int
    private let logger: Logger
    private let state = Mutex(State())

    init(limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    /// Takes room for one; false if there is none. That is logged once, until a tenth is free again.
    func take(isOwn: Bool) -> Bool {
        let limit = isOwn ? limit + Self.reserve : limit
        let (hasRoom, isNews) = state.withLock { state in
            if state.taken < limit {
                state.taken += 1
                return (true, false)
            }
            defer { state.isFull = true }
            return (false, !state.isFull)
        }
        if isNews {
            logger.warning(
                "Too many HTTP connections: new ones are closed at once, those that are open go on.",
                metadata: ["limit": "\(self.limit)"])
        }
        return hasRoom
    }

    func giveBack() {
        state.withLock { state in
            state.taken -= 1
            if state.taken <= limit - limit / 10 - 1 { state.isFull = false }
        }
    }
}
