internal import CLinux
internal import Glibc
internal import Wire

/// The asking side of a control socket: blocks, but never past its timeout.
public final class UnixClient {
    /// The longest line that is taken (bytes).
    public static let longestLine = 1 << 20

    private let socket: Descriptor
    private let timeout: Duration
    private var partial: [UInt8] = []
    private var lines: [String] = []

    /// Connects to the listener at `path`; each later call takes `timeout` at most.
    public init(path: String, timeout: Duration = .seconds(5)) throws(SystemError) {
        socket = try .socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, "a control socket")
        self.timeout = timeout
        var limit = timeval(
            tv_sec: Int(timeout.wholeNanoseconds / 1_000_000_000),
            tv_usec: Int(timeout.wholeNanoseconds / 1000 % 1_000_000))
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard bramble_connect_unix(socket.number, path) != 0 else { return }
        throw .current("reach bramble at \(path)", advice: Self.advice(for: errno, path))
    }

    /// Sends one line.
    public func send(line: String) throws(SystemError) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno != EINTR { throw .current("ask bramble") }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// The next line of the answer; nil when the other side has finished. The error ETIMEDOUT when none comes in time.
    public func receiveLine() throws(SystemError) -> String? {
        let deadline = MonotonicClock.now().advanced(by: timeout)
        while lines.isEmpty {
            try waitForInput(until: deadline)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw .current("read bramble's answer")
            }
            if count == 0 { return nil }
            partial += buffer.prefix(count)
            lines += try LineBuffer.takeLines(from: &partial, longest: Self.longestLine)
        }
        return lines.removeFirst()
    }

    private func waitForInput(until deadline: Instant) throws(SystemError) {
        while true {
            let left = deadline.nanoseconds - MonotonicClock.now().nanoseconds
            guard left > 0 else { throw SystemError(call: "read bramble's answer", code: ETIMEDOUT) }
            var watched = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            let count = poll(&watched, 1, Int32(clamping: left / 1_000_000 + 1))
            if count > 0 { return }
            if count < 0 && errno != EINTR { throw .current("read bramble's answer") }
        }
    }

    private static func advice(for code: Int32, _ path: String) -> String? {
        switch code {
        case ENOENT, ECONNREFUSED: "No bramble is running here: `systemctl status bramble` says why."
        case EACCES: SocketAccess.advice(path)
        default: nil
        }
    }
}
