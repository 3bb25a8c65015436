internal import Glibc
public import Wire

/// The kernel's monotonic clock: it never jumps, and does not know what day it is.
public enum MonotonicClock {
    /// The present instant (CLOCK_MONOTONIC, in nanoseconds since about the start of the system).
    public static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
