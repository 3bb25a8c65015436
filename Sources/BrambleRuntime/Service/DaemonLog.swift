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

/// The daemon's log. A logger may have a level of its own; without one the threshold's holds.
struct DaemonLog: LogHandler {
    private let threshold: LogThreshold
    private let writer: LogWriter
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    init(threshold: LogThreshold, writer: LogWriter) {
        self.threshold = threshold
        self.writer = writer
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var details = metadata.merging(event.metadata ?? [:]) { _, later in later }
        if let error = event.error { details["error"] = "\(error)" }
        writer.add(.init(level: event.level, message: "\(event.message)", metadata: details))
    }
}
