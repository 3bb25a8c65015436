internal import CLinux
internal import Glibc

/// Wakes a thread that waits in a `Poller`, from any thread (eventfd).
///
/// Signals that come before the waiting thread gets to `clear()` are one.
public final class WakeUp: Sendable {
    private let event: Descriptor

    /// A wake-up that has not been signalled.
    public init() throws(SystemError) {
        let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
        event = try Descriptor(eventfd(0, flags), "make an eventfd")
    }

    /// To be watched for reading.
    public var descriptor: Int32 { event.number }

    /// Makes the descriptor ready. Safe on any thread; never blocks.
    public func signal() {
        var one: UInt64 = 1
        _ = write(event.number, &one, 8)
    }

    /// Makes the descriptor unready again; says whether it had been signalled.
    @discardableResult
    public func clear() -> Bool {
        var count: UInt64 = 0
        return read(event.number, &count, 8) == 8
    }
}
