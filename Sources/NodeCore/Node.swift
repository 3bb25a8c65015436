public import Membership
internal import VRRP
public import Wire

/// The whole logic of one node: sealing, membership, election, lights. It touches no socket, clock, file or random
/// source; it is handed what happened and the time, and answers with what to do.
///
/// The same value runs in the daemon, in the simulator and in unit tests. After every event the node asks itself what
/// follows from what it has learned (`settle`): which place it has among those who wait for a holder's end, whether it
/// may run for Active, and which signal its lights show.
public struct Node: Sendable {
    let configuration: Configuration
    /// This run of this node.
    public let session: Session
    var link: SealedLink
    /// The cluster's keys, and who has which.
    var keys: KeyRotation
    /// Whether members or keys have changed since conclusions were drawn from them.
    var keysAreStale = false
    /// What the members were told last of this node's keys.
    var toldKeys: HeldKeys
    /// What people were told of keys last.
    var toldToSeal: ClusterKey?
    var hasToldOfDisk = false
    /// The names of the peers that an earlier run has known.
    let formerPeers: [NodeID: String]
    /// Nodes that have no key in common with this one; nil where nobody is let in.
    var pairing: Pairing?
    var pairingStorage = PairingStorage()
    /// Until when a member is not told again that the group is complete: what provokes that proves nothing of its sender.
    var toldComplete: [SocketAddress: Instant] = [:]
    var membership: SWIM
    /// What the members mean for election and lights.
    var company: Company
    var routers: [FloatingRouter]
    /// The addresses that this node's advertisements leave from; in standard mode.
    var primary = PrimaryAddresses()
    var health = Health.starting
    var release: UInt64 = 0
    /// Whether it is out of service, or is on its way there.
    public private(set) var isDraining = false
    /// Whether a person has put it back into service, and it has not begun to run for leader since.
    var isResumed = false
    /// What is taken from the configured priority.
    var priorityLoss: UInt8 = 0
    /// Whether it is on its way out: it hands its addresses over first.
    var isStopping = false
    /// Whether it does nothing any more.
    public internal(set) var isStopped = false
    var lifelines = Lifelines()
    /// The members that did not take an address that was to be spread, and until when they are not asked again.
    var unwilling: [NodeID: Instant] = [:]
    /// When to look whether the addresses are well spread.
    var spreadAt: Instant?
    var identifyUntil: Instant?
    var duplicateUntil: Instant?
    /// Where the other one was heard, as far as that is known.
    var duplicateSource: IPAddress?
    /// The address that a DHCP server gives; nil if addresses are configured.
    var leasing: LeaseKeeper?
    /// The floating addresses that a stranger has.
    var conflicts: [IPAddress: Conflict] = [:]
    /// The floating addresses that this node holds and others claim.
    var defences: [IPAddress: Defence] = [:]
    /// The floating addresses that other programs have taken from their interface.
    var strippings: [IPAddress: Stripping] = [:]
    /// What is wrong between this node and others.
    var diagnosis: Diagnosis
    var shown: Signal?
    var ignored = IgnoreCounts()
    /// What people have been told of advertisements in standard mode.
    var disagreements = Disagreements()
    /// How many advertisements have gone out.
    var advertisements: UInt64 = 0
    let startedAt: Instant
    /// Whether it looks for others without a key before it does anything else.
    let gathersAtStart: Bool
    /// When `deadlineReached` was called last.
    private var latest: Instant

