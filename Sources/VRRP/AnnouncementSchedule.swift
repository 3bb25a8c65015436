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
    /// The least time between two announcements that others' claims call for.
    public var minimumGap: Duration

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
    public init(
        repetitions: [Duration] = [.milliseconds(50), .milliseconds(200), .seconds(1), .seconds(2)],
        refresh: Duration = .seconds(60), minimumGap: Duration = .milliseconds(100)
    ) {
        self.repetitions = repetitions
        self.refresh = refresh
        self.minimumGap = minimumGap
    }
}

/// Where one Active node is in its schedule. Exists in Active only.
struct Announcements: Hashable, Sendable {
    private let schedule: AnnouncementSchedule
    private var begin: Instant
    private var done = 0
    private var last: Instant?
    private(set) var next: Instant

    /// The first announcement is due at `begin`.
    init(_ schedule: AnnouncementSchedule, from begin: Instant) {
        self.schedule = schedule
        self.begin = begin
        next = begin
    }

    /// Someone else has claimed the addresses: the schedule begins again, at once unless we have just announced.
    mutating func restart(at now: Instant) {
        begin = now
        done = 0
        next = max(now, last?.advanced(by: schedule.minimumGap) ?? now)
    }

    /// Whether an announcement is due, which then counts as made.
    mutating func isDue(at now: Instant) -> Bool {
        guard now >= next else { return false }
        last = now
        // What the clock has passed already is made good by this one.
        while done < schedule.repetitions.count, begin.advanced(by: schedule.repetitions[done]) <= now { done += 1 }
        next =
            done < schedule.repetitions.count
            ? begin.advanced(by: schedule.repetitions[done]) : now.advanced(by: schedule.refresh)
        return true
    }
}
