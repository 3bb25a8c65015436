internal import LinuxPlatform
internal import Logging
internal import ServiceLifecycle
internal import Wire

/// The control socket of a daemon that cannot start: `bramble status` says why, as the page does.
struct WaitingControl: Service {
    private let path: String
    private let report: StatusReport
    private let stop: WakeUp

    /// Nil when the system refuses what is needed; the page and the log still tell.
    init?(_ configuration: Configuration, problems: [String]) {
        guard let stop = try? WakeUp() else { return nil }
        self.stop = stop
        path = configuration.node.control
        report = StatusBuilder.waiting(problems, configuration)
    }

    func run() async throws {
        let (path, report, stop) = (path, report, stop)
        let thread = try NamedThread(name: "bramble-waiting") { try? Self.serve(path, report, until: stop) }
        try? await gracefulShutdown()
        stop.signal()
        _ = await thread.value()
    }

    /// Ends at once where the socket cannot be had: another daemon has it, and answers there itself.
    private static func serve(_ path: String, _ report: StatusReport, until stop: WakeUp) throws(SystemError) {
        let stopping = Poller.Token(0)
        let poller = try Poller()
        try poller.add(stop.descriptor, token: stopping)
        var server = try ControlServer(path: path)
        try server.watch(with: poller)
        while true {
            for event in try poller.wait(until: server.nextDeadline) {
                if event.token == stopping { return }
                server.handle(event, poller: poller) { answer($0, report) }
            }
            server.resume(with: poller, at: MonotonicClock.now())
        }
    }

    private static func answer(_ line: String, _ report: StatusReport) -> String {
        let reply: ControlReply
        do {
            reply =
                try ControlRequest(line: line) == .status
                ? .report(report)
                : .failed("the daemon waits and cannot do this: " + report.health.reasons.joined(separator: "; "))
        } catch {
            reply = .failed("\(error)")
        }
        return (try? reply.line) ?? #"{"ok":false,"error":"the answer cannot be written"}"#
    }
}
