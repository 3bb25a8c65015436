internal import Glibc
internal import LinuxPlatform

/// What the kernel lets this process do.
enum PermissionChecks {
    /// A capability by its number (linux/capability.h).
    enum Capability: UInt64 {
        case netAdmin = 12
        case netRaw = 13
        case sysNice = 23
    }

    /// The effective capabilities in the text of /proc/self/status; nil if the line is missing.
    static func effectiveCapabilities(in status: String) -> UInt64? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        return line.flatMap { UInt64($0.dropFirst(7).drop { $0 == " " || $0 == "\t" }, radix: 16) }
    }

    /// Adding and removing addresses.
    static func addresses(capabilities: UInt64?, isDaemonRunning: Bool) -> Finding {
        if has(.netAdmin, capabilities) { return .good("addresses", "this user may add and remove them") }
        return refusal(
            "addresses", "this user may not add addresses (CAP_NET_ADMIN)", isDaemonRunning: isDaemonRunning,
            unaffected: "the node serves and is a member, but never leads", capability: "CAP_NET_ADMIN")
    }

    /// Announcing an address: `errorNumber` is what opening a packet socket came to, 0 for success.
    static func packets(errorNumber: Int32, isDaemonRunning: Bool) -> Finding {
        if errorNumber == 0 { return .good("announcements", "this user may send them") }
        guard errorNumber == EPERM || errorNumber == EACCES else {
            return .problem(
                "announcements", "packet sockets do not work: \(SystemError(call: "", code: errorNumber).reason)",
                unaffected: "the node serves and is a member, but a takeover is slow",
                advice: "The kernel may lack them (CONFIG_PACKET), or RestrictAddressFamilies may lack AF_PACKET.")
        }
        return refusal(
            "announcements", "this user may not open packet sockets (CAP_NET_RAW)", isDaemonRunning: isDaemonRunning,
            unaffected: "the node serves and is a member, but a takeover is slow", capability: "CAP_NET_RAW")
    }

    /// Real-time scheduling: by capability, or by a limit of the user's.
    static func realTime(capabilities: UInt64?, priorityLimit: UInt64) -> Finding {
        if has(.sysNice, capabilities) || priorityLimit > 0 {
            return .good("real time", "the control thread may run at real-time priority")
        }
        return .warning(
            "real time", "the control thread gets no real-time priority",
            unaffected: "everything works while the machine is not busy",
            advice:
                "Give the service CAP_SYS_NICE or LimitRTPRIO=20, or use sudo; or set [floating] interval to 100ms or "
                + "more, so that a busy moment is not taken for a death.")
    }

    private static func refusal(
        _ subject: String, _ found: String, isDaemonRunning: Bool, unaffected: String, capability: String
    ) -> Finding {
        if isDaemonRunning {
            return .warning(
                subject, found, unaffected: "the running daemon, which has its own permissions",
                advice: "`sudo bramble check` looks as the service does.")
        }
        return .problem(
            subject, found, unaffected: unaffected,
            advice: "Use sudo, or give the service \(capability) (AmbientCapabilities= in its unit).")
    }

    private static func has(_ capability: Capability, _ capabilities: UInt64?) -> Bool {
        (capabilities ?? 0) >> capability.rawValue & 1 == 1
    }

    /// Opens a packet socket for a moment: 0, or the error number.
    static func tryPacketSocket() -> Int32 {
        let number = socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return errno }
        close(number)
        return 0
    }

    /// The highest real-time priority that this process may take without a capability.
    static func priorityLimit() -> UInt64 {
        var limit = rlimit()
        return getrlimit(.init(__RLIMIT_RTPRIO.rawValue), &limit) == 0
            ? UInt64(limit.rlim_cur) : 0
    }
}
