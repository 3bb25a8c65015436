public import Wire

/// How nodes that were given no key agree on one.
///
/// At first each node is a group of its own, with a key of its own, and *open*. Of two open groups that hear each other
/// the one with the higher number joins the other, unless it is a cluster already (*established*) and the other is not: a
/// node of the group that stays offers the key, sealed for the other alone by X25519. So all nodes of one network end up
/// in the group with the lowest number, in whatever order they start. Some minutes after the last one came the group
/// *closes*. From then on a person has to admit whoever comes.
///
/// Whoever is on the network while a group is open can join it. That is the price of having nothing to type.
public struct Pairing: Sendable {
    /// What this node keeps on disk.
    public private(set) var record: PairingRecord
    /// When the group closes; nil unless it is open.
    public private(set) var closesAt: Instant?
    /// The others that were heard lately, sorted by key.
    public var others: [Other] { peers.values.sorted { $0.key < $1.key } }
    /// How many datagrams had no effect, by reason.
    public private(set) var ignored: [PairingIgnoreReason: UInt64] = [:]

    /// In which rotation the group's key came.
    private var generation: UInt32 = 0
    /// The hints of the keys that the group has dropped: it takes none of them again.
    private var dropped: [UInt32] = []

    private let configuration: Configuration
    private let identity: PairingIdentity
    private let name: String
    private var random: SeededGenerator
    private let secureNonce: @Sendable () -> PairingNonce
    /// What offers to this run have to name.
    private var announced: PairingNonce
    /// Whether a person has said by the configuration where the node belongs: then it takes nobody's key.
    private(set) var isFixed: Bool
    /// How many more times in this second it computes what strangers want computed: a small processor has other work.
    private var budget: (from: Instant, left: Int) = (.zero, 0)
    private static let mostAgreements = 20
    private var peers: [PairingKey: Other] = [:]
    /// Whom a person has admitted.
    private var admitted: Set<PairingKey> = []
    /// Until when it asks another group to admit it, though its own is complete.
    private var asksUntil: Instant?
    /// Whose key it takes meanwhile: nobody else proves to be of that group.
    private var hoped: String?
    /// When it closes at the latest.
    private var lastCall: Instant
    private var announceAt: Instant
    /// When people were told last of somebody who asks.
    private var toldAt: Instant?

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
        secureNonce = nonces
        announced = nonces()
        announceAt = now
        lastCall = now.advanced(by: configuration.longestWindow)
        closesAt = record.standing == .open ? now.advanced(by: configuration.window) : nil
    }

    /// The key that people compare.
    public var publicKey: PairingKey { identity.publicKey }

    /// How many nodes of this group were heard, this one included.
    public var found: Int { 1 + peers.values.count { $0.group == record.group } }

    /// The others that ask to be let in: those of other groups that do not come by themselves, and gather nobody.
    public var asking: [Other] {
        others.filter { $0.group != record.group && (isOpen ? !$0.isOpen : !($0.isOpen && $0.isEstablished)) }
    }

    /// When to call `deadlineReached`.
    public var nextDeadline: Instant {
        // Asked at every event of the node, so it makes no arrays.
        let never = Instant(nanoseconds: .max)
        var next = min(closesAt ?? never, asksUntil ?? never)
        if announces { next = min(next, announceAt) }
        for other in peers.values { next = min(next, other.heard.advanced(by: configuration.memory)) }
        return next
    }

    /// Whether it shows itself: while it may be taken in, or takes others in.
    private var announces: Bool { record.standing != .closed || asksUntil != nil }

    private var isOpen: Bool { record.standing == .open }

    /// Whether it takes a key that a person of another group offers.
    private func takesAdmission(by sender: PairingKey) -> Bool {
        if asksUntil != nil { return sender.fingerprint == hoped }
        return !record.isEstablished && record.standing != .closed
    }

    // MARK: - What happens

    /// Time has come to, or passed, `nextDeadline`. `hasCompany` tells whether the node is in a cluster with others, though they
    /// may not have been heard here for a while.
    public mutating func deadlineReached(hasCompany: Bool = false, at now: Instant) -> [Action] {
        var actions: [Action] = []
        peers = peers.filter { now < $0.value.heard.advanced(by: configuration.memory) }
        if let due = asksUntil, due <= now { stopAsking() }
        if let due = closesAt, due <= now { close(hasCompany: hasCompany, into: &actions) }
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
            guard to == publicKey, peers[message.sender]?.offered == nonce else { return ignore(.notForUs) }
            return accepted(sealed, message, offered: nonce, at: now)
        }
    }

    // MARK: - What people say

    /// Lets in the node with this fingerprint.
    /// - Returns: nil if none of another group that is heard has it.
    public mutating func admit(_ fingerprint: String, at now: Instant) -> [Action]? {
        let meant = others.first { $0.group != record.group && $0.key.fingerprint == fingerprint }
        guard let other = meant else { return nil }
        admitted.insert(other.key)
        return offer(to: other.key, at: now)
    }

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

    /// The configuration names the key from now on.
    public mutating func fix(_ key: ClusterKey) {
        isFixed = true
        record = PairingRecord(configured: key)
        closesAt = nil
        stopAsking()
    }

    /// Asks to be admitted by another group, though this one is complete.
    ///
    /// `fingerprint` is that of the node which is to let it in: without it the first stranger could.
    public mutating func askForAdmission(by fingerprint: String, at now: Instant) -> [Action] {
        hoped = fingerprint
        announced = secureNonce()
        asksUntil = now.advanced(by: configuration.window)
        announceAt = now
        return []
    }

    /// Takes nobody in by itself any more.
    public mutating func closeNow(hasCompany: Bool = false) -> [Action] {
        var actions: [Action] = []
        if isOpen || hasCompany, record.standing != .closed { close(hasCompany: hasCompany, into: &actions) }
        return actions
    }

    /// Gathers nodes again, for a while.
    public mutating func openAgain(at now: Instant) -> [Action] {
        record.standing = .open
        lastCall = now.advanced(by: configuration.longestWindow)
        stayOpen(at: now)
        announceAt = now
        return [.store(record), .tell(.opened)]
    }

    // MARK: - Offers

    private var announcement: [UInt8] {
        let body = PairingMessage.Announcement(
            group: record.group, isOpen: isOpen, isEstablished: record.isEstablished, name: name)
        return PairingMessage(sender: publicKey, nonce: announced, body: .announce(body)).encoded
    }

    private mutating func heard(
        _ announcement: PairingMessage.Announcement, _ message: PairingMessage, from source: SocketAddress,
        at now: Instant
    ) -> [Action] {
        let isNew = peers[message.sender] == nil
        if isNew { makeRoom() }
        var other = peers[message.sender] ?? Other(key: message.sender, announcement, message.nonce, source, at: now)
        other.update(announcement, message.nonce, source, at: now)
        peers[message.sender] = other
        if isNew, other.group == record.group { stayOpen(at: now) }
        var actions: [Action] = isNew ? tell(of: other, at: now) : []
        let joinsUs =
            isOpen && other.isOpen && !other.isEstablished && (record.isEstablished || record.group < other.group)
        if other.group != record.group, joinsUs || admitted.contains(other.key) {
            actions += offer(to: other.key, at: now)
        }
        return actions
    }

    /// People are told of who asks, but not of each one where somebody makes up thousands: the status lists them.
    private mutating func tell(of other: Other, at now: Instant) -> [Action] {
        let isSoon = toldAt.map { now < $0.advanced(by: .seconds(10)) } ?? false
        guard !isSoon, asking.contains(where: { $0.key == other.key }) else { return [] }
        toldAt = now
        return [.tell(.asks(other))]
    }

    private mutating func offer(to key: PairingKey, at now: Instant) -> [Action] {
        guard var other = peers[key] else { return [] }
        if let last = other.offeredAt, now < last.advanced(by: configuration.offerSpacing) { return [] }
        guard mayAgree(at: now) else { return ignore(.tooMany) }
        let nonce = secureNonce()
        let offer = PairingOffer(
            group: record.group, key: record.key, generation: generation, isAdmission: admitted.contains(key),
            isEstablished: record.isEstablished)
        guard let datagram = identity.offer(offer, to: key, announced: other.nonce, nonce: nonce) else {
            return ignore(.badKey)
        }
        (other.offeredAt, other.offered) = (now, nonce)
        peers[key] = other
        return [.send(datagram, to: other.address)]
    }

    private mutating func offered(
        _ sealed: [UInt8], _ message: PairingMessage, from source: SocketAddress, at now: Instant
    ) -> [Action] {
        guard !isFixed, record.standing != .closed || asksUntil != nil else { return ignore(.notWanted) }
        guard mayAgree(at: now) else { return ignore(.tooMany) }
        let opened = identity.open(sealed, from: message.sender, nonce: message.nonce, announced: announced)
        guard let offer = opened else { return ignore(.forged) }
        let isBetter = isOpen && !record.isEstablished && (offer.isEstablished || offer.group < record.group)
        let isSame = offer.group == record.group && offer.key == record.key
        let isAdmission = offer.isAdmission && takesAdmission(by: message.sender)
        guard isBetter || isSame || isAdmission else { return ignore(.notWanted) }
        guard !dropped.contains(offer.key.hint) else {
            stopAsking()
            return ignore(.notWanted) + [.tell(.offersDroppedKey)]
        }
        peers[message.sender]?.group = offer.group
        var actions: [Action] = []
        if offer.group != record.group || offer.key != record.key {
            join(offer, at: now, into: &actions)
        }
        let answer = identity.acceptance(
            of: offer.group, from: message.sender, offered: message.nonce, nonce: secureNonce())
        return actions + (answer.map { [.confirm($0, to: source)] } ?? [])
    }

    private mutating func join(_ offer: PairingOffer, at now: Instant, into actions: inout [Action]) {
        let asked = asksUntil != nil
        record.group = offer.group
        record.key = offer.key
        record.isConfigured = false
        // One that opened again to take others in goes on; who came to it late only came.
        if offer.isAdmission || offer.isEstablished || !isOpen { record.standing = .closed }
        record.isEstablished = offer.isEstablished || record.standing == .closed
        stopAsking()
        stayOpen(at: now)
        announceAt = now
        actions += [.store(record), .useKey(offer, bringsMembers: asked), .tell(.joined(offer.group))]
    }

    private mutating func accepted(
        _ sealed: [UInt8], _ message: PairingMessage, offered: PairingNonce, at now: Instant
    ) -> [Action] {
        guard mayAgree(at: now) else { return ignore(.tooMany) }
        let answer = identity.accepted(sealed, by: message.sender, nonce: message.nonce, offered: offered)
        guard let group = answer, var other = peers[message.sender] else { return ignore(.forged) }
        other.group = group
        other.offered = nil
        peers[message.sender] = other
        admitted.remove(message.sender)
        guard group == record.group else { return [] }
        // Who was alone and has let somebody in is a cluster.
        var actions: [Action] = []
        if record.standing == .alone { close(hasCompany: true, into: &actions) }
        stayOpen(at: now)
        return actions + [.tell(.found(other, count: found))]
    }

    /// It has been let in, or nobody has heard it, or a person has decided otherwise.
    private mutating func stopAsking() {
        (asksUntil, hoped) = (nil, nil)
        // What was announced is worth nothing any more to whoever recorded it.
        announced = secureNonce()
    }

    /// Whether there is time for one more agreement.
    private mutating func mayAgree(at now: Instant) -> Bool {
        if budget.from.advanced(by: .seconds(1)) <= now { budget = (now, Self.mostAgreements) }
        budget.left -= 1
        return budget.left >= 0
    }

    /// Somebody came, or it has just opened.
    private mutating func stayOpen(at now: Instant) {
        closesAt = isOpen ? min(now.advanced(by: configuration.window), lastCall) : nil
    }

    private mutating func close(hasCompany: Bool, into actions: inout [Action]) {
        closesAt = nil
        announced = secureNonce()
        record.isEstablished = record.isEstablished || hasCompany || found > 1
        record.standing = record.isEstablished ? .closed : .alone
        actions += [.store(record), .tell(.closed(isAlone: !record.isEstablished))]
    }

    private mutating func makeRoom() {
        guard peers.count >= configuration.limit else { return }
        // Those of this group stay as long as there are others.
        let oldest = peers.values.min { left, right in
            (left.group == record.group ? 1 : 0, left.heard, left.key)
                < (right.group == record.group ? 1 : 0, right.heard, right.key)
        }
        if let oldest { peers[oldest.key] = nil }
    }

    private mutating func ignore(_ reason: PairingIgnoreReason) -> [Action] {
        ignored[reason, default: 0] += 1
        return []
    }
}
