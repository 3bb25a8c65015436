internal import LinuxPlatform
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import WebServer

/// The web server, tried again for as long as it cannot listen: a taken port is a reason not to lead, not a reason to
/// end.
struct WebService: Service {
    private let http: Configuration.HTTP
    private let site: ServedSite
    private let endpoints: NodeEndpoints
    private let facts: Facts
    private let drain: DrainSwitch
    private let logger: Logger

    private static let pause = Duration.seconds(2)

    init(
        _ http: Configuration.HTTP, site: ServedSite, endpoints: NodeEndpoints, facts: Facts,
        drain: DrainSwitch = DrainSwitch(), logger: Logger
    ) {
        self.drain = drain
        self.http = http
        self.site = site
        self.endpoints = endpoints
        self.facts = facts
        self.logger = logger
    }

    func run() async throws {
        defer {
            facts.update { $0.traffic = nil }
            drain.server = nil
        }
        while true {
            do {
                var configuration = HTTPServer.Configuration()
                configuration.port = http.port
                configuration.addresses = http.addresses
                configuration.shutdownTimeout = http.drainTimeout
                let facts = facts
                let server = HTTPServer(
                    configuration: configuration, site: site, endpoints: endpoints, logger: logger
                ) { _ in
                    facts.update {
                        $0.isListening = true
                        $0.httpProblem = nil
                    }
                }
                // Not the server itself: it holds the facts, which would then hold each other for ever.
                let traffic = server.trafficReader
                facts.update { $0.traffic = traffic }
                drain.server = server
                return try await server.run()
            } catch let error as BindError {
                if facts.now.httpProblem == nil { logger.error("\(error)") }
                facts.update {
                    $0.isListening = false
                    $0.httpProblem = "\(error)"
                }
                guard await rests() else { return }
            }
        }
    }

    /// Waits a while; false if the daemon is stopping.
    private func rests() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pause) }
            return true
        } catch {
            return false
        }
    }
}

/// Has the web server finish with its clients, or lets them stay again; for any thread, and without waiting.
final class DrainSwitch: Sendable {
    /// What it is turned to.
    enum Setting {
        case off
        /// An address has moved: clients come anew when they have what they asked for, however long that takes; whoever
        /// is at another address of this node loses nothing.
        case politely
        /// The node goes out of service: what is not finished in time is ended.
        case bounded
    }

    private struct State {
        var server: HTTPServer?
        var setting = Setting.off
    }

    private let state = Mutex(State())

    /// The server that runs; a new one finds the switch as it is.
    var server: HTTPServer? {
        get { state.withLock { $0.server } }
        set {
            state.withLock {
                $0.server = newValue
                if $0.setting != .off { newValue?.beginDrain(isBounded: $0.setting == .bounded) }
            }
        }
    }

    /// Turns it.
    func set(_ setting: Setting) {
        state.withLock {
            $0.setting = setting
            if setting == .off {
                $0.server?.endDrain()
            } else {
                $0.server?.beginDrain(isBounded: setting == .bounded)
            }
        }
    }
}
