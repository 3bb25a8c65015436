public import Wire

/// The virtual router of RFC 9568 §6.4: who of the nodes holds a floating address. No socket, no clock.
///
/// | | state | event | action | next |
/// |---|---|---|---|---|
/// | 1 | Initialize | startup, priority below 255 | release, wait Active_Down by the own interval | Backup |
/// | 2 | Initialize | startup, priority 255 | claim, advertise, announce | Active |
/// | 3 | Initialize | advertisement | ignored: not running | Initialize |
/// | 4 | Initialize | shutdown | none | Initialize |
/// | 5 | Backup | Active_Down passes | claim, advertise, announce | Active |
/// | 6 | Backup | priority 0 | wait the skew only | Backup |
/// | 7 | Backup | priority not lower | learn the interval, wait Active_Down | Backup |
/// | 8 | Backup | lower, preemption off | learn the interval, wait Active_Down | Backup |
/// | 9 | Backup | lower, preemption on | ignored: lower priority | Backup |
/// | 10 | Backup | own priority or rank set | the deadline moves by the difference in skew | Backup |
/// | 11 | Backup | shutdown | none | Initialize |
/// | 12 | Active | advertisement due | advertise | Active |
/// | 13 | Active | announcement due | announce | Active |
/// | 14 | Active | priority 0 | advertise, announce | Active |
/// | 15 | Active | higher | release, last word, learn the interval, wait Active_Down | Backup |
/// | 16 | Active | equal, higher tie-breaker | as 15 | Backup |
/// | 17 | Active | equal, lower tie-breaker | advertise, announce | Active |
/// | 18 | Active | lower | advertise, announce | Active |
/// | 19 | Active | own priority set | advertise | Active |
/// | 20 | Active | any event, Active_Down or more after the last advertisement | release, advertise priority 0, wait Active_Down; then the event as in Backup | Backup |
/// | 21 | Active | shutdown | advertise priority 0, release | Initialize |
/// | 22 | running | startup | none | same |
/// | 23 | running | advertisement of another router or family | ignored | same |
/// | 24 | running | advertisement with our own tie-breaker | ignored: echo | same |
/// | 25 | running, priority 255 | advertisement | ignored: address owner | same |
/// | 26 | Active | asked to announce again | announce | Active |
///
/// What goes beyond the RFC:
/// - **Release at the start (1).** A process that was killed while Active and started again finds the address of its
///   former life still on the interface, until the lease ends.
/// - **The last word (15, 16).** The loser of two Active nodes has told the LAN that the address is its own, and its
///   peers cannot know when it did so last. After letting go it sends one more advertisement with its true priority:
///   the winner hears a lower claim and announces again (17, 18). Its true priority, not 0: 0 would set every other
///   Backup to its skew alone, although a good Active node has just been heard.
/// - **Oversleeping (20).** A process that hung for as long as its peers wait has been replaced by them. It doesn't
///   go on where it stood, nor argue with what piled up in its socket: it lets go and waits. It says so by priority 0:
///   by its true priority it could unseat a lower peer that leads by now; and should nobody lead, 0 shortens the gap.
///   "As long" is our own Active_Down: that of peers with our priority. A peer with a higher one may have been
///   quicker by a part of one interval, and then outvotes us by row 15.
/// - **Echoes (24).** Two Active nodes that both hold themselves for the winner would answer each other without end.
///
/// The node holds the address as one of its own, so it accepts what is sent there: the RFC's Accept_Mode is always on.
public struct VirtualRouter: Sendable {
    /// What it was made with.
    public let configuration: Configuration
    /// This node's priority now, 1...255.
    public private(set) var priority: UInt8
    /// This node's place among the Backups of one priority: 0 takes over first.
    public private(set) var rank = 0
    private let tieBreaker: TieBreaker
    private var phase = Phase.initialize
    private var disagreements: [Disagreement] = []

    /// A virtual router in Initialize. A priority of 0 becomes 1: 0 is no one's priority but says "I stop".
    public init(_ configuration: Configuration, priority: UInt8, tieBreaker: TieBreaker) {
        self.configuration = configuration
        self.priority = max(priority, 1)
        self.tieBreaker = tieBreaker
    }

    /// The state it is in.
    public var state: RouterState {
        switch phase {
        case .initialize: .initialize
        case .backup: .backup
        case .active: .active
        }
    }

    /// When `deadlineReached` is to be called; nil in Initialize.
    public var nextDeadline: Instant? {
        switch phase {
        case .initialize: nil
        case .backup(let backup): backup.activeDown
        case .active(let active): min(active.advertised.advanced(by: ownTimers.interval), active.announcements.next)
        }
    }

