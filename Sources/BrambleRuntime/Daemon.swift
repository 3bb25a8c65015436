internal import Glibc
internal import LinuxPlatform
internal import Logging
internal import Wire

/// The daemon: everything that `bramble run` does.
///
/// What is wrong with a node's configuration or surroundings must never become a loop of restarts, which nobody sees
/// from outside. A node that cannot start stays up, serves a page that says what is wrong, shows it on the lights, and
/// starts as soon as the reason is gone.
public enum Daemon {
    /// Runs until it is told to stop. Without a path, the configuration is looked for where it usually lies.
    public static func run(configurationPath: String?) async throws {
        let file = ConfigurationFile(configurationPath)
        let threshold = LogThreshold()
        let writer = try LogWriter()
        defer { writer.finish() }
        let logger = Logger(label: "bramble") { _ in DaemonLog(threshold: threshold, writer: writer) }
        // Whoever asks for a reload before there is anything to reload, or while the daemon waits, must not end it.
        signal(SIGHUP, SIG_IGN)
        logger.notice("bramble \(Version.current) starts")
        while true {
            do {
                let plan = try Plan(file, threshold: threshold, logger: logger)
                try await plan.run()
                logger.notice("bramble has stopped")
                return
            } catch let obstacle as Obstacle {
                for problem in obstacle.problems { logger.error("\(problem)") }
                logger.notice("until that is mended this node is in no cluster; its page and `bramble status` say why")
                let waiting = Waiting(obstacle, file: file, logger: logger)
                guard try await waiting.run() else { return }
                logger.notice("trying again")
            }
        }
    }
}

/// Why the daemon cannot do its work for now.
struct Obstacle: Error, Sendable {
    /// What is wrong and what to do, a text for each problem.
    var problems: [String]
    /// What is worth waiting for.
    var remedy: Remedy
    /// Where the page that tells of it is served, where the daemon can be asked, and the lights that show it: as far as
    /// the file could be read.
    var configuration: Configuration
    /// What the configuration file said when the obstacle was met; nil if that is not known.
    var reading: Configuration.Reading?

    /// What may take the obstacle away.
    enum Remedy: Sendable {
        /// Another text in the configuration file.
        case editing
        /// Something outside, which is looked at again after a while.
        case time(Duration)
    }

    /// An obstacle that a configuration file is.
    init(_ reading: Configuration.Reading) {
        problems = reading.problems.map(\.description)
        remedy = .editing
        self.reading = reading
        configuration = reading.readable ?? Configuration(nodeName: ConfigurationFile.hostName)
    }

    /// An obstacle to a good configuration, as this reading of its file gave it.
    init(
        _ problem: String, remedy: Remedy, in configuration: Configuration, reading: Configuration.Reading? = nil
    ) {
        self.reading = reading
        problems = [problem]
        self.remedy = remedy
        self.configuration = configuration
    }
}
