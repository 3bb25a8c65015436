internal import LinuxPlatform
internal import Logging
internal import ServiceLifecycle
internal import WebServer

/// The web server, tried again for as long as it cannot listen: a taken port is a reason not to lead, not a reason to
/// end.
struct WebService: Service {
    private let http: Configuration.HTTP
    private let site: ServedSite
    private let endpoints: NodeEndpoints
    private let facts: Facts
    private let logger: Logger

    private static let pause = Duration.seconds(2)

    init(_ http: Configuration.HTTP, site: ServedSite, endpoints: NodeEndpoints, facts: Facts, logger: Logger) {
        self.http = http
        self.site = site
        self.endpoints = endpoints
        self.facts = facts
        self.logger = logger
    }

    func run() async throws {
        defer { facts.update { $0.traffic = nil } }
        while true {
            do {
                var configuration = HTTPServer.Configuration()
                configuration.port = http.port
                configuration.addresses = http.addresses
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