    /// The interval by which it waits, in centiseconds: that of the Active node while Backup, else its own.
    public var activeInterval: UInt16 {
        if case .backup(let backup) = phase { backup.interval } else { configuration.interval }
    }

    /// Begins to take part.
    public mutating func startup(at now: Instant) -> [Action] {
        guard case .initialize = phase else { return [] }
        disagreements = []
        if priority == 255 { return becomeActive(from: .initialize, because: .ownsAddresses, at: now) }
        phase = .backup(Backup(waitingFrom: now, interval: configuration.interval, priority: priority, rank: rank))
        return [.release, .transition(from: .initialize, to: .backup, reason: .started)]
    }

    /// Ends taking part. An Active node says so by priority 0, so that a Backup takes over after its skew alone.
    public mutating func shutdown(reason: TransitionReason, at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        let before = state
        guard before != .initialize else { return [] }
        phase = .initialize
        let letGo: [Action] =
            before == .active ? [.advertise(advertisement(priority: Advertisement.resignation)), .release] : []
        return woken + letGo + [.transition(from: before, to: .initialize, reason: reason)]
    }

    /// A decoded advertisement has come from the peer with this tie-breaker.
    public mutating func receive(
        _ advertisement: Advertisement, from sender: TieBreaker, at now: Instant
    ) -> [Action] {
        let woken = wakeUp(at: now)
        if let reason = reasonToIgnore(advertisement, from: sender) { return woken + [.ignored(reason)] }
        let noticed = notice(advertisement)
        switch phase {
        case .initialize: return [.ignored(.notRunning)]
        case .backup(let backup): return woken + noticed + heard(advertisement, as: backup, at: now)
        case .active(let active): return noticed + heard(advertisement, from: sender, as: active, at: now)
        }
    }

    /// Gives this node another priority, 1...255 (0 becomes 1).
    public mutating func setPriority(_ priority: UInt8, at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        let priority = max(priority, 1)
        guard priority != self.priority else { return woken }
        let before = self.priority
        self.priority = priority
        switch phase {
        case .initialize: return []
        case .backup(var backup):
            backup.changeSkew(
                from: Timers(interval: backup.interval, priority: before, rank: rank),
                to: Timers(interval: backup.interval, priority: priority, rank: rank))
            phase = .backup(backup)
            return woken
        case .active(let active): return advertise(active, at: now)
        }
    }

    /// Gives this node another place among the Backups of its priority. Not on the wire: the RFC knows none.
    public mutating func setRank(_ rank: Int) {
        guard rank != self.rank else { return }
        let before = self.rank
        self.rank = rank
        guard case .backup(var backup) = phase else { return }
        backup.changeSkew(
            from: Timers(interval: backup.interval, priority: priority, rank: before),
            to: Timers(interval: backup.interval, priority: priority, rank: rank))
        phase = .backup(backup)
    }

    /// Someone may have missed the announcements: a member has come back, or a link is up again.
    ///
    /// After a split, hosts of the other half may still know the address by the MAC of a holder that died before the
    /// heal, so that no last word of its will ever be heard.
    public mutating func announceAgain(at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        guard case .active(var active) = phase else { return woken }
        active.announcements.restart(at: now)
        let announce = active.announcements.isDue(at: now)
        phase = .active(active)
        return announce ? [.announce] : []
    }

    /// The time is `now`; does what is due by then, and nothing if called early.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        switch phase {
        case .initialize: return []
        case .backup(let backup):
            guard now >= backup.activeDown else { return woken }
            return becomeActive(from: .backup, because: backup.resigned ? .activeResigned : .activeSilent, at: now)
        case .active(var active):
            let announce = active.announcements.isDue(at: now)
            phase = .active(active)
            let due = now >= active.advertised.advanced(by: ownTimers.interval)
            return (due ? advertise(active, at: now) : []) + (announce ? [.announce] : [])
        }
    }
}

// MARK: - The states, and what exists in them alone

extension VirtualRouter {
    private enum Phase: Sendable {
        case initialize
        case backup(Backup)
        case active(Active)
    }

    private struct Backup: Sendable {
        /// When the Active node counts as gone.
        private(set) var activeDown: Instant
        /// The Active node's interval in centiseconds.
        let interval: UInt16
        /// Whether the Active node said that it stops.
        let resigned: Bool