    /// A node that has just started.
    /// - Parameters:
    ///   - session: this run: the node ID, the boot counter that was raised for it, fresh salt.
    ///   - linkSecret: 32 random bytes of this run, for the challenges.
    ///   - known: the peers that an earlier run kept on disk.
    ///   - random: drives every choice the node leaves to chance.
    public init(
        _ configuration: Configuration, session: Session, linkSecret: [UInt8], known: [KnownPeer],
        random: SeededGenerator, at now: Instant
    ) {
        self.configuration = configuration
        self.session = session
        startedAt = now
        latest = now
        diagnosis = Diagnosis(at: now)
        keys = KeyRotation(configuration.keyRing ?? KeyRing(configuration.keyring))
        toldKeys = keys.held
        toldToSeal = keys.ring.newest.key
        pairing = configuration.pairing.map {
            Pairing(
                identity: $0.identity, record: $0.record, name: configuration.name, isFixed: $0.isKeyConfigured,
                configuration: $0.configuration,
                random: SeededGenerator(seed: session.salt), nonces: $0.nonces, at: now)
        }
        pairing?.follow(keys.ring)
        // The keys may have got to the disk, and the record that names the newest not.
        for case .store(let record) in pairing?.keyChanged(to: keys.ring.newest.key) ?? [] {
            pairingStorage.begin(record)
        }
        gathersAtStart = pairing?.closesAt != nil
        formerPeers = Dictionary(known.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        link = SealedLink(session: session, keyring: keys.keyring, secret: linkSecret)
        var info = MemberInfo(
            name: configuration.name, httpPort: configuration.httpPort, serving: false, draining: false, release: 0)
        info.keys = keys.held
        membership = SWIM(
            session: session, info: info, configuration: configuration.membership, known: known,
            seeds: configuration.seeds, random: random, at: now)
        company = Company(of: session.node, among: membership.members)
        routers = FloatingRouter.routers(of: configuration.floating, configuration: configuration, node: session.node)
        leasing = configuration.leasedRouterID.map {
            LeaseKeeper(
                virtualRouterID: $0, remembered: configuration.rememberedLease, key: keys.ring.newest.key,
                random: random)
        }
    }

    // MARK: What happens to a node

    /// A datagram came in.
    public mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        var actions: [Action] = []
        if PairingMessage.isMeant(datagram) {
            receivePairing(datagram, from: source, at: now, into: &actions)
            settle(at: now, into: &actions)
            return actions
        }
        switch link.receive(datagram, from: source, at: now) {
        case .dropped: return []
        case .reply(let bytes): return [.send(bytes, to: .address(source))]
        case .proven(let sender, let reply):
            if let reply { actions.append(.send(reply, to: .address(source))) }
            perform(membership.proven(sender, from: source, at: now), at: now, into: &actions)
        case .duplicateIdentity(let other, let reply):
            if let reply { actions.append(.send(reply, to: .address(source))) }
            meetDouble(other, from: source.ip, at: now, into: &actions)
        case .message(let sender, let payload):
            dispatch(payload, from: source, sender: sender, at: now, into: &actions)
        }
        gossipIfDue(at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// How long gossip may wait for something else to wake the node, which is most often an advertisement: each waking
    /// costs more than what is done then, and membership counts in tenths of a second.
    private static let gossipSlack = Duration.milliseconds(10)

    private mutating func gossipIfDue(at now: Instant, into actions: inout [Action]) {
        guard membership.nextDeadline <= now else { return }
        perform(membership.deadlineReached(at: now), at: now, into: &actions)
    }

    /// The instant to call `deadlineReached(at:)`, unless something else happens before.
    public var nextDeadline: Instant {
        guard !isStopped else { return Instant(nanoseconds: .max) }
        var next = membership.nextDeadline.advanced(by: Self.gossipSlack)
        func consider(_ instant: Instant?) {
            if let instant, instant < next { next = instant }
        }
        for router in routers { consider(router.nextDeadline) }
        consider(leasing?.nextDeadline)
        consider(keys.nextDeadline)
        consider(pairing?.nextDeadline)
        consider(pairingStorage.retryAt)
        consider(identifyUntil)
        consider(duplicateUntil)
        consider(conflictDeadline)
        consider(lifelines.nextDeadline)
        consider(spreadAt)
        consider(diagnosis.lookAt.advanced(by: Self.gossipSlack))
        if latest < settledAt { consider(settledAt) }
        if latest < aloneAt { consider(aloneAt) }
        return next
    }

    /// Time has come to, or passed, `nextDeadline`.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        latest = max(latest, now)
        var actions: [Action] = []
        if let end = identifyUntil, end <= now { identifyUntil = nil }
        if let end = duplicateUntil, end <= now { (duplicateUntil, duplicateSource) = (nil, nil) }
        conflictDeadlineReached(at: now, into: &actions)
        gossipIfDue(at: now, into: &actions)
        keysDeadline(at: now, into: &actions)
        pairingDeadline(at: now, into: &actions)
        concludeFromLifelines(at: now)
        for index in routers.indices { routerDeadline(index, at: now, into: &actions) }
        leaseDeadline(at: now, into: &actions)
        diagnose(at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// The shell has looked at the node: what stands against its serving, and the release it serves (the first eight
    /// bytes of the release ID; 0 for none).
    ///
    /// `obstacles` stand against single floating addresses: the node serves, and runs for every other address.
    public mutating func update(
        health: Health, obstacles: [IPAddress: Health.Reason] = [:], release: UInt64, at now: Instant
    ) -> [Action] {
        guard !isStopped else { return [] }
        var actions: [Action] = []
        let isNew = note(obstacles, into: &actions)
        guard isNew || health != self.health || release != self.release else { return [] }
        if health != self.health, !health.reasons.contains(.starting) { actions.append(.tell(.health(health))) }
        self.health = health
        self.release = release
        informMembers(at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Every floating address, in the order of the configuration.
    var addresses: [FloatingAddress] { routers.flatMap(\.addresses) }

    // MARK: What people ask of a node

    /// Takes the node out of service, or puts it back.
    public mutating func setDraining(_ draining: Bool, at now: Instant) -> [Action] {
        guard !isStopped, draining != isDraining else { return [] }
        var actions: [Action] = []
        isDraining = draining
        isResumed = !draining
        actions.append(.tell(.draining(draining)))
        informMembers(at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Makes the lights of a node show which one it is, for half a minute; `nil` is this node.
    ///
    /// The command goes out three times, for a datagram may get lost and nobody acknowledges it.
    /// - Returns: nil when no member that can be reached has that ID: it is unknown, dead, or has left.
    public mutating func identify(_ node: NodeID?, at now: Instant) -> [Action]? {
        guard !isStopped else { return [] }
        guard let node, node != session.node else {
            var actions: [Action] = []
            beginIdentify(at: now, into: &actions)
            settle(at: now, into: &actions)
            return actions
        }
        return command(.identify(node), to: node)
    }

    /// Gives up every floating address and says good-bye at once: for whoever cannot wait for a successor.
    public mutating func stopNow(at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        var actions: [Action] = []
        isStopping = true
        for index in routers.indices {
            perform(routers[index].router.shutdown(reason: .stopping, at: now), of: index, at: now, into: &actions)
        }
        settle(at: now, into: &actions)
        return actions
    }

    /// Hands every floating address over, then says good-bye; `isStopped` tells when that is done. Where there is nobody
    /// to take over, that is at once, and some intervals later at the latest.
    public mutating func stop(at now: Instant) -> [Action] {
        guard !isStopped, !isStopping else { return [] }
        var actions: [Action] = []
        isStopping = true
        settle(at: now, into: &actions)
        return actions
    }
}
