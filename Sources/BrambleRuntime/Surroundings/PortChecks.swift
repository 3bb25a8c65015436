internal import Glibc
internal import LinuxPlatform
internal import Wire

/// Whether the ports are free.
enum PortChecks {
    /// What binding a port came to.
    enum Outcome: Hashable {
        case free
        case failed(Int32)
    }

    /// The UDP port of gossip.
    static func gossip(_ port: UInt16, isDaemonRunning: Bool, outcome: Outcome) -> Finding {
        finding(
            "udp port \(port)", isDaemonRunning, outcome, unaffected: "the other nodes and their site",
            whenTaken: "`ss -ulpn sport = :\(port)` names the program: stop it, or set [cluster] port on every node.",
            whenRefused: "Set [cluster] port on every node to a port from 1024 on, or use sudo.")
    }

    /// The TCP port of lifelines. A node does without it, only not as well: a warning at most.
    static func lifeline(_ port: UInt16, isDaemonRunning: Bool, outcome: Outcome) -> Finding {
        var finding = finding(
            "tcp port \(port)", isDaemonRunning, outcome,
            unaffected: "all else; the others notice this node's death a little later, by its silence",
            whenTaken: "`ss -ltnp 'sport = :\(port)'` names the program: stop it, or set [cluster] port on every node.",
            whenRefused: "Set [cluster] port on every node to a port from 1024 on, or use sudo.")
        if finding.mark == .problem { finding.mark = .warning }
        return finding
    }

    /// The TCP port of the web server.
    static func http(_ port: UInt16, isDaemonRunning: Bool, outcome: Outcome) -> Finding {
        finding(
            "http port \(port)", isDaemonRunning, outcome, unaffected: "the node is a member, but does not lead",
            whenTaken: "`ss -tlpn sport = :\(port)` names the program (often nginx or apache2): stop it, or set "
                + "[http] port.",
            whenRefused: "Use sudo, give the service CAP_NET_BIND_SERVICE, or set [http] port to 1024 or more.")
    }

    private static func finding(
        _ subject: String, _ isDaemonRunning: Bool, _ outcome: Outcome, unaffected: String, whenTaken: String,
        whenRefused: String
    ) -> Finding {
        switch outcome {
        case .free: .good(subject, "free")
        case .failed(EADDRINUSE) where isDaemonRunning: .good(subject, "in use by the running daemon")
        case .failed(EADDRINUSE):
            .problem(subject, "another program uses it", unaffected: unaffected, advice: whenTaken)
        case .failed(let code): refused(subject, code, advice: whenRefused)
        }
    }

    private static func refused(_ subject: String, _ code: Int32, advice: String) -> Finding {
        .problem(subject, "may not be opened: \(SystemError(call: "", code: code).reason)", advice: advice)
    }

    /// Binds the port for a moment, and gives it back. Only addresses that this machine has can be tried; a floating
    /// one that is elsewhere now counts as free.
    static func tryBind(_ port: UInt16, isUDP: Bool, addresses: [IPAddress] = []) -> Outcome {
        let tried = addresses.isEmpty ? [.v4(0)] : addresses
        for address in tried {
            let outcome = tryBind(address, port, isUDP: isUDP)
            if outcome != .free, outcome != .failed(EADDRNOTAVAIL) { return outcome }
        }
        return .free
    }

    private static func tryBind(_ ip: IPAddress, _ port: UInt16, isUDP: Bool) -> Outcome {
        let kind = Int32(isUDP ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = socket(ip.isIPv4 ? AF_INET : AF_INET6, kind, 0)
        guard number >= 0 else { return .failed(errno) }
        defer { close(number) }
        var yes: Int32 = 1
        // Connections of a server that has just stopped do not count as a use of its port.
        if !isUDP { setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        guard bindSocket(number, ip, port) == 0 else { return .failed(errno) }
        guard isUDP || listen(number, 1) == 0 else { return .failed(errno) }
        return .free
    }

    private static func bindSocket(_ number: Int32, _ ip: IPAddress, _ port: UInt16) -> Int32 {
        switch ip {
        case .v4(let address):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = address.bigEndian
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6:
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: ip.bytes) }
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
