internal import Glibc

/// The system's limit on open files: each connection takes one descriptor, and a second one while a file is sent.
enum FileLimit {
    /// What the rest of the process needs.
    private static let reserve = 128

    /// How many connections there may be, after the soft limit has been raised as far as needed and allowed.
    static func connections(wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let needed = rlim_t(wanted * 2 + reserve)
        if limit.rlim_cur < needed {
            var raised = limit
            raised.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return max(1, Int(min(limit.rlim_cur, needed)) - reserve) / 2
    }
}
