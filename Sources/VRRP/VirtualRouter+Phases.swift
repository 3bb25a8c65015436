internal import Wire

/// The states, and what exists in them alone.
extension VirtualRouter {
    enum Phase: Sendable {
        case initialize
        case backup(Backup)
        case active(Active)
    }

    struct Backup: Sendable {
        /// How the Active node went, if it did not just fall silent.
        enum Farewell: Sendable { case none, resigned, ended }
        /// Whether the kernel of the Active node's machine has been asked for a sign of life, and when last; whether it has
        /// given one, or can't be asked.
        enum SignOfLife: Sendable, Equatable { case none, asked(Instant), given, impossible }

        /// When the Active node counts as gone.
        private(set) var activeDown: Instant
        /// Who is Active and was heard last, and when; nil if that is not known.
        private(set) var heard: (node: TieBreaker, at: Instant)?
        private var sign = SignOfLife.none
        /// By how much it waits less than Active_Down, because it can ask: an interval, or nothing.
        private var spared = Duration.zero
        /// The Active node's interval in centiseconds.
        let interval: UInt16
        private var farewell: Farewell
        private var lateLooks = 0

        /// Less than this apart, Backups that see the end each by a lifeline of its own might claim at once.
        private static let shortestTurn = Duration.milliseconds(5)
        /// Beyond this number of late looks a Backup that can hardly run takes over all the same.
        private static let mostLateLooks = 2

        init(
            waitingFrom now: Instant, interval: UInt16, priority: UInt8, rank: Int, resigned: Bool = false,
            heard node: TieBreaker? = nil, asks: Bool = false
        ) {
            let timers = Timers(interval: interval, priority: priority, rank: rank)
            if asks, !resigned, node != nil { spared = timers.activeDown - timers.unanswered }
            activeDown = now.advanced(by: resigned ? timers.skew : timers.activeDown - spared)
            self.interval = interval
            farewell = resigned ? .resigned : .none
            heard = node.map { ($0, now) }
        }

        /// When to ask for a sign of life: an interval before the Active node counts as gone, and four times in it, for
        /// questions get lost as advertisements do. Nil if that is done, or of no use.
        var asksAt: Instant? {
            guard farewell == .none, let heard else { return nil }
            let interval = Timers.duration(of: interval)
            switch sign {
            // A high priority makes for a short skew, in which an advertisement may well be late.
            case .none: return max(activeDown.advanced(by: .zero - interval), heard.at.advanced(by: interval * 3 / 2))
            case .asked(let last):
                let next = last.advanced(by: interval / 4)
                return next < activeDown ? next : nil
            case .given, .impossible: return nil
            }
        }

        /// Whether it is time for that.
        func mayAsk(at now: Instant) -> Bool { asksAt.map { $0 <= now } ?? false }

        /// From now on an answer counts. To the first question it has half an interval at least.
        mutating func ask(at now: Instant) {
            if sign == .none { activeDown = max(activeDown, now.advanced(by: Timers.duration(of: interval) / 2)) }
            sign = .asked(now)
        }

        /// Another than the one it waits for is Active, whose advertisements mean nothing.
        mutating func forgetActive() {
            heard = nil
            cannotAsk()
        }

        /// There is no way to ask: then only the third advertisement that stays away says that the Active node is gone.
        mutating func cannotAsk() {
            guard farewell == .none, sign != .given else { return }
            sign = .impossible
            activeDown = activeDown.advanced(by: spared)
            spared = .zero
        }

        /// How much later than it should a node's advertisement has come; nil if nothing follows from that: another was
        /// heard before, or it may have been here that nothing was heard.
        func lateness(of node: TieBreaker, at now: Instant) -> Duration? {
            guard let heard, heard.node == node, lateLooks == 0 else { return nil }
            return heard.at.duration(to: now) - Timers.duration(of: interval)
        }

        /// The machine answers: what is silent is the process, which may be held up.
        mutating func lives(allowing allowance: Duration) {
            guard case .asked = sign, farewell == .none else { return }
            sign = .given
            activeDown = activeDown.advanced(by: allowance)
        }

        /// Why it takes over when the time has come.
        var reason: TransitionReason {
            switch farewell {
            case .none: sign == .given ? .activeHung : .activeSilent
            case .resigned: .activeResigned
            case .ended: .activeEnded
            }
        }

        mutating func changeSkew(from before: Timers, to after: Timers) {
            activeDown = activeDown.advanced(by: after.skew - before.skew)
        }

        mutating func activeEnded(at now: Instant, rank: Int) {
            farewell = .ended
            let step = max(Timers.duration(of: interval) / 4, Self.shortestTurn)
            activeDown = min(activeDown, now.advanced(by: step * min(rank, Timers.lastRank)))
        }

        /// If the deadline is seen so late that what was not heard may just not have been listened to, it waits anew.
        mutating func allowForLateLook(at now: Instant) {
            let interval = Timers.duration(of: interval)
            guard farewell == .none, lateLooks < Self.mostLateLooks, activeDown.advanced(by: interval) <= now else {
                return
            }
            lateLooks += 1
            activeDown = now.advanced(by: interval)
        }
    }

    struct Active: Sendable {
        /// When the last advertisement went out.
        var advertised: Instant
        var announcements: Announcements
        /// When it asked, after having been late, whether another leads.
        var askedAt: Instant?
        /// To whom it hands over.
        var successor: TieBreaker?
        /// From whom it took over, and until when that one's advertisements mean nothing.
        var predecessor: (node: TieBreaker, until: Instant)?

        init(at now: Instant, _ announcements: Announcements) {
            advertised = now
            self.announcements = announcements
        }

        /// Nobody has answered within an interval: it leads.
        mutating func beSure(at now: Instant, interval: Duration) {
            if let asked = askedAt, asked.advanced(by: interval) <= now { askedAt = nil }
        }
    }
}
