internal import Logging
internal import Synchronization

/// The least important level that the daemon writes, for all its parts at once: a reload may change it.
final class LogThreshold: Sendable {
    private let current = Mutex(Logger.Level.info)

    /// The level now.
    var level: Logger.Level { current.withLock { $0 } }

    /// Sets the level that the configuration names.
    func set(_ level: Configuration.Log.Level) {
        current.withLock { $0 = Logger.Level(rawValue: level.rawValue) ?? .info }
    }
}

/// The daemon's log on standard error. A logger may have a level of its own; without one the threshold's holds.
struct DaemonLog: LogHandler {
    private let threshold: LogThreshold
    private var stream: StreamLogHandler
    private var ownLevel: Logger.Level?

    init(label: String, threshold: LogThreshold) {
        self.threshold = threshold
        stream = StreamLogHandler.standardError(label: label)
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { stream.metadata }
        set { stream.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { stream[metadataKey: key] }
        set { stream[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { stream.log(event: event) }
}
