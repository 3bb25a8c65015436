public import Wire

/// A node as the others see it.
public struct Member: Sendable, Equatable, Identifiable {
    /// What is believed of a member. At one incarnation a later case overrides an earlier one.
    public enum State: UInt8, Sendable, CaseIterable, Comparable {
        /// It answers.
        case alive
        /// It did not answer a probe, and has time to refute.
        case suspect
        /// It did not refute in time.
        case dead
        /// It said that it goes.
        case left

        /// Whether `right` overrides `left` at one incarnation.
        public static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }

        /// Whether the member is still probed and told the news: alive or suspect.
        public var isPresent: Bool { self <= .suspect }
    }

    /// Which run of which node this is.
    public var session: Session
    /// Where it is reached; nil for ourselves until somebody has told us where we are seen.
    public var address: SocketAddress?
    /// What is believed of it.
    public var state: State
    /// Which of its own statements this belief rests on.
    public var incarnation: Incarnation
    /// What it says about itself.
    public var info: MemberInfo
    /// When the state began, by our clock.
    public var since: Instant

    /// The node ID.
    public var id: NodeID { session.node }

    /// A member.
    public init(
        session: Session, address: SocketAddress?, state: State, incarnation: Incarnation, info: MemberInfo,
        since: Instant
    ) {
        self.session = session
        self.address = address
        self.state = state
        self.incarnation = incarnation
        self.info = info
        self.since = since
    }
}

/// Orders the statements about one node: by its run, then by the counter that only the node itself raises.
///
/// A restarted node's first word thereby overrides its own death. The salt only decides between two machines that were
/// made from one card, so that everybody decides alike.
public struct Incarnation: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The boot counter of the node's run.
    public var boot: UInt64
    /// The salt of the node's run.
    public var salt: UInt64
    /// How often the node has refuted or changed something in this run.
    public var counter: UInt32

    /// The `counter`-th statement of the run of `boot` and `salt`.
    public init(boot: UInt64, salt: UInt64, counter: UInt32) {
        self.boot = boot
        self.salt = salt
        self.counter = counter
    }

    /// Whether `right` is the later statement.
    public static func < (left: Incarnation, right: Incarnation) -> Bool {
        (left.boot, left.salt, left.counter) < (right.boot, right.salt, right.counter)
    }

    /// The boot counter and the counter: `7.2`.
    public var description: String { "\(boot).\(counter)" }
}
