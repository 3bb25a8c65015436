internal import CSystemd
internal import Glibc
internal import Wire

/// Talks to the service manager that started this process, through libsystemd; without one it does nothing.
public enum Systemd {
    /// Something to tell the service manager (sd_notify(3)).
    public enum Notification: Hashable, Sendable {
        /// Start-up, or a reload, is complete.
        case ready
        /// One line for people: `systemctl status` shows it.
        case status(String)
        /// The service has made a full turn; must come again within `watchdogInterval()`.
        case watchdog
        /// The configuration is being read again; `ready` ends it.
        case reloading
        /// The service is on its way out.
        case stopping
        /// The stop takes so long from now on: allows more than the unit does, and no watchdog before that.
        case needsTime(Duration)
    }

    /// Sends notifications in one message: nil when they were sent or no one listens, else why not.
    @discardableResult
    public static func notify(_ notifications: Notification...) -> SystemError? {
        let result = sd_notify(0, notifications.map(field).joined(separator: "\n"))
        return result < 0 ? SystemError(call: "notify the service manager", code: -result) : nil
    }

    /// Whether a service manager listens to this process.
    public static var isListening: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// Whether this machine was booted with systemd.
    public static var isBooted: Bool { sd_booted() > 0 }

    /// How long the service manager waits between two `watchdog` notifications (ping at half of it); nil if it
    /// watches no one, or another process.
    public static func watchdogInterval() -> Duration? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(clamping: microseconds)) : nil
    }

    /// The line of one notification. A status is kept to one line, so that it cannot carry another field.
    static func field(_ notification: Notification) -> String {
        switch notification {
        case .ready: "READY=1"
        case .status(let text): "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
        case .watchdog: "WATCHDOG=1"
        // Type=notify-reload matches the answer to its request by this time (systemd 253 and later).
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.now().nanoseconds / 1000)"
        case .stopping: "STOPPING=1"
        case .needsTime(let duration):
            ["EXTEND_TIMEOUT_USEC", "WATCHDOG_USEC"].map { "\($0)=\(max(1, duration.wholeNanoseconds / 1000))" }
                .joined(separator: "\n")
        }
    }
}
