internal import CLinux
internal import Glibc
public import Wire

/// Waits for descriptors to become ready, or for an instant to come: epoll, level-triggered.
public final class Poller {
    /// What the caller knows a descriptor by; any number of descriptors may share one.
    public struct Token: Hashable, Sendable {
        /// A number of the caller's choice.
        public let number: UInt64

        /// The token with this number.
        public init(_ number: UInt64) { self.number = number }
    }

    /// What to wait for.
    public struct Interest: OptionSet, Hashable, Sendable {
        /// The kernel's event bits.
        public let rawValue: UInt32

        /// The interest with these event bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// There is something to read or to accept, or the other side has finished.
        public static let reading = Interest(rawValue: EPOLLIN.rawValue)
        /// There is room to write.
        public static let writing = Interest(rawValue: EPOLLOUT.rawValue)
    }

    /// One descriptor that is ready.
    public struct Ready: Hashable, Sendable {
        /// The token that the descriptor was added with.
        public let token: Token
        /// Reading will not block.
        public let canRead: Bool
        /// Writing will not block.
        public let canWrite: Bool
        /// The descriptor has an error, or the other side hung up: reading tells which.
        public let isBroken: Bool
    }

    private let epoll: Descriptor
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    private var hasNanoseconds: Bool

    /// A poller that watches nothing yet.
    public convenience init() throws(SystemError) { try self.init(hasNanoseconds: true) }

    /// A poller that starts with the plain call, or with the one for older kernels.
    init(hasNanoseconds: Bool) throws(SystemError) {
        self.hasNanoseconds = hasNanoseconds
        epoll = try Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC)), "make an epoll instance")
    }

    /// Watches a descriptor, which the caller keeps open until it is removed or closed.
    public func add(_ descriptor: Int32, token: Token, for interest: Interest = .reading) throws(SystemError) {
        try control(EPOLL_CTL_ADD, descriptor, interest, token, "watch a descriptor")
    }

    /// Changes what a watched descriptor is watched for.
    public func change(_ descriptor: Int32, token: Token, for interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, interest, token, "change the watch on a descriptor")
    }

    /// Watches a descriptor no longer; a closed one needs no removing.
    public func remove(_ descriptor: Int32) throws(SystemError) {
        try control(EPOLL_CTL_DEL, descriptor, [], Token(0), "stop watching a descriptor")
    }

    /// Waits until a watched descriptor is ready or the instant has come (nil: for as long as it takes).
    ///
    /// Returns at once when the instant is past. An empty answer means that the time has come, or that a signal arrived.
    public func wait(until deadline: Instant?) throws(SystemError) -> [Ready] {
        let left = deadline.map { max(0, $0.nanoseconds - MonotonicClock.now().nanoseconds) }
        let count = wait(nanoseconds: left)
        guard count >= 0 else {
            if errno == EINTR { return [] }
            throw .current("wait for events")
        }
        guard count > 0 else { return [] }
        return events.prefix(Int(count)).map { event in
            var event = event
            return Ready(
                token: Token(bramble_epoll_token(&event)),
                canRead: event.events & EPOLLIN.rawValue != 0,
                canWrite: event.events & EPOLLOUT.rawValue != 0,
                isBroken: event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
        }
    }

    /// The plain call; where the kernel (before 5.11) or a sandbox lacks nanoseconds, milliseconds rounded up.
    private func wait(nanoseconds: Int64?) -> Int32 {
        let capacity = Int32(events.count)
        if hasNanoseconds {
            let seconds = nanoseconds.map { $0 / 1_000_000_000 } ?? -1
            let rest = (nanoseconds ?? 0) % 1_000_000_000
            let count = bramble_epoll_wait(epoll.number, &events, capacity, seconds, rest)
            guard count < 0, errno == ENOSYS || errno == EPERM else { return count }
            hasNanoseconds = false
        }
        let milliseconds = nanoseconds.map { Int32(clamping: $0 / 1_000_000 + ($0 % 1_000_000 > 0 ? 1 : 0)) } ?? -1
        return epoll_wait(epoll.number, &events, capacity, milliseconds)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ token: Token, _ call: String
    ) throws(SystemError) {
        try check(
            bramble_epoll_control(epoll.number, operation, descriptor, interest.rawValue, token.number), call)
    }
}