        init(waitingFrom now: Instant, interval: UInt16, priority: UInt8, rank: Int, resigned: Bool = false) {
            let timers = Timers(interval: interval, priority: priority, rank: rank)
            activeDown = now.advanced(by: resigned ? timers.skew : timers.activeDown)
            self.interval = interval
            self.resigned = resigned
        }

        mutating func changeSkew(from before: Timers, to after: Timers) {
            activeDown = activeDown.advanced(by: after.skew - before.skew)
        }
    }

    private struct Active: Sendable {
        /// When the last advertisement went out.
        var advertised: Instant
        var announcements: Announcements
    }
}

// MARK: - What happens in them

extension VirtualRouter {
    private var ownTimers: Timers { Timers(interval: configuration.interval, priority: priority) }

    private func advertisement(priority: UInt8) -> Advertisement {
        Advertisement(
            virtualRouterID: configuration.virtualRouterID, priority: priority, interval: configuration.interval,
            addresses: configuration.addresses)
    }

    private func reasonToIgnore(_ advertisement: Advertisement, from sender: TieBreaker) -> IgnoreReason? {
        if case .initialize = phase { return .notRunning }
        guard advertisement.virtualRouterID == configuration.virtualRouterID else {
            return .otherRouter(advertisement.virtualRouterID)
        }
        guard advertisement.addresses.first?.isIPv4 == configuration.addresses.first?.isIPv4 else {
            return .otherFamily
        }
        if sender == tieBreaker { return .ownEcho }
        return priority == 255 ? .addressOwner : nil
    }

    private mutating func notice(_ advertisement: Advertisement) -> [Action] {
        var now: [Disagreement] = []
        if advertisement.interval != configuration.interval { now.append(.interval(advertisement.interval)) }
        let theirs = advertisement.addresses
        if Set(theirs) != Set(configuration.addresses) { now.append(.addresses(theirs)) }
        defer { disagreements = now }
        return now.filter { !disagreements.contains($0) }.map { .noticed($0) }
    }

    private mutating func heard(_ advertisement: Advertisement, as backup: Backup, at now: Instant) -> [Action] {
        let resigned = advertisement.priority == Advertisement.resignation
        if configuration.preempt, advertisement.priority < priority, !resigned { return [.ignored(.lowerPriority)] }
        let interval = resigned ? backup.interval : advertisement.interval
        phase = .backup(
            Backup(waitingFrom: now, interval: interval, priority: priority, rank: rank, resigned: resigned))
        return []
    }

    private mutating func heard(
        _ advertisement: Advertisement, from sender: TieBreaker, as active: Active, at now: Instant
    ) -> [Action] {
        if (advertisement.priority, sender) > (priority, tieBreaker) {
            phase = .backup(Backup(waitingFrom: now, interval: advertisement.interval, priority: priority, rank: rank))
            let reason: TransitionReason =
                advertisement.priority > priority ? .higherPriority(advertisement.priority) : .higherTieBreaker
            let lastWord = self.advertisement(priority: priority)
            return [.release, .advertise(lastWord), .transition(from: .active, to: .backup, reason: reason)]
        }
        var active = active
        active.announcements.restart(at: now)
        let announce = active.announcements.isDue(at: now)
        return advertise(active, at: now) + (announce ? [.announce] : [])
    }

    private mutating func becomeActive(
        from before: RouterState, because reason: TransitionReason, at now: Instant
    ) -> [Action] {
        var announcements = Announcements(configuration.announcements, from: now)
        _ = announcements.isDue(at: now)
        let active = Active(advertised: now, announcements: announcements)
        return [.claim] + advertise(active, at: now)
            + [.announce, .transition(from: before, to: .active, reason: reason)]
    }

    /// Sends an advertisement in Active, and begins to wait for the next.
    private mutating func advertise(_ active: Active, at now: Instant) -> [Action] {
        phase = .active(Active(advertised: now, announcements: active.announcements))
        return [.advertise(advertisement(priority: priority))]
    }

    /// Before any event: an Active router that overslept goes to Backup first (row 20).
    private mutating func wakeUp(at now: Instant) -> [Action] {
        guard case .active(let active) = phase else { return [] }
        let slept = active.advertised.duration(to: now)
        guard slept >= ownTimers.activeDown else { return [] }
        phase = .backup(Backup(waitingFrom: now, interval: configuration.interval, priority: priority, rank: rank))
        return [
            .release, .advertise(advertisement(priority: Advertisement.resignation)),
            .transition(from: .active, to: .backup, reason: .overslept(slept)),
        ]
    }
}
