public import Wire

/// One node's part in SWIM with Lifeguard: who is a member of the cluster, and in what state.
///
/// Pure: it is handed what happened and the time, and answers with what to do. The same inputs with the same seed give
/// the same answers. Payloads are plaintext: sealing, and proving who a sender is, happen below.
public struct SWIM: Sendable {
    /// What the caller has to do, in this order.
    public enum Action: Sendable, Equatable {
        /// Seal the payload and send it to this address.
        case send([UInt8], to: SocketAddress)
        /// Seal the payload and send it to everybody on each interface.
        case broadcast([UInt8])
        /// Something about a member changed; `before` is its state until now, nil if it is new here.
        case changed(Member, before: Member.State?)
        /// Write the known peers to disk, all of them, in place of the list before.
        case store([KnownPeer])
        /// Something was ignored: count it.
        case ignored(IgnoreReason)
    }

    /// Which run of which node this is.
    public let session: Session
    /// What the protocol is tuned by.
    public let configuration: Configuration

    /// A later run of this node's ID that a member knows of: this run will be listened to by nobody who does.
    public internal(set) var laterRun: Session?

    /// The proven senders whose messages are of a version of the protocol that is not spoken here: each node once, at most
    /// eight, the one heard last at the end.
    public internal(set) var otherVersions: [OtherVersion] = []

    var own: Record
    var ownSince: Instant
    /// Where others see us; `own.address` stays nil.
    var ownAddress: SocketAddress?
    var roster = Roster()
    var random: SeededGenerator
    var awareness: Awareness
    var memory: PeerMemory
    var calls = Calls()

    var probeList = ProbeList()
    var probes: [Probe] = []
    var relays: [Relay] = []
    var sequence: UInt32 = 0
    var nextProbe: Instant
    var ways = Ways()
    var stretch: Stretch?
    var nextStretch: Instant

    var news = Dissemination()
    var nextGossip: Instant
    var nextSync: Instant
    var meetings = Meetings()

    var lastInput: Instant

    /// A node that has just started.
    ///
    /// - Parameters:
    ///   - session: this run; its boot counter has been synced to disk.
    ///   - info: what the node tells about itself.
    ///   - configuration: the tuning, `.lan` for nearly everybody.
    ///   - known: the peers that the last `Action.store` listed, in this run or an earlier one.
    ///   - seeds: configured addresses of peers that a broadcast may not reach.
    ///   - random: the source of every draw.
    ///   - now: the time.
    public init(
        session: Session, info: MemberInfo, configuration: Configuration, known: [KnownPeer], seeds: [SocketAddress],
        random: SeededGenerator, at now: Instant
    ) {
        self.session = session
        self.configuration = configuration
        self.random = random
        own = Record(session: session, counter: 0, state: .alive, info: info)
        own.info.versions = configuration.versions
        ownSince = now
        awareness = Awareness(worst: configuration.worstHealth)
        memory = PeerMemory(known, except: session.node, limit: configuration.memberLimit)
        let offset = Duration.nanoseconds(
            Int64.random(in: 0...configuration.probeInterval.wholeNanoseconds, using: &self.random))
        nextProbe = now.advanced(by: offset)
        nextGossip = now
        nextSync = now.advanced(by: configuration.syncInterval)
        nextStretch = now.advanced(by: configuration.stretchInterval)
        lastInput = now
        beginCalls(seeds: seeds, at: now)
    }

    /// Everybody who is or was a member, ourselves included, ordered by node ID.
    public var members: [Member] {
        var members = roster.peers.map(\.member)
        members.insert(ownMember, at: members.firstIndex { session.node < $0.id } ?? members.count)
        return members
    }

    /// The peers of earlier runs that have not been heard of in this one, ordered by node ID.
    public var unseenPeers: [KnownPeer] { memory.known.filter { roster[$0.id] == nil } }

    /// How far the node has to doubt itself: 0 is healthy, `Configuration.worstHealth` the worst.
    public var localHealth: Int { awareness.health }

    /// Changes what the node tells about itself, and spreads it.
    public mutating func update(_ info: MemberInfo, at now: Instant) -> [Action] {
        var actions: [Action] = []
        noticePause(at: now, into: &actions)
        var info = info
        info.versions = configuration.versions
        guard !isLeaving, info != own.info else { return actions }
        own.info = info
        restate(at: now, into: &actions)
        return actions
    }

    /// Says goodbye: tells everybody at once, so that nobody takes the silence that follows for a crash.
    ///
    /// The node may stop after this; while it runs it repeats the goodbye, answers probes and asks nothing any more.
    public mutating func leave(at now: Instant) -> [Action] {
        guard !isLeaving else { return [] }
        var actions: [Action] = []
        own.state = .left
        ownSince = now
        probes = []
        relays = []
        restate(at: now, into: &actions)
        for peer in roster.peers where peer.state.isPresent {
            send(.gossip, to: peer, into: &actions)
        }
        storePeers(at: now, into: &actions)
        return actions
    }

    var isLeaving: Bool { own.state == .left }

    var ownMember: Member {
        Member(
            session: session, address: ownAddress, state: own.state, incarnation: own.incarnation, info: own.info,
            since: ownSince)
    }

    /// Makes a new statement about ourselves and lets it be known.
    mutating func restate(above counter: UInt32? = nil, at now: Instant, into actions: inout [Action]) {
        own.counter = max(own.counter, counter ?? 0)
        if own.counter < .max { own.counter += 1 }
        spread(session.node, at: now)
        actions.append(.changed(ownMember, before: isLeaving ? .alive : own.state))
    }
}
