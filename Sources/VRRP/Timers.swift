/// The three durations of RFC 9568 §6.1, which follow from an interval and a priority.
public struct Timers: Hashable, Sendable {
    /// The time between two advertisements.
    public let interval: Duration
    /// What a Backup waits longer, the lower its priority: (256 − priority) · interval / 256. An eighth of an interval
    /// is added for each rank, so that Backups of one priority don't race (§8.3.2 has them at odds by priority alone):
    /// 2.5 ms at the default interval, in which an advertisement crosses any LAN.
    public let skew: Duration
    /// The silence after which a Backup takes over: 3 · interval + skew.
    public let activeDown: Duration
    /// The same for one who was asked for a sign of life an interval before, and gave none: 2 · interval + skew. The question
    /// stands for the third advertisement.
    public let unanswered: Duration

    /// Beyond this rank all are alike: with more, the last would wait for intervals.
    public static let lastRank = 8

    /// So many centiseconds.
    static func duration(of centiseconds: UInt16) -> Duration { .nanoseconds(Int64(centiseconds) * 10_000_000) }

    /// The timers of a node with this priority, for advertisements every `interval` centiseconds.
    public init(interval centiseconds: UInt16, priority: UInt8, rank: Int = 0) {
        let nanoseconds = Int64(centiseconds) * 10_000_000
        let skew = (256 - Int64(priority)) * nanoseconds / 256 + Int64(min(rank, Self.lastRank)) * nanoseconds / 8
        self.interval = .nanoseconds(nanoseconds)
        self.skew = .nanoseconds(skew)
        activeDown = .nanoseconds(3 * nanoseconds + skew)
        unanswered = .nanoseconds(2 * nanoseconds + skew)
    }
}
