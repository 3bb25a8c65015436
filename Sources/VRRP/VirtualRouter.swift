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
/// | 8 | Backup | lower, preemption off or delayed | learn the interval, wait Active_Down | Backup |
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
/// | 20 | Active | any event, long after the last advertisement | release, advertise priority 0, wait Active_Down; then the event as in Backup | Backup |
/// | 21 | Active | shutdown | advertise priority 0, release | Initialize |
/// | 22 | running | startup | none | same |
/// | 23 | running | advertisement of another router or family | ignored | same |
/// | 24 | running | advertisement with our own tie-breaker | ignored: echo | same |
/// | 25 | running, priority 255 | advertisement | ignored: address owner | same |
/// | 26 | Active | asked to announce again | announce | Active |
/// | 27 | Backup | the Active node's process has ended | wait for the Backups before this one only | Backup |
/// | 28 | Backup | the Active node hands over to this one | claim, advertise, announce | Active |
/// | 29 | Active | its predecessor advertises, within Active_Down of 28 | ignored: predecessor | Active |
/// | 30 | Active | the successor to whom it hands over advertises | release, learn the interval, wait Active_Down | Backup |
/// | 31 | Active | any event but a rival's advertisement, somewhat late | ask by an advertisement of priority 1 | Active |
/// | 32 | Active, late | advertisement, or one within an interval of having asked | release, wait Active_Down; then the event as in Backup | Backup |
/// | 33 | Backup | Active_Down passes, and is seen an interval too late | wait one interval more; the third time as 5 | Backup |
/// | 34 | Backup | an interval and the skew pass, one and a half at least, of one that was heard | ask its machine for a sign of life, four times in an interval | Backup |
/// | 35 | Backup | the sign is given | wait one to five allowances more | Backup |
/// | 36 | Backup | priority 0, but another node was heard to be Active last | ignored: not Active | Backup |
/// | 37 | Backup | it can't be asked | wait an interval more, which makes Active_Down | Backup |
///
/// What goes beyond the RFC:
/// - **Who resigns (36).** One that overslept resigns without knowing that it was replaced meanwhile. Else a Backup whose
///   skew is shorter than an interval would take over from a good Active node.
/// - **Release at the start (1).** A process that was killed while Active and started again finds the address of its
///   former life still on the interface, until the lease ends.
/// - **The last word (15, 16).** The loser of two Active nodes has told the LAN that the address is its own, and its
///   peers cannot know when it did so last. After letting go it sends one more advertisement with its true priority:
///   the winner hears a lower claim and announces again (17, 18). Its true priority, not 0: 0 would set every other
///   Backup to its skew alone, although a good Active node has just been heard.
/// - **Oversleeping (20, 31, 32).** A process that hung for as long as its peers wait has probably been replaced by
///   them. For as long as nothing else took its address away (`patience`), it first asks, by an advertisement that any
///   Active node answers at once (18) and that keeps Backups waiting (8). Where the whole machine stood still, and its
///   peers with it, nobody answers, and the address need not move. Who hears a rival, in its socket or as an answer,
///   lets go without arguing. Later it lets go at once, and says so by priority 0: should nobody lead, that shortens
///   the gap.
/// - **A late look (33).** A Backup that could not run can't tell silence from its own deafness.
/// - **A sign of life (34, 35, 37).** A node that is off, unplugged or cut off is to be replaced as soon as that is certain; one
///   whose machine is only busy is not to be replaced at all. By silence alone they can't be told apart, but a kernel
///   answers for the latter and not for the former. The question stands for the third advertisement: where it can be
///   asked, silence for two intervals and the skew is enough, in rows 7, 8, 15 and 30 too (37: else Active_Down). How
///   long a process may be held up is learned from how late its advertisements were before (as TCP does for its timeout:
///   Jacobson, 1988).
/// - **Ended processes (27)** are known from the lifeline. The Backups take their turns by rank alone.
/// - **Handing over (28 to 30).** The successor claims before the holder lets go, so that no packet finds nobody.
/// - **Echoes (24).** Two Active nodes that both hold themselves for the winner would answer each other without end.
///
/// The node holds the address as one of its own, so it accepts what is sent there: the RFC's Accept_Mode is always on.
public struct VirtualRouter: Sendable {
    /// What it was made with.
    public let configuration: Configuration
    /// This node's priority now, 1...255.
    public internal(set) var priority: UInt8
    /// This node's place among the Backups of one priority: 0 takes over first.
    public internal(set) var rank = 0
    private(set) var tieBreaker: TieBreaker
    var phase = Phase.initialize
    var disagreements: [Disagreement] = []
    /// How late the Active node was lately.
    var recent = Lateness()
    /// Until when an Active node of lower priority is left alone, though preemption is on.
    var preemptsFrom = Instant.zero

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
        case .backup(let backup): asks ? backup.asksAt ?? backup.activeDown : backup.activeDown
        case .active(let active): min(active.advertised.advanced(by: ownTimers.interval), active.announcements.next)
        }
    }

    /// The interval by which it waits, in centiseconds: that of the Active node while Backup, else its own.
    public var activeInterval: UInt16 {
        if case .backup(let backup) = phase { backup.interval } else { configuration.interval }
    }

    /// The most that the Active node's advertisements were late in the last while, seen from here.
    public var lateness: Duration { recent.greatest }

    /// Whether it is Active but was late, and has asked whether another leads: then nothing is to be renewed.
    public var isInDoubt: Bool { if case .active(let active) = phase { active.askedAt != nil } else { false } }

    /// What it advertises while it is Active.
    public var ownAdvertisement: Advertisement { advertisement(priority: priority) }

    // MARK: - What happens to it

    /// Begins to take part, for this reason.
    public mutating func startup(because reason: TransitionReason = .started, at now: Instant) -> [Action] {
        guard case .initialize = phase else { return [] }
        disagreements = []
        preemptsFrom = now.advanced(by: configuration.preemptDelay)
        if priority == 255 { return becomeActive(from: .initialize, because: .ownsAddresses, at: now) }
        phase = .backup(Backup(waitingFrom: now, interval: configuration.interval, priority: priority, rank: rank))
        return [.release, .transition(from: .initialize, to: .backup, reason: reason)]
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
        if let reason = reasonToIgnore(advertisement, from: sender, at: now) {
            return wakeUp(at: now) + [.ignored(reason)]
        }
        let woken = wakeUp(at: now, hearing: advertisement)
        let noticed = notice(advertisement)
        switch phase {
        case .initialize: return [.ignored(.notRunning)]
        case .backup(let backup):
            return woken + noticed + heard(advertisement, from: sender, as: backup, at: now)
        case .active(let active): return woken + noticed + heard(advertisement, from: sender, as: active, at: now)
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
        case .active(let active): return woken + advertise(active, at: now)
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

    /// Gives this node another tie-breaker: on the wire it is the primary address of the interface, which can change.
    public mutating func setTieBreaker(_ tieBreaker: TieBreaker) { self.tieBreaker = tieBreaker }

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
        return woken + (announce ? [.announce] : [])
    }

    /// The process that was Active has ended; it is certain, and need not be concluded from silence.
    ///
    /// The Backup of rank 0 claims when its deadline is looked at, which is at once; each further one a quarter of an
    /// interval later, 5 ms at least, in which it hears the one before it.
    public mutating func activeEnded(at now: Instant) {
        guard case .backup(var backup) = phase else { return }
        backup.activeEnded(at: now, rank: rank)
        phase = .backup(backup)
    }

    /// The machine of the Active node has given the sign of life that was asked for.
    public mutating func activeLives() {
        guard case .backup(var backup) = phase else { return }
        backup.lives(allowing: recent.allowance(atLeast: configuration.allowance))
        phase = .backup(backup)
    }

    /// There is no lifeline to the Active node by which to ask for a sign of life.
    public mutating func activeCannotBeAsked() {
        guard case .backup(var backup) = phase else { return }
        backup.cannotAsk()
        phase = .backup(backup)
    }

    var asks: Bool { configuration.allowance > .zero }

    /// The Active node with this tie-breaker asks this Backup to take the addresses over now.
    public mutating func succeed(_ predecessor: TieBreaker, at now: Instant) -> [Action] {
        guard case .backup = phase else { return [] }
        let actions = becomeActive(from: .backup, because: .tookOver, at: now)
        guard case .active(var active) = phase else { return actions }
        active.predecessor = (predecessor, now.advanced(by: ownTimers.activeDown))
        phase = .active(active)
        return actions
    }

    /// The addresses were taken from the interface. Who doubts whether it leads does not put them back.
    public mutating func addressesLost(at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        guard case .active(let active) = phase, let asked = active.askedAt else { return woken }
        return woken + giveWay(after: asked.duration(to: now), telling: true, at: now)
    }

    /// From now on the first advertisement of this peer is taken for its having the addresses (nil: of nobody).
    public mutating func handOver(to successor: TieBreaker?) {
        guard case .active(var active) = phase else { return }
        active.successor = successor
        phase = .active(active)
    }

    /// The time is `now`; does what is due by then, and nothing if called early.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        let woken = wakeUp(at: now)
        switch phase {
        case .initialize: return []
        case .backup(var backup):
            backup.allowForLateLook(at: now)
            let asksNow = asks && backup.mayAsk(at: now)
            if asksNow { backup.ask(at: now) }
            phase = .backup(backup)
            guard now >= backup.activeDown else { return woken + (asksNow ? [.askForSignOfLife] : []) }
            return becomeActive(from: .backup, because: backup.reason, at: now)
        case .active(var active):
            active.beSure(at: now, interval: ownTimers.interval)
            let announce = active.announcements.isDue(at: now)
            phase = .active(active)
            let due = now >= active.advertised.advanced(by: ownTimers.interval)
            return woken + (due ? advertise(active, at: now) : []) + (announce ? [.announce] : [])
        }
    }
}
