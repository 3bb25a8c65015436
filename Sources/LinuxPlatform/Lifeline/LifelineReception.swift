internal import CLinux
internal import Glibc
internal import Wire

/// Accepts lifelines and holds them, on the one thread that made it. The work of a turn is bounded, and so is that of a
/// second, whatever strangers do.
final class LifelineReception {
    /// How many connections are accepted in a window; who comes later waits in the kernel's queue.
    static let mostAccepted = 16
    static let window = Duration.milliseconds(100)
    /// How often a connection may send something in a window: a byte every 5 ms, while it sees whether it is acknowledged.
    static let mostReadings = 40
    private static let receiveRoom: Int32 = 16384
    private static let backlog: Int32 = 64
    private static let pauseWithoutRoom = Duration.seconds(1)
    private static let listening = Poller.Token(1)
    private static let firstConnection: UInt64 = 16

    private struct Connection {
        let socket: LifelineSocket
        let ip: IPAddress
        var readings = 0
        var windowEnd = Instant.zero

        /// Whether it keeps within bounds.
        mutating func mayTalk(at now: Instant) -> Bool {
            if windowEnd <= now { (windowEnd, readings) = (now.advanced(by: LifelineReception.window), 0) }
            readings += 1
            return readings <= LifelineReception.mostReadings
        }
    }

    /// The TCP port.
    let port: UInt16
    private let listeners: [LifelineSocket]
    private let poller: Poller
    private var connections: [UInt64: Connection] = [:]
    private var nextToken = firstConnection
    private var accepted = 0
    private var windowEnd = Instant.zero
    /// Until when nobody is let in.
    private var pausedUntil: Instant?
    /// Who is here and who may be.
    var places = LifelinePlaces()
    /// How many were turned away, or sent away because they talked.
    private(set) var turnedAway: UInt64 = 0

    /// Takes the TCP port on every address of the network namespace (port 0: any free one); does without IPv6 where the
    /// kernel has none.
    init(port: UInt16, poller: Poller) throws(SystemError) {
        let four = try Self.open(AF_INET, .v4(0), port)
        self.port = UInt16(clamping: bramble_local_port(four.descriptor))
        var listeners = [four]
        do throws(SystemError) {
            listeners.append(try Self.open(AF_INET6, .v6(0, 0), self.port))
        } catch {
            guard [EAFNOSUPPORT, EADDRNOTAVAIL, ENOPROTOOPT].contains(error.code) else { throw error }
        }
        self.listeners = listeners
        self.poller = poller
        for listener in listeners { try poller.add(listener.descriptor, token: Self.listening) }
    }

    private static func open(_ family: Int32, _ any: IPAddress, _ port: UInt16) throws(SystemError) -> LifelineSocket {
        let call = "listen on TCP port \(port)"
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = try Descriptor.socket(family, type, 0, "a TCP socket")
        // Connections of an earlier run that are still on their way out do not count as a use of the port.
        try check(bramble_set_option(socket.number, SOL_SOCKET, SO_REUSEADDR, 1), call)
        if family == AF_INET6 {
            try check(bramble_set_option(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1), call)
        }
        // Connections inherit it: little room for what is thrown away anyhow, but enough for sixteen acknowledgements at
        // once while nobody reads (the kernel makes them by the window; with less room they take 40 ms).
        _ = bramble_set_option(socket.number, SOL_SOCKET, SO_RCVBUF, receiveRoom)
        var endpoint = bramble_endpoint(any, port: port)
        guard bramble_bind(socket.number, &endpoint) == 0, listen(socket.number, backlog) == 0 else {
            throw .current(call, advice: advice(for: errno, port))
        }
        return LifelineSocket(socket)
    }

    private static func advice(for code: Int32, _ port: UInt16) -> String? {
        let unaffected = "Without it the others notice this node's death by its silence, a little later."
        switch code {
        case EADDRINUSE:
            return
                "Another program has the port (`ss -ltnp 'sport = :\(port)'` names it): stop it and restart bramble, "
                + "or choose another port under [cluster], the same on every node. \(unaffected)"
        case EACCES, EPERM: return "Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE. \(unaffected)"
        default: return unaffected
        }
    }

    /// When `resume` is to be called.
    var nextDeadline: Instant? { pausedUntil }

    /// Deals with what the poller saw.
    func handle(_ event: Poller.Ready, at now: Instant) {
        guard event.token != Self.listening else { return accept(at: now) }
        switch connections[event.token.number]?.socket.discard() {
        case nil, .nothing: return
        case .bytes where connections[event.token.number]?.mayTalk(at: now) == true: return
        case .bytes:
            turnedAway += 1
            close(event.token.number)
        case .ended: close(event.token.number)
        }
    }

    /// Lets people in again once a pause is over.
    func resume(at now: Instant) {
        guard let due = pausedUntil, due <= now else { return }
        pausedUntil = nil
        for listener in listeners where (try? poller.add(listener.descriptor, token: Self.listening)) == nil {
            pause(until: now.advanced(by: Self.pauseWithoutRoom))
        }
    }

    private func accept(at now: Instant) {
        if windowEnd <= now { (windowEnd, accepted) = (now.advanced(by: Self.window), 0) }
        for listener in listeners {
            while accepted < Self.mostAccepted {
                var source = bramble_endpoint()
                let number = bramble_accept_from(listener.descriptor, &source)
                guard number >= 0 else {
                    if [EAGAIN, EINTR, ECONNABORTED].contains(errno) { break }
                    // The kernel has nothing left for another one, who goes on waiting.
                    return pause(until: now.advanced(by: Self.pauseWithoutRoom))
                }
                accepted += 1
                admit(LifelineSocket(Descriptor(owning: number)), from: source.ip)
            }
        }
        // Who waits would wake this thread again and again.
        if accepted == Self.mostAccepted { pause(until: windowEnd) }
    }

    private func admit(_ socket: LifelineSocket, from ip: IPAddress?) {
        guard let ip, places.enter(ip) else { return turnedAway += 1 }
        guard (try? poller.add(socket.descriptor, token: .init(nextToken))) != nil else { return places.leave(ip) }
        connections[nextToken] = Connection(socket: socket, ip: ip)
        nextToken += 1
    }

    private func close(_ token: UInt64) {
        // A descriptor that is closed leaves the poller by itself.
        guard let connection = connections.removeValue(forKey: token) else { return }
        places.leave(connection.ip)
    }

    private func pause(until end: Instant) {
        pausedUntil = end
        for listener in listeners { try? poller.remove(listener.descriptor) }
    }
}
