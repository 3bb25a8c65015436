public import Wire

/// How nodes that were given no key agree on one.
///
/// At first each node is a group of its own, with a key of its own, and *open*. Of two open groups that hear each other
/// the one with the higher number joins the other, unless it is a cluster already (*established*) and the other is not: a
/// node of the group that stays offers the key, sealed for the other alone by X25519. So all nodes of one network end up
/// in the group with the lowest number, in whatever order they start. Some minutes after the last one came the group
/// *closes*, all of it as soon as one of it does. From then on a person has to admit whoever comes.
///
/// Whoever comes to an established group that gathers is *led* there: it takes its former group along, whatever the numbers.
/// But that the group is established is a mere word, and a stranger may say it of a group for each node. So between groups of
/// led nodes the lower number wins again, until they close.
///
/// Whoever is on the network while a group is open can join it, or gather its nodes in a group of its own. That is the price
/// of having nothing to type. And whoever goes on and on can part nodes: by a flood, or by two keys for one group. But single
/// offers do not part those who have found each other while they gather:
///
/// - Only who has proven by an agreement that the owner of a key is in the group, and the members of the cluster, count as
///   found, and keep it open.
/// - Who has company goes to another group only where that one gathers, and gathers there as well for a while, so that
///   its company is offered the same; and not when its own group is about to be complete, but for following one of it. An
///   admission would part it from them: it takes one only when it is by itself, or from the node that a person has named.
public struct Pairing: Sendable {
    /// What this node keeps on disk.
    public internal(set) var record: PairingRecord
    /// When the group closes; nil unless it is open.
    public internal(set) var closesAt: Instant?
    /// How many datagrams had no effect, by reason.
    public internal(set) var ignored: [PairingIgnoreReason: UInt64] = [:]

    /// In which rotation the group's key came.
    var generation: UInt32 = 0
    /// The hints of the keys that the group has dropped: it takes none of them again.
    var dropped: [UInt32] = []

    let configuration: Configuration
    let identity: PairingIdentity
    private let name: String
    private var random: SeededGenerator
    let secureNonce: @Sendable () -> PairingNonce
    /// What offers to this run have to name.
    var announced: PairingNonce
    /// Whether a person has said by the configuration where the node belongs: then it takes nobody's key.
    var isFixed: Bool
    var budget = AgreementBudget()
    var candidates: Candidates
    /// Who has proven to be in this group.
    var proven: Set<PairingKey> = []
    /// The other members of the cluster: all that it has had, and those that are present.
    var members = (ever: 0, present: 0)
    /// Whom a person has admitted, and until when that holds.
    var admitted: [PairingKey: Instant] = [:]
    /// Until when it asks another group to admit it, though its own is complete.
    var asksUntil: Instant?
    /// Whose key it takes meanwhile: nobody else proves to be of that group.
    var hoped: String?
    /// The key with that fingerprint, once it was heard: to make one of every key that is heard again is a lot of work.
    var hopedKey: PairingKey?
    /// Whether a person has opened the group again: then it stays open though other members are closed.
    var isReopened = false
    /// Whether an earlier run has had company in this group. It gathers on for now, for its company may have gone to another
    /// group meanwhile, and be gathering there; but it goes nowhere, for it may be complete as well.
    var isReturning: Bool
    /// Whether it was taken in, while it gathers, by a group that is established by the word of whoever took it in.
    var isLed = false
    /// Until when it gathers though the group that it joined is complete.
    var followedUntil = Instant.zero
    /// Whether the disk knows of the group that it has joined. Until then a power cut takes it back, so it leads nobody there.
    var isStored = true
    /// When it closes at the latest.
    var lastCall: Instant
    var announceAt: Instant
    /// When people were told last of somebody who asks.
    var toldAt: Instant?

    /// A node that has just started.
    /// - Parameters:
    ///   - identity: its X25519 key, made at first start.
    ///   - record: what an earlier run stored, or a fresh one, which the shell has stored.
    ///   - name: its name for people.
    ///   - isFixed: whether the key stands in its configuration.
    ///   - random: when to announce; not for secrets.
    ///   - nonces: makes a fresh nonce; from the system's random source outside of simulations.
    public init(
        identity: PairingIdentity, record: PairingRecord, name: String, isFixed: Bool = false,
        configuration: Configuration = .init(),
        random: SeededGenerator, nonces: @escaping @Sendable () -> PairingNonce, at now: Instant
    ) {
        self.identity = identity
        self.isFixed = isFixed
        self.record = record
        self.name = name
        self.configuration = configuration
        self.random = random
        candidates = Candidates(limit: configuration.limit)
        secureNonce = nonces
        announced = nonces()
        announceAt = now
        lastCall = now.advanced(by: configuration.longestWindow)
        isReturning = record.standing == .open && record.hasMetOthers
        closesAt = record.standing == .open ? now.advanced(by: configuration.window) : nil
    }

    /// The key that people compare.
    public var publicKey: PairingKey { identity.publicKey }

    /// The others that were heard lately, sorted by key.
    public var others: [Other] { candidates.distinct() }

    /// How many nodes of this group have been found, this one included: those that have proven it, or the members of the
    /// cluster where they are more, for of two that others have let in neither has proven anything to the other.
    public var found: Int { 1 + max(proven.count, members.present) }

    /// The others that ask to be let in, and do not come by themselves.
    public var asking: [Other] { candidates.distinct(where: asks) }

