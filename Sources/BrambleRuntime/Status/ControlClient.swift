internal import Glibc
internal import LinuxPlatform

/// Asks the daemon on this machine.
public struct ControlClient: Sendable {
    /// Why there is no answer.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// The daemon cannot be reached, or does not answer in time.
        case unreachable(path: String, reason: String)
        /// The daemon refused, and says why.
        case refused(String)
        /// What came back is no reply.
        case garbled(path: String)

        /// What happened and what to do, for people.
        public var description: String {
            switch self {
            case .unreachable(_, let reason): reason
            case .refused(let reason): reason
            case .garbled(let path):
                "what answers at \(path) does not speak this version's language. "
                    + "If bramble was just updated, restart it: `systemctl restart bramble`."
            }
        }
    }

    private let path: String
    private let timeout: Duration

    /// A client of the socket at `path`; no answer within `timeout` is a failure.
    public init(path: String, timeout: Duration = .seconds(3)) {
        self.path = path
        self.timeout = timeout
    }

    /// Sends one request and waits for its reply. A reply that says no is thrown as `Failure.refused`.
    public func ask(_ request: ControlRequest) throws(Failure) -> ControlReply {
        let line = try answer(to: request)
        guard let reply = try? JSONText.decode(ControlReply.self, from: line.utf8) else {
            throw .garbled(path: path)
        }
        guard reply.ok else { throw .refused(VisibleText.of(reply.error ?? "the daemon refused without a reason")) }
        return reply
    }

    /// The node's report.
    public func status() throws(Failure) -> StatusReport {
        guard let status = try ask(.status).status else { throw .garbled(path: path) }
        return status
    }

    /// The node's report, and its JSON on one line with everything that came, fields of a later version too.
    public func statusWithJSON() throws(Failure) -> (report: StatusReport, json: String) {
        let line = try answer(to: .status)
        guard let reply = try? JSONText.decode(ControlReply.self, from: line.utf8) else { throw .garbled(path: path) }
        guard reply.ok else { throw .refused(VisibleText.of(reply.error ?? "the daemon refused without a reason")) }
        guard let report = reply.status, let whole = try? JSONText.decode([String: JSONValue].self, from: line.utf8),
            let json = try? JSONText.text(whole["status"])
        else { throw .garbled(path: path) }
        return (report, json)
    }

    private static let hangs =
        "The daemon is there, but hangs or is very busy; the other nodes go on without it. Its watchdog restarts it "
        + "where systemd runs it; else end it and start it again."

    private func answer(to request: ControlRequest) throws(Failure) -> String {
        do {
            let client = try UnixClient(path: path, timeout: timeout)
            try client.send(line: try request.line)
            if let line = try client.receiveLine() { return line }
        } catch let error as SystemError {
            let said = error.description.contains(path) ? error.description : "\(error) (asked at \(path))"
            let text = error.code == ETIMEDOUT ? "\(said). \(Self.hangs)" : said
            throw .unreachable(path: path, reason: text)
        } catch {
            throw .garbled(path: path)
        }
        throw .unreachable(path: path, reason: "bramble at \(path) hung up without an answer. Try again.")
    }
}
