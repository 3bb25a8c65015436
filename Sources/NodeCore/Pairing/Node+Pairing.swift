internal import Membership
public import Wire

/// Nodes that were given no key.
extension Node {
    // MARK: - What people ask

    /// Lets in the node that asks with this fingerprint, all of it, for a part of one can be forged: it is given the
    /// cluster's key, sealed for it alone.
    /// - Returns: its name for people, and what is to be done.
    public mutating func admit(
        _ fingerprint: String, at now: Instant
    ) throws(PairingRefusal) -> (admitted: Pairing.Other, actions: [Action]) {
        guard !isStopped, !isStopping else { throw .stopping }
        guard let others = pairing?.asking else { throw .off }
        guard let other = others.first(where: { $0.key.fingerprint == fingerprint }) else {
            throw .unknown(fingerprint)
        }
        // It may bring the keys of a cluster along.
        if other.isEstablished { try checkRoomForKeys() }
        return (other, try pair(at: now) { $0.admit(fingerprint, at: now) ?? [] })
    }

    /// Gathers nodes without a key again, for a while.
    public mutating func openPairing(at now: Instant) throws(PairingRefusal) -> [Action] {
        try pair(at: now) { $0.openAgain(at: now) }
    }

    /// Gathers no more, on any node of the cluster.
    public mutating func closePairing(at now: Instant) throws(PairingRefusal) -> [Action] {
        var actions = try pair(at: now) { $0.closeNow() }
        let word = [MessageKind.complete, 1]
        send(word, to: company.presentAddresses.map { .address($0) }, into: &actions)
        return actions
    }

    /// Asks another cluster to admit this node, and with it all of its own cluster.
    ///
    /// `fingerprint` is the one that the node shows which is to admit it.
    public mutating func askForAdmission(
        by fingerprint: String, at now: Instant
    ) throws(PairingRefusal) -> [Action] {
        guard let pairing else { throw .off }
        guard !pairing.isFixed else { throw .keyIsConfigured }
        let own = [pairing.publicKey] + pairing.others.filter { $0.group == pairing.record.group }.map(\.key)
        guard !own.contains(where: { $0.fingerprint == fingerprint }) else { throw .isHere }
        if hasCluster { try checkRoomForKeys() }
        return try pair(at: now) { $0.askForAdmission(by: fingerprint, at: now) }
    }

    /// Two clusters that have no more keys than commands make find room for all of them.
    private func checkRoomForKeys() throws(PairingRefusal) {
        let count = keys.ring.entries.count
        guard count <= KeyRing.commandLimit else { throw .tooManyKeys(count) }
    }

