internal import Wire

/// How a key goes from one node to another: an announcement is answered by an offer, and that by an acceptance.
extension Pairing {
    // MARK: - Offers to others

    mutating func heard(
        _ announcement: PairingMessage.Announcement, _ message: PairingMessage, from source: SocketAddress,
        at now: Instant
    ) -> [Action] {
        recognize(message.sender)
        let before = candidates.all.contains { $0.key == message.sender && asks($0) }
        let heard = Other(key: message.sender, announcement, message.nonce, source, at: now)
        // Those that go before strangers. With all of `self` in it the candidates would be copied each time.
        let isKnown = { [proven, admitted, hopedKey] key in
            proven.contains(key) || admitted[key] != nil || key == hopedKey
        }
        guard let index = candidates.note(heard, isKnown: isKnown) else { return ignore(.tooMany) }
        let other = candidates[index]
        var actions: [Action] = !before && asks(other) ? tell(of: other, at: now) : []
        if joinsUs(other) || admitted[other.key] != nil { actions += offer(to: index, at: now) }
        // One that has not heard yet that its group is complete.
        if record.standing == .closed, other.isOpen, other.group == record.group {
            actions.append(.sayComplete(to: source))
        }
        return actions
    }

    /// Whether a person has named this node.
    private func isNamed(_ key: PairingKey) -> Bool {
        admitted[key] != nil || key == hopedKey
    }

    /// Notes whether this is the one that is to let this node in.
    private mutating func recognize(_ key: PairingKey) {
        if let hoped, hopedKey == nil, key.fingerprint == hoped { hopedKey = key }
    }

    private func joinsUs(_ other: Other) -> Bool {
        isOpen && other.isOpen && !other.isEstablished && other.group != record.group
            && (leads || record.group < other.group)
    }

    mutating func offer(to index: Int, at now: Instant) -> [Action] {
        var other = candidates[index]
        if let last = other.offeredAt, now < last.advanced(by: configuration.offerSpacing) { return [] }
        guard !other.isAnswered, isStored else { return [] }
        guard budget.allows(other.address.ip, isNamed: isNamed(other.key), at: now) else { return ignore(.tooMany) }
        let nonce = secureNonce()
        let offer = PairingOffer(
            group: record.group, key: record.key, generation: generation,
            isAdmission: !joinsUs(other) || (other.asks && admitted[other.key] != nil),
            isEstablished: leads)
        guard let datagram = identity.offer(offer, to: other.key, announced: other.nonce, nonce: nonce) else {
            return ignore(.badKey)
        }
        (other.offeredAt, other.offered, other.isAnswered) = (now, nonce, true)
        candidates[index] = other
        return [.send(datagram, to: other.address)]
    }

    mutating func accepted(
        _ sealed: [UInt8], _ message: PairingMessage, from index: Int, at now: Instant
    ) -> [Action] {
        var other = candidates[index]
        guard let offered = other.offered,
            budget.allows(other.address.ip, isNamed: isNamed(other.key), at: now)
        else { return ignore(.tooMany) }
        let answer = identity.accepted(sealed, by: other.key, nonce: message.nonce, offered: offered)
        // One offer is worth one computation, whoever answers it.
        other.offered = nil
        other.group = answer ?? other.group
        candidates[index] = other
        guard let group = answer else { return ignore(.forged) }
        // It was heard from several addresses, perhaps, and asks from none of them any more.
        for index in candidates.indices(where: { $0.key == other.key }) { candidates[index].group = group }
        admitted[other.key] = nil
        guard group == record.group else { return [] }
        // One that has several addresses answers from each.
        guard prove(other.key, at: now) else { return [] }
        var actions = noteCompany()
        // Who was alone and has let somebody in is a cluster.
        if record.standing == .alone { close(into: &actions) }
        return actions + [.tell(.found(other, count: found))]
    }

    /// This one is in the group. Returns whether that is new.
    @discardableResult
    private mutating func prove(_ key: PairingKey, at now: Instant) -> Bool {
        guard proven.count < configuration.limit, proven.insert(key).inserted else { return false }
        stayOpen(at: now)
        return true
    }

    // MARK: - Offers of others

    mutating func offered(
        _ sealed: [UInt8], _ message: PairingMessage, from source: SocketAddress, at now: Instant
    ) -> [Action] {
        let sender = message.sender
        guard !isFixed, record.standing != .closed || asksUntil != nil else { return ignore(.notWanted) }
        recognize(sender)
        guard budget.allows(source.ip, isNamed: sender == hopedKey, at: now) else { return ignore(.tooMany) }
        let opened = identity.open(sealed, from: sender, nonce: message.nonce, announced: announced)
        guard let offer = opened else { return ignore(.forged) }
        let isSame = offer.group == record.group && offer.key == record.key
        guard isSame || takes(offer, from: sender, at: now) else { return ignore(.notWanted) }
        guard !dropped.contains(offer.key.hint) else {
            stopAsking()
            return ignore(.notWanted) + [.tell(.offersDroppedKey)]
        }
        for index in candidates.indices(where: { $0.key == sender && $0.address == source }) {
            candidates[index].group = offer.group
        }
        var actions: [Action] = []
        if !isSame { join(offer, at: now, into: &actions) }
        prove(sender, at: now)
        actions += noteCompany()
        let answer = identity.acceptance(
            of: offer.group, from: sender, offered: message.nonce, nonce: secureNonce())
        return actions + (answer.map { [.confirm($0, to: source)] } ?? [])
    }

    /// Whether it takes the key of whoever admits it; where a person has named one, of that one alone.
    var takesAdmissions: Bool {
        !isFixed && (asksUntil != nil || (!isEstablished && !hasCompany && record.standing != .closed))
    }

    private func takes(_ offer: PairingOffer, from sender: PairingKey, at now: Instant) -> Bool {
        guard offer.isAdmission else {
            // Who asks by a person's word goes nowhere else meanwhile.
            return isOpen && !isEstablished && asksUntil == nil && goesBefore(offer)
                && (!hasCompany || canStillFollow(sender, at: now))
        }
        // Of two that admit each other the higher group goes: they must not change places.
        if admitted[sender] != nil, record.group < offer.group { return false }
        return takesAdmissions && (asksUntil == nil || sender == hopedKey)
    }

    /// Whether that group goes before its own. The order of all groups is the same for all nodes, so nobody goes in circles.
    private func goesBefore(_ offer: PairingOffer) -> Bool {
        let isLower = offer.group < record.group
        guard offer.isEstablished else { return isLower && !isLed }
        return isLower || (!isLed && offer.group != record.group)
    }

    /// Whether its company has the time to come along before it is complete. One of them that has gone already is followed.
    private func canStillFollow(_ sender: PairingKey, at now: Instant) -> Bool {
        proven.contains(sender) || closesAt.map { now.advanced(by: configuration.following) < $0 } ?? false
    }

    private mutating func join(_ offer: PairingOffer, at now: Instant, into actions: inout [Action]) {
        let asked = asksUntil != nil
        record.group = offer.group
        record.key = offer.key
        record.isConfigured = false
        if offer.isAdmission { record.standing = .closed }
        record.isEstablished = offer.isAdmission
        isLed = offer.isEstablished
        record.hasMetOthers = true
        isStored = false
        (proven, isReopened, isReturning) = ([], false, false)
        followedUntil = now.advanced(by: configuration.following)
        stopAsking()
        stayOpen(at: now)
        announceAt = now
        actions += [.store(record), .useKey(offer, bringsMembers: asked), .tell(.joined(offer.group))]
    }
}
