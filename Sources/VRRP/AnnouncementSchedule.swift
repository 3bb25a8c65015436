internal import Wire

/// When an Active node tells the LAN whose MAC address now answers for the floating address.
///
/// Announcing is gratuitous ARP or an unsolicited neighbour advertisement. It is not answered, so one that got lost
/// is not missed by anyone: it is repeated, soon and then for ever.
public struct AnnouncementSchedule: Hashable, Sendable {
    /// The times of the repetitions after the first one, which goes out at once. Ascending.
    public var repetitions: [Duration]
    /// The time between two announcements when the repetitions are through.
    public var refresh: Duration
    /// The mean time between announcements that others' claims call for, if they claim without end.
    public var gap: Duration
    /// How many such announcements may come at once after a calm.
    public var burst: Int

    /// The defaults, each with its reason:
    /// - 50 ms: one lost frame, or a switch that still relearns, costs no more than this.
    /// - 200 ms and 1 s: a port that has just come up, or a Wi-Fi access point that holds back group frames, drops
    ///   all that is sent close together.
    /// - 2 s: a hung predecessor's kernel answers for the address until its lease of 1 s (1.25 s as measured) runs
    ///   out; this is the first announcement that no such answer can follow.
    /// - refresh 60 s: ARP entries live from 60 s (Linux) to minutes; a host that somehow learnt a wrong one need not
    ///   wait for its own expiry. One frame a minute costs nothing.
    /// - gap 100 ms: a node that never hears us claims at every interval; answering each of its claims (the RFC wants
    ///   the advertisement, not the announcement) at 100 a second would fill the LAN with broadcasts.
    /// - burst 8: when a split heals, the loser announces once more before it hears of the winner; only the winner's
    ///   answer to its last word mends that, and must not wait. Each side may repeat itself a few times.
    public init(
        repetitions: [Duration] = [.milliseconds(50), .milliseconds(200), .seconds(1), .seconds(2)],
        refresh: Duration = .seconds(60), gap: Duration = .milliseconds(100), burst: Int = 8
    ) {
        self.repetitions = repetitions
        self.refresh = refresh
        self.gap = gap
        self.burst = burst
    }
}

/// Where one Active node is in its schedule. Exists in Active only.
struct Announcements: Hashable, Sendable {
    private let schedule: AnnouncementSchedule
    private var begin: Instant
    private var done = 0
    /// By when the announcements so far would be through if they kept the gap: a leaky bucket's level (GCRA, ITU-T I.371).
    private var paidUntil: Instant
    private(set) var next: Instant

    /// The first announcement is due at `begin`.
    init(_ schedule: AnnouncementSchedule, from begin: Instant) {
        self.schedule = schedule
        self.begin = begin
        paidUntil = begin
        next = begin
    }

    /// Someone else has claimed the addresses: the schedule begins again, at once unless we have announced too often.
    mutating func restart(at now: Instant) {
        begin = now
        done = 0
        next = max(now, paidUntil.advanced(by: .zero - schedule.gap * max(0, schedule.burst - 1)))
    }

    /// Whether an announcement is due, which then counts as made.
    mutating func isDue(at now: Instant) -> Bool {
        guard now >= next else { return false }
        paidUntil = max(paidUntil, now).advanced(by: schedule.gap)
        // What the clock has passed already is made good by this one.
        while done < schedule.repetitions.count, begin.advanced(by: schedule.repetitions[done]) <= now { done += 1 }
        next =
            done < schedule.repetitions.count
            ? begin.advanced(by: schedule.repetitions[done]) : now.advanced(by: schedule.refresh)
        return true
    }
}
