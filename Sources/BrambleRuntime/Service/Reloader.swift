internal import LinuxPlatform
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals
internal import Wire

/// Collects the wishes to read the configuration anew, from wherever they come.
final class Reloader: Sendable {
    private let file: ConfigurationFile
    private let current: Mutex<Configuration>
    private let threshold: LogThreshold
    let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation

    init(_ file: ConfigurationFile, current: Configuration, threshold: LogThreshold) {
        self.file = file
        self.threshold = threshold
        self.current = Mutex(current)
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for the configuration to be read anew.
    func reload() { wish.yield() }

    /// What came of reading the file anew.
    enum Outcome {
        /// The file is good: what changed, and what else to say about it.
        case accepted(Configuration, [ConfigurationStore.Change], warnings: [ConfigurationProblem])
        /// It is not; the configuration before stays in force.
        case refused([ConfigurationProblem])
    }

    /// Reads the file. A bad one changes nothing.
    func read() -> Outcome {
        let reading = file.read()
        guard let configuration = reading.configuration else { return .refused(reading.problems) }
        // A node that has paired needs none in the file.
        let needsKey = current.withLock { $0.cluster.keyring != nil } || !configuration.cluster.pairing
        guard configuration.cluster.keyring != nil || !needsKey else { return .refused([keyIsGone]) }
        threshold.set(configuration.log.level)
        return current.withLock { current in
            let changes = ConfigurationStore.changes(from: current, to: configuration)
            current = configuration
            return .accepted(configuration, changes, warnings: reading.problems)
        }
    }

    private var keyIsGone: ConfigurationProblem {
        ConfigurationProblem(
            file: file.path ?? "bramble.toml", path: "cluster.key",
            complaint: "there is no cluster key any more; the node stays in its cluster, with the key that it has",
            advice: "Put the line that `sudo bramble key show` prints back into [cluster]."
        )
    }
}

/// Reads the configuration anew when it is asked to, by SIGHUP or through the control socket, and applies what can
/// change in a running node. The site's directory is read anew too.
struct ReloadService: Service {
    private let reloader: Reloader
    private let publisher: SitePublisher
    private let mailbox: Mailbox
    private let facts: Facts
    private let logger: Logger

    init(_ reloader: Reloader, publisher: SitePublisher, mailbox: Mailbox, facts: Facts, logger: Logger) {
        self.reloader = reloader
        self.publisher = publisher
        self.mailbox = mailbox
        self.facts = facts
        self.logger = logger
    }

    func run() async throws {
        let (reloader, wishes) = (reloader, reloader.wishes)
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in hangups.cancelOnGracefulShutdown() { reloader.reload() } }
            group.addTask { for await _ in wishes.cancelOnGracefulShutdown() { reload() } }
        }
    }

    private func reload() {
        Systemd.notify(.reloading)
        defer { Systemd.notify(.ready) }
        switch reloader.read() {
        case .refused(let problems):
            for problem in problems { logger.error("\(problem)") }
            logger.error("the configuration in force stays as it was")
            facts.update { $0.configurationProblems = problems.map(\.description) }
        case .accepted(let configuration, let changes, let warnings):
            for warning in warnings { logger.warning("\(warning)") }
            for change in changes { logger.notice("\(change)") }
            facts.update { $0.configurationProblems = warnings.map(\.description) }
            if let keyring = configuration.cluster.keyring { mailbox.post(.rotate(keyring)) }
            publisher.publish(configuration.site.directory)
        }
    }
}