    private mutating func pair(
        at now: Instant, _ change: (inout Pairing) -> [Pairing.Action]
    ) throws(PairingRefusal) -> [Action] {
        guard !isStopped, !isStopping else { throw .stopping }
        guard var pairing else { throw .off }
        let wanted = change(&pairing)
        self.pairing = pairing
        var actions: [Action] = []
        perform(wanted, at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    // MARK: - What happens

    /// A datagram that begins as those of pairing do. Nothing proves where it comes from: every one has the same length, so
    /// that no answer is longer than what provoked it.
    mutating func receivePairing(
        _ datagram: [UInt8], from source: SocketAddress, at now: Instant, into actions: inout [Action]
    ) {
        guard let wanted = pairing?.receive(datagram, from: source, at: now) else { return }
        perform(wanted, at: now, into: &actions)
    }

    mutating func pairingDeadline(at now: Instant, into actions: inout [Action]) {
        if pairingStorage.retries(at: now) {
            if let offer = pairingStorage.joining { bringMembers(to: offer, into: &actions) }
            storePairing(into: &actions)
        }
        guard let due = pairing?.nextDeadline, due <= now else { return }
        if let wanted = pairing?.deadlineReached(at: now) { perform(wanted, at: now, into: &actions) }
    }

    /// Pairing has to know whom the node has met.
    mutating func settlePairing(at now: Instant, into actions: inout [Action]) {
        let wanted = pairing?.met(members: company.count, present: company.present.count, at: now)
        if let wanted, !wanted.isEmpty { perform(wanted, at: now, into: &actions) }
        // That of the start waits for the first event.
        storePairing(into: &actions)
    }

    /// A member takes nobody in by itself any more, and neither does this node: one that gathers on could be taken in by
    /// another group, or was off when its own was complete.
    mutating func receiveComplete(_ payload: [UInt8], at now: Instant, into actions: inout [Action]) {
        let isPersonsWord = payload.count > 1 && payload[1] == 1
        let wanted = isPersonsWord ? pairing?.closeNow() : pairing?.groupIsComplete(at: now)
        if let wanted { perform(wanted, at: now, into: &actions) }
    }

    private mutating func perform(_ wanted: [Pairing.Action], at now: Instant, into actions: inout [Action]) {
        for action in wanted {
            switch action {
            case .send(let bytes, let address): actions.append(.send(bytes, to: .address(address)))
            case .confirm(let bytes, let address):
                actions += pairingStorage.say(.send(bytes, to: .address(address)))
            case .broadcast(let bytes): actions.append(.send(bytes, to: .everyone))
            case .store(let record): pairingStorage.begin(record)
            case .useKey(let offer, let bringsMembers): join(by: offer, bringsMembers, at: now, into: &actions)
            case .sayComplete(nil):
                send([MessageKind.complete, 0], to: company.presentAddresses.map { .address($0) }, into: &actions)
            case .sayComplete(let address?): sayComplete(to: address, at: now, into: &actions)
            case .tell(let event): actions.append(.tell(.pairing(event)))
            }
        }
        storePairing(into: &actions)
    }

    private static let completeSpacing = Duration.seconds(10)

    /// It may be a stranger's address, or a member's that a stranger has forged. No more of them are noted than there are
    /// members.
    private mutating func sayComplete(to address: SocketAddress, at now: Instant, into actions: inout [Action]) {
        guard company.presentAddresses.contains(address) else { return }
        toldComplete = toldComplete.filter { now < $0.value && company.presentAddresses.contains($0.key) }
        guard toldComplete[address] == nil else { return }
        toldComplete[address] = now.advanced(by: Self.completeSpacing)
        send([MessageKind.complete, 0], to: .address(address), into: &actions)
    }

    /// Whether this node has, or had when it last ran, others beside it.
    private var hasCluster: Bool { membership.members.count > 1 || !membership.unseenPeers.isEmpty }

    /// The configuration, read anew, names the key.
    public mutating func fixPairing() -> [Action] {
        var actions: [Action] = []
        let before = pairing?.record
        pairing?.fix(keys.ring.newest.key)
        if let record = pairing?.record, record != before { pairingStorage.begin(record) }
        storePairing(into: &actions)
        return actions
    }

    /// Whether the configuration names the key, so that this node joins no other group.
    public var isKeyConfigured: Bool { pairing?.isFixed ?? true }

    /// Takes the key of another group. Members come along: they are given it as in a rotation, sealed under the key that
    /// they have. A node by itself leaves nothing behind.
    private mutating func join(
        by offer: PairingOffer, _ bringsMembers: Bool, at now: Instant, into actions: inout [Action]
    ) {
        // It came by gossip already.
        guard offer.key != keys.ring.newest.key else { return }
        // Those of an earlier run that were not heard yet come along, too, when they are.
        if bringsMembers, hasCluster {
            pairingStorage.wait(for: offer)
            bringMembers(to: offer, into: &actions)
        } else {
            let before = keys.ring
            // Those, too, that are on their way to the disk.
            if before.isRotated || keys.pending != nil { actions.append(.setKeysAside) }
            keys = KeyRotation(KeyRing(Keyring(offer.key)))
            toldToSeal = offer.key
            useKeys(insteadOf: before, into: &actions)
            leaseAnew(as: offer.key, at: now, into: &actions)
        }
        membership.callAnew(at: now)
    }

    private mutating func bringMembers(to offer: PairingOffer, into actions: inout [Action]) {
        take((keys.pending ?? keys.ring).joining(offer.key, generation: offer.generation), into: &actions)
    }

    // MARK: - What is kept

    /// The keys in force have changed: whoever is admitted gets the newest.
    mutating func pairingFollowsKeys(into actions: inout [Action]) {
        pairing?.follow(keys.ring)
        guard pairingStorage.note(keys.ring) else { return }
        for case .store(let record) in pairing?.keyChanged(to: keys.ring.newest.key) ?? [] {
            pairingStorage.begin(record)
        }
        storePairing(into: &actions)
    }

    private mutating func storePairing(into actions: inout [Action]) {
        if let record = pairingStorage.due() { actions.append(.storePairing(record)) }
    }

    /// The record is on the disk, as was asked for.
    public mutating func pairingStored(_ record: PairingRecord) -> [Action] {
        guard !isStopped, record == pairingStorage.pending else { return [] }
        pairing?.recordIsStored()
        return pairingStorage.stored()
    }

    /// The record could not be written to the disk. It is tried again.
    public mutating func pairingNotStored(_ record: PairingRecord, at now: Instant) -> [Action] {
        guard !isStopped, record == pairingStorage.pending else { return [] }
        pairingStorage.failed(at: now)
        return pairingStorage.tells() ? [.tell(.pairing(.notStored))] : []
    }

    /// What of pairing is kept on disk; nil where nobody is let in.
    public var pairingRecord: PairingRecord? { pairing?.record }

    var pairingStatus: PairingStatus? {
        pairing.map {
            PairingStatus(
                standing: $0.record.standing, closesAt: $0.closesAt, found: $0.found,
                publicKey: $0.publicKey, asking: $0.asking)
        }
    }
}
