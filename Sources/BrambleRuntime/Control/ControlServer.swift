internal import LinuxPlatform
internal import Wire

/// The control socket's listener and its connections; one request a line, one answer a line.
struct ControlServer {
    private let listener: UnixListener
    private var connections: [UInt64: UnixConnection] = [:]
    private var nextToken: UInt64 = firstConnection

    /// Until when nobody is let in, for the kernel has nothing left for another connection.
    private var pausedUntil: Instant?

    /// More than the commands of one machine will ever open; one more is closed at once.
    private static let mostConnections = 32
    private static let pause = Duration.seconds(1)
    private static let listening = Poller.Token(3)
    private static let firstConnection: UInt64 = 100

    init(path: String) throws(SystemError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Directory.make(String(path[..<slash]))
        }
        listener = try UnixListener(path: path)
    }

    /// Watches for connections.
    func watch(with poller: Poller) throws(SystemError) { try poller.add(listener.descriptor, token: Self.listening) }

    /// Deals with what the poller saw: accepts, reads, and answers each line by `answer`.
    mutating func handle(_ event: Poller.Ready, poller: Poller, answer: (String) -> String) {
        if event.token == Self.listening { return accept(with: poller, at: MonotonicClock.now()) }
        guard let connection = connections[event.token.number] else { return }
        do throws(SystemError) {
            if event.canWrite { try connection.flush() }
            let received = try connection.receive()
            for line in received.lines { try connection.send(answer(line) + "\n") }
            if (received.isFinished || event.isBroken) && !connection.hasPending {
                return close(event.token.number, poller)
            }
            try poller.change(
                connection.descriptor, token: event.token, for: connection.hasPending ? .writing : .reading)
        } catch {
            close(event.token.number, poller)
        }
    }

    /// When `resume` is to be called.
    var nextDeadline: Instant? { pausedUntil }

    /// Watches for connections again once a pause is over.
    mutating func resume(with poller: Poller, at now: Instant) {
        guard let due = pausedUntil, due <= now else { return }
        pausedUntil = (try? watch(with: poller)) == nil ? now.advanced(by: Self.pause) : nil
    }

    private mutating func accept(with poller: Poller, at now: Instant) {
        do throws(SystemError) {
            try acceptAll(with: poller)
        } catch {
            // Who waits goes on waiting: without a pause the poller would report it again at once, and for ever.
            try? poller.remove(listener.descriptor)
            pausedUntil = now.advanced(by: Self.pause)
        }
    }

    private mutating func acceptAll(with poller: Poller) throws(SystemError) {
        while let connection = try listener.accept() {
            guard connections.count < Self.mostConnections else { continue }
            let token = nextToken
            guard (try? poller.add(connection.descriptor, token: .init(token))) != nil else { continue }
            nextToken += 1
            connections[token] = connection
        }
    }

    private mutating func close(_ token: UInt64, _ poller: Poller) {
        guard let connection = connections.removeValue(forKey: token) else { return }
        // A descriptor that is closed leaves the poller by itself; this only makes it so at once.
        try? poller.remove(connection.descriptor)
    }
}
