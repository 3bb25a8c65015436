internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals
internal import WebServer
internal import Wire

/// What a daemon does that cannot start: it serves a page that says why, shows it on the lights, and looks again.
struct Waiting {
    private let obstacle: Obstacle
    private let file: ConfigurationFile
    private let logger: Logger

    init(_ obstacle: Obstacle, file: ConfigurationFile, logger: Logger) {
        self.obstacle = obstacle
        self.file = file
        self.logger = logger
    }

    /// Waits.
    /// - Returns: true when it is worth trying again, false when the daemon was told to stop.
    func run() async throws -> Bool {
        let problems = obstacle.problems
        let configuration = obstacle.configuration
        let text = obstacle.problems.joined(separator: "\n")
        let site = ServedSite()
        site.unavailable(reason: text)
        let facts = Facts()
        let watch = ObstacleWatch(obstacle, file: file)
        let endpoints = NodeEndpoints(
            nodeName: configuration.node.name, health: { (false, text) }, isLeader: { false }, isBackup: { false },
            metrics: { "" }, status: { Endpoints.json(StatusBuilder.waiting(problems, configuration)) })
        Systemd.notify(.ready, .status(text))
        let web = WebService(configuration.http, site: site, endpoints: endpoints, facts: facts, logger: logger)
        var quiet = logger
        quiet.logLevel = .warning
        // With a file that is no good, at the usual place; where another daemon is, that one stays.
        let control = WaitingControl(configuration, problems: problems)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (control.map { [.init(service: $0)] } ?? []) + [
                    .init(service: web),
                    .init(service: WaitingLights(configuration.lights, facts: facts, logger: logger)),
                    .init(service: watch, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
        return watch.isGone
    }
}

/// Watches for the obstacle to go away.
final class ObstacleWatch: Service {
    private let remedy: Obstacle.Remedy
    private let before: Configuration.Reading
    private let file: ConfigurationFile
    private let gone = Mutex(false)

    /// How often the file is looked at.
    private static let pause = Duration.seconds(2)

    /// Starts from what the file said when the obstacle was met: it may have changed since.
    init(_ obstacle: Obstacle, file: ConfigurationFile) {
        remedy = obstacle.remedy
        before = obstacle.reading ?? file.read()
        self.file = file
    }

    /// Whether it is worth trying again.
    var isGone: Bool { gone.withLock { $0 } }

    func run() async throws {
        let end = MonotonicClock.now().advanced(by: patience)
        do {
            try await cancelWhenGracefulShutdown {
                while MonotonicClock.now() < end, self.file.read() == self.before {
                    try await Task.sleep(for: min(Self.pause, self.patience))
                    Systemd.notify(.watchdog)
                }
            }
            gone.withLock { $0 = true }
        } catch is CancellationError {
            return
        }
    }

    private var patience: Duration {
        switch remedy {
        case .editing: .seconds(1 << 40)
        case .time(let patience): patience
        }
    }
}

/// The lights of a daemon that cannot start.
private struct WaitingLights: Service {
    private let configuration: Configuration.Lights
    private let facts: Facts
    private let logger: Logger

    init(_ configuration: Configuration.Lights, facts: Facts, logger: Logger) {
        self.configuration = configuration
        self.facts = facts
        self.logger = logger
    }

    func run() async throws {
        var lights = LightsDriver(configuration: configuration, facts: facts, logger: logger)
        lights.show(.cannotServe, at: MonotonicClock.now())
        defer { lights.goDark() }
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            lights.drive(at: MonotonicClock.now())
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(100)) }
        }
    }
}