    /// When to call `deadlineReached`.
    public var nextDeadline: Instant {
        // Asked at every event of the node, so it makes no arrays.
        let never = Instant(nanoseconds: .max)
        var next = min(closesAt ?? never, asksUntil ?? never)
        if announces { next = min(next, announceAt) }
        for other in candidates.all { next = min(next, other.heard.advanced(by: configuration.memory)) }
        return next
    }

    /// Whether it shows itself: while it may be taken in, or takes others in.
    private var announces: Bool { isStored && (record.standing != .closed || asksUntil != nil) }

    var isOpen: Bool { record.standing == .open }

    /// Whether there are others whom it would leave behind.
    var hasCompany: Bool { members.ever > 0 || !proven.isEmpty }

    /// Whether it goes to no open group, and open groups come to it.
    var isEstablished: Bool { record.isEstablished || isReturning }

    /// Whether its group goes before others with lower numbers.
    var leads: Bool { isEstablished || isLed }

    func asks(_ other: Other) -> Bool {
        let settleIt = isOpen && other.isOpen && !(isEstablished && other.isEstablished)
        return other.group != record.group && other.asks && !settleIt
    }

    private var announcement: [UInt8] {
        let body = PairingMessage.Announcement(
            group: record.group, isOpen: isOpen, isEstablished: isEstablished, asks: takesAdmissions, name: name)
        return PairingMessage(sender: publicKey, nonce: announced, body: .announce(body)).encoded
    }

    // MARK: - What happens

    /// Time has come to, or passed, `nextDeadline`.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        var actions: [Action] = []
        candidates.forget(after: configuration.memory, at: now)
        admitted = admitted.filter { now < $0.value }
        if let due = asksUntil, due <= now { stopAsking() }
        if let due = closesAt, due <= now { close(into: &actions) }
        if announces, announceAt <= now {
            let interval = isOpen ? configuration.announceInterval : configuration.askInterval
            announceAt = now.advanced(by: interval * Int.random(in: 750...1250, using: &random) / 1000)
            actions.append(.broadcast(announcement))
        }
        return actions
    }

    /// A datagram that begins as those of pairing do came from this address.
    public mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> [Action] {
        let message: PairingMessage
        do {
            message = try PairingMessage(decoding: datagram)
        } catch {
            return ignore(.malformed)
        }
        guard message.sender != publicKey else { return ignore(.ownEcho) }
        switch message.body {
        case .announce(let announcement): return heard(announcement, message, from: source, at: now)
        case .offer(let to, let nonce, let sealed):
            guard to == publicKey, nonce == announced else { return ignore(.notForUs) }
            return offered(sealed, message, from: source, at: now)
        case .accept(let to, let nonce, let sealed):
            let index = candidates.all.firstIndex { $0.key == message.sender && $0.offered == nonce }
            guard to == publicKey, let index else { return ignore(.notForUs) }
            return accepted(sealed, message, from: index, at: now)
        }
    }

    /// So many other members has the cluster had, and so many are present.
    public mutating func met(members ever: Int, present: Int, at now: Instant) -> [Action] {
        guard (ever, present) != members else { return [] }
        let before = found
        members = (ever, present)
        if found > before { stayOpen(at: now) }
        var actions = noteCompany()
        // Who was alone and has let somebody in is a cluster.
        if record.standing == .alone, hasCompany { close(into: &actions) }
        return actions
    }

    /// A run after this one has to know that there are others.
    mutating func noteCompany() -> [Action] {
        guard hasCompany, !record.isEstablished, !record.hasMetOthers else { return [] }
        record.hasMetOthers = true
        return [.store(record)]
    }

    /// A member says, sealed, that the group takes nobody in by itself any more.
    public mutating func groupIsComplete(at now: Instant) -> [Action] {
        guard isOpen, !isReopened, followedUntil <= now else { return [] }
        // There is at least that member, met or not.
        record.isEstablished = true
        var actions: [Action] = []
        close(into: &actions)
        return actions
    }

    /// The record is on the disk, as was asked for.
    public mutating func recordIsStored() { isStored = true }

    /// The key of the group is another from now on: it was rotated.
    public mutating func keyChanged(to key: ClusterKey) -> [Action] {
        guard key != record.key else { return [] }
        record.key = key
        return [.store(record)]
    }

    /// What the group has besides its newest key.
    mutating func follow(_ ring: KeyRing) {
        generation = ring.newest.generation
        dropped = ring.dropped.map(\.hint)
    }

    // MARK: - How it stands

    /// Somebody came, or it has just opened.
    mutating func stayOpen(at now: Instant) {
        closesAt = isOpen ? min(now.advanced(by: configuration.window), lastCall) : nil
    }

    mutating func close(into actions: inout [Action]) {
        closesAt = nil
        (isReopened, isReturning, isLed) = (false, false, false)
        announced = secureNonce()
        record.isEstablished = record.isEstablished || hasCompany
        record.standing = record.isEstablished ? .closed : .alone
        // Whoever was there has not come back: it asks like one that has never met anybody.
        record.hasMetOthers = record.isEstablished
        actions += [.store(record), .tell(.closed(isAlone: !record.isEstablished))]
        if record.standing == .closed { actions.append(.sayComplete(to: nil)) }
    }

    /// It has been let in, or nobody has heard it, or a person has decided otherwise.
    mutating func stopAsking() {
        (asksUntil, hoped, hopedKey) = (nil, nil, nil)
        // What was announced is worth nothing any more to whoever recorded it.
        announced = secureNonce()
    }

    mutating func ignore(_ reason: PairingIgnoreReason) -> [Action] {
        ignored[reason, default: 0] += 1
        return []
    }
}
