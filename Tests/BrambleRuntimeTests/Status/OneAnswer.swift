import LinuxPlatform

/// A daemon that answers one request.
enum OneAnswer {
    /// Listens at `path`, on a thread of its own, takes one request and answers it with these lines. Its value is the
    /// request.
    static func daemon(at path: String, answering lines: [String]) throws -> NamedThread<String?> {
        let handed = Handed(listener: try UnixListener(path: path))
        return try NamedThread(name: "daemon") { handed.serveOne(lines) }
    }
}

/// A listener that is used by one thread only: the one that it is handed to.
private final class Handed: @unchecked Sendable {  // proof: made here, then touched by the daemon's thread alone
    private let listener: UnixListener

    init(listener: UnixListener) { self.listener = listener }

    func serveOne(_ lines: [String]) -> String? {
        guard let poller = try? Poller() else { return nil }
        try? poller.add(listener.descriptor, token: .init(1))
        while true {
            _ = try? poller.wait(until: nil)
            guard let connection = try? listener.accept() else { continue }
            try? poller.remove(listener.descriptor)
            try? poller.add(connection.descriptor, token: .init(2))
            _ = try? poller.wait(until: nil)
            let request = try? connection.receive().lines.first
            for line in lines { try? connection.send(line + "\n") }
            try? poller.remove(connection.descriptor)
            return request
        }
    }
}
