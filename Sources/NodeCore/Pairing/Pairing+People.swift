public import Wire

/// What people say.
extension Pairing {
    /// Lets in the node with this fingerprint, if it asks within the time of a window.
    /// - Returns: nil if none of another group that is heard has it.
    public mutating func admit(_ fingerprint: String, at now: Instant) -> [Action]? {
        let meant = candidates.all.first { $0.group != record.group && $0.key.fingerprint == fingerprint }
        guard let key = meant?.key else { return nil }
        admitted[key] = now.advanced(by: configuration.window)
        return candidates.indices { $0.key == key }.flatMap { offer(to: $0, at: now) }
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
    /// `fingerprint` is that of the node which is to let it in: without it the first stranger could. Meanwhile it takes no
    /// other key.
    public mutating func askForAdmission(by fingerprint: String, at now: Instant) -> [Action] {
        hoped = fingerprint
        hopedKey = candidates.all.first { $0.key.fingerprint == fingerprint }?.key
        announced = secureNonce()
        asksUntil = now.advanced(by: configuration.window)
        announceAt = now
        return []
    }

    /// Takes nobody in by itself any more.
    public mutating func closeNow() -> [Action] {
        var actions: [Action] = []
        if isOpen || hasCompany, record.standing != .closed { close(into: &actions) }
        return actions
    }

    /// Gathers nodes again, for a while.
    public mutating func openAgain(at now: Instant) -> [Action] {
        record.standing = .open
        isReopened = true
        lastCall = now.advanced(by: configuration.longestWindow)
        stayOpen(at: now)
        announceAt = now
        return [.store(record), .tell(.opened)]
    }

    /// People are told of who begins to ask, but not of each one where somebody makes up thousands: the status lists them.
    mutating func tell(of other: Other, at now: Instant) -> [Action] {
        if let toldAt, now < toldAt.advanced(by: .seconds(10)) { return [] }
        toldAt = now
        return [.tell(.asks(other))]
    }
}
