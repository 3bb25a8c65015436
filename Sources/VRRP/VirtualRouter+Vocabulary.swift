public import Wire

extension VirtualRouter {
    /// What all members of one virtual router should agree on.
    public struct Configuration: Hashable, Sendable {
        /// The number of the virtual router, 1...255.
        public var virtualRouterID: UInt8
        /// The floating addresses, of one family.
        public var addresses: [IPAddress]
        /// The time between two advertisements in centiseconds, 1...4095.
        public var interval: UInt16
        /// Whether a Backup takes over from an Active node of lower priority.
        public var preempt: Bool
        /// How long after its start preemption begins.
        public var preemptDelay: Duration
        /// How long an Active node may oversleep and still ask first whether another leads. Shorter than the lease of
        /// its addresses; zero by the letter of the RFC.
        public var patience: Duration
        /// How much longer an Active node may be silent whose machine gives signs of life. Up to five times
        /// that where its advertisements were as late before. Zero: nobody is asked for such signs, as by the RFC.
        public var allowance: Duration
        /// When to announce.
        public var announcements: AnnouncementSchedule

        /// The configuration with these values; an interval outside 1...4095 becomes the nearer end.
        public init(
            virtualRouterID: UInt8, addresses: [IPAddress], interval: UInt16, preempt: Bool = false,
            preemptDelay: Duration = .zero, patience: Duration = .zero,
            allowance: Duration = .zero, announcements: AnnouncementSchedule = AnnouncementSchedule()
        ) {
            self.virtualRouterID = virtualRouterID
            self.addresses = addresses
            self.interval = min(max(interval, Advertisement.intervals.lowerBound), Advertisement.intervals.upperBound)
            self.preempt = preempt
            self.preemptDelay = preemptDelay
            self.patience = patience
            self.allowance = allowance
            self.announcements = announcements
        }
    }

    /// What the outside world has to do, in this order.
    public enum Action: Hashable, Sendable {
        /// Send this to the other members.
        case advertise(Advertisement)
        /// Put the addresses on the interface.
        case claim
        /// Take the addresses off the interface, if they are there.
        case release
        /// As `release`, but another answers for the addresses already: what is under way here may be finished.
        case relinquish
        /// Tell the LAN whose the addresses are.
        case announce
        /// Ask the kernel of the Active node's machine for a sign of life; `activeLives` is to be called if it gives one, and
        /// `activeCannotBeAsked` at once if there is no way to ask.
        case askForSignOfLife
        /// The state has changed.
        case transition(from: RouterState, to: RouterState, reason: TransitionReason)
        /// The Active node is configured otherwise; told once for each change.
        case noticed(Disagreement)
        /// An advertisement changed nothing.
        case ignored(IgnoreReason)
    }
}
