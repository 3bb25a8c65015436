internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// Feeds the service manager's watchdog, and only after a full turn: this thread moved, the web server answered a
/// real request, the store was read.
struct Watchdog {
    /// Between two notifications; nil when no one watches.
    private let period: Duration?
    /// Whether there is a service manager to tell anything.
    private let isHeard = Systemd.isListening
    private var turnedAt: Instant?
    private var fedAt: Instant
    private let startedAt: Instant
    private var isReady = false
    private var lastStatus = ""
    private var saidAt = Instant.zero

    /// How old the last full turn may be: two rounds of the self-check with all their patience.
    private static let freshness = Duration.seconds(8)

    /// How long the site may take to be read until the service manager is told that all is ready: it would take a
    /// node that is merely slow for one that failed to start.
    private static let startPatience = Duration.seconds(30)

    init(interval: Duration?, at now: Instant) {
        period = interval.map { $0 / 2 }
        fedAt = now
        startedAt = now
    }

    /// When to feed next.
    var nextDeadline: Instant? { period.map { fedAt.advanced(by: $0) } }

    /// The self-check has gone round.
    mutating func turned(_ result: CheckResult, at now: Instant) {
        if result.isFullTurn { turnedAt = now }
    }

    /// Tells the status when it changed, at most once a second: what it is made of is not free.
    private mutating func tell(_ status: () -> String, at now: Instant) {
        guard saidAt.duration(to: now) >= .seconds(1) else { return }
        saidAt = now
        let line = status()
        guard line != lastStatus else { return }
        lastStatus = line
        Systemd.notify(.status(line))
    }

    /// Tells the service manager what is due: readiness once, the status when it changed, and that the node lives.
    mutating func feed(with result: CheckResult, status: @autoclosure () -> String, at now: Instant) {
        guard isHeard else { return }
        if !isReady, turnedAt != nil, hasStarted(result, at: now) {
            isReady = true
            Systemd.notify(.ready)
        }
        tell(status, at: now)
        guard let period, fedAt.duration(to: now) >= period else { return }
        fedAt = now
        if let turnedAt, turnedAt.duration(to: now) <= Self.freshness { Systemd.notify(.watchdog) }
    }

    private func hasStarted(_ result: CheckResult, at now: Instant) -> Bool {
        !result.reasons.contains(.starting) || startedAt.duration(to: now) >= Self.startPatience
    }
}
