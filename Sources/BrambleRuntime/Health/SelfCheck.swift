internal import Glibc
internal import Wire

/// A real request to the node's own web server, over a real socket, by hand: the check must not share an event loop
/// with what it checks.
struct SelfCheck: Sendable {
    private let http: Configuration.HTTP
    private let floating: [IPAddress]
    /// Where the web server is asked.
    var address: SocketAddress
    /// The name that the answer must carry in `X-Served-By`.
    var nodeName: String
    /// How long each step may take.
    var patience: Duration = .seconds(2)

    /// Checks a web server that is configured so, under the name of this node.
    ///
    /// A floating address is never asked: at the leader's it is another node that answers, or none. Loopback is always
    /// there, for the server listens on it when it is told other addresses only.
    init(_ http: Configuration.HTTP, floating: [IPAddress], nodeName: String) {
        let own = http.addresses.first { !floating.contains($0) }
        address = SocketAddress(ip: own ?? .v4(0x7F00_0001), port: http.port)
        self.nodeName = nodeName
        self.http = http
        self.floating = floating
    }

    /// The same check, where these addresses have come to float since.
    func avoiding(_ more: [IPAddress]) -> SelfCheck {
        var check = SelfCheck(http, floating: floating + more, nodeName: nodeName)
        check.patience = patience
        return check
    }

    /// What came of it.
    enum Outcome: Hashable, Sendable {
        /// The server answered as this node.
        case answered
        /// This machine does not have the address, or not yet; the text is for people.
        case addressNotHere(String)
        /// It did not; the text is for people.
        case failed(String)
    }

    /// Asks `/.bramble/health` and reads the head of the answer. Any status will do: that a node is not healthy is an
    /// answer, and a server's.
    func run() -> Outcome {
        let socket = Glibc.socket(
            address.ip.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return .failed("no socket for the self-check: \(reason())") }
        defer { close(socket) }
        limitWaiting(socket)
        guard isHere(socket) else {
            return .addressNotHere(
                "this machine does not have the address \(address.ip). Correct `addresses` under [http], or leave the "
                    + "list empty to listen on all addresses")
        }
        guard connectToSelf(socket) else {
            return .failed("the node's own web server at \(address) does not accept connections: \(reason())")
        }
        let request = "GET /.bramble/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard
            request.utf8.withContiguousStorageIfAvailable({ send(socket, $0.baseAddress, $0.count, noSignal) })
                == request.utf8.count
        else { return .failed("the node's own web server took no request: \(reason())") }
        guard let head = readHead(socket) else {
            return .failed("the node's own web server gave no whole answer: \(reason())")
        }
        guard head.hasPrefix("HTTP/1.1 "), head.lowercased().contains("x-served-by: \(nodeName.lowercased())\r\n")
        else {
            return .failed("\(address) answers, but not as this node: is another web server on it?")
        }
        return .answered
    }

    private var noSignal: Int32 { Int32(MSG_NOSIGNAL) }

    private func limitWaiting(_ socket: Int32) {
        let (seconds, attoseconds) = patience.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Whether the address is this machine's; only then is what answers there this machine. The request leaves from it.
    private func isHere(_ socket: Int32) -> Bool {
        call(Glibc.bind, socket, port: 0) || errno != EADDRNOTAVAIL
    }

    private func connectToSelf(_ socket: Int32) -> Bool { call(Glibc.connect, socket, port: address.port) }

    private typealias Call = (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32

    /// Calls one of the system's functions that take an address. True if it went well.
    private func call(_ function: Call, _ socket: Int32, port: UInt16) -> Bool {
        switch address.ip {
        case .v4(let number):
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            four.sin_addr.s_addr = number.bigEndian
            return call(function, socket, &four)
        case .v6:
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: address.ip.bytes) }
            return call(function, socket, &six)
        }
    }

    private func call<Address>(_ function: Call, _ socket: Int32, _ address: inout Address) -> Bool {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(socket, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }

    private func readHead(_ socket: Int32) -> String? {
        var head: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 2048)
        while head.count < 16384 {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count == 0 { errno = ECONNRESET }
            guard count > 0 else { return nil }
            head += chunk[..<count]
            let text = String(decoding: head, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") { return String(text[..<end.upperBound]) }
        }
        return nil
    }

    /// What the last call met; the time-out of a socket has a strange name in the system's own words.
    private func reason() -> String {
        errno == EAGAIN ? "nothing came for \(patience)" : String(cString: strerror(errno))
    }
}
