public import Membership
public import Wire

/// Why keys stay as they are.
public enum KeyRefusal: Error, Hashable, Sendable {
    /// These members have not got the newest key yet, so an earlier rotation is under way.
    case underWay([String])
    /// These members run a version that cannot be given a key.
    case tooOld([String])
    /// There are so many keys already.
    case tooMany(Int)
    /// There is but one key, or none that a rotation has replaced.
    case nothingToDrop
    /// These members would be locked out: their names, and whether they are up.
    case lockedOut([Absentee])
    /// All that are up have the newest key, but some do not seal with it yet.
    case notYet
    /// The node is stopping.
    case stopping

    /// A member that lacks the newest key, or of whom that is not known.
    public struct Absentee: Hashable, Sendable {
        /// Which.
        public let node: NodeID
        /// Its name.
        public let name: String
        /// What is believed of it. Whoever has not been heard since this node started is as good as dead.
        public let state: Member.State
        /// Whether its version can be given keys.
        public let canTakeKeys: Bool

        /// A member of this name in this state.
        public init(node: NodeID, name: String, state: Member.State, canTakeKeys: Bool = true) {
            self.node = node
            self.name = name
            self.state = state
            self.canTakeKeys = canTakeKeys
        }
    }
}

extension Node {
    // MARK: - What people ask

    /// Begins to replace the cluster's key by this fresh one. It goes to every member sealed under a key that this member
    /// has, and seals once all that are present have it on their disks.
    public mutating func rotateKey(to key: ClusterKey, at now: Instant) throws(KeyRefusal) -> [Action] {
        guard !isStopped, !isStopping else { throw .stopping }
        let present = company.presentMembers
        let tooOld = present.filter { $0.info.keys == nil }
        guard tooOld.isEmpty else { throw .tooOld(tooOld.map(\.info.name)) }
        let lacking = present.filter { $0.info.keys?.newest != keys.ring.newest.key.hint }
        guard lacking.isEmpty, keys.pending == nil else { throw .underWay(lacking.map(\.info.name)) }
        guard let next = keys.ring.adding(key, limit: KeyRing.commandLimit) else {
            throw .tooMany(keys.ring.entries.count)
        }
        var actions: [Action] = [.tell(.keys(.began(key.fingerprint)))]
        take(next, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Drops every key but the newest, here and at every member. Refused while a member lacks that one, unless forced.
    public mutating func dropOldKeys(force: Bool = false, at now: Instant) throws(KeyRefusal) -> [Action] {
        guard !isStopped, !isStopping else { throw .stopping }
        // By force also while a newer key is on its way to the disk.
        guard let next = (keys.pending ?? keys.ring).droppingOlder() else { throw .nothingToDrop }
        if !force {
            let lacking = keyless
            guard lacking.isEmpty else { throw .lockedOut(lacking) }
            guard keys.isSettled, keys.pending == nil else { throw .notYet }
        }
        var actions: [Action] = []
        take(next, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Who would be locked out if the older keys were dropped now: the dead, and those that a person has stopped, come back.
    /// Before the first rotation there is nobody: each one's file says what it has.
    var keyless: [KeyRefusal.Absentee] {
        guard keys.ring.isRotated else { return [] }
        let members = membership.members.filter {
            $0.id != session.node && $0.info.keys?.newest != keys.ring.newest.key.hint
        }
        let known = members.map {
            KeyRefusal.Absentee(
                node: $0.id, name: $0.info.name, state: $0.state, canTakeKeys: $0.info.keys != nil)
        }
        // What those have that were not heard yet, nobody can tell.
        guard keys.ring.entries.count > 1 else { return known }
        return known + membership.unseenPeers.map { KeyRefusal.Absentee(node: $0.id, name: $0.name, state: .dead) }
    }

    // MARK: - What happens

    /// The ring is on the disk, as was asked for.
    public mutating func keysStored(_ ring: KeyRing, at now: Instant) -> [Action] {
        let before = keys.ring
        guard !isStopped, keys.stored(ring, at: now) else { return [] }
        var actions: [Action] = []
        useKeys(insteadOf: before, into: &actions)
        // With another cluster's key there may be others to be heard.
        if keys.ring.newest.key != before.newest.key { membership.callAnew(at: now) }
        settle(at: now, into: &actions)
        // Only now: what this node says of its keys goes first.
        for address in keys.takeReplies() { handRing(to: address, into: &actions) }
        return actions
    }

    /// The ring could not be written to the disk.
    public mutating func keysNotStored(_ ring: KeyRing, at now: Instant) -> [Action] {
        keys.notStored(ring)
        guard !isStopped else { return [] }
        // Nobody else would give this node the key of the cluster that it joins.
        if pairingStorage.joining != nil, keys.pending == nil { pairingStorage.failed(at: now) }
        guard !hasToldOfDisk else { return [] }
        hasToldOfDisk = true
        return [.tell(.keys(.notStored))]
    }

    /// The configuration names these keys now, and this ring follows from them (`KeyRing.with(file:)`).
    public mutating func useKeys(_ ring: KeyRing, at now: Instant) -> [Action] {
        guard !isStopped, ring != keys.ring else { return [] }
        var actions: [Action] = []
        if ring.isRotated {
            take(ring, into: &actions)
        } else {
            // Nothing is stored of what the file says by itself.
            let before = keys.ring
            keys = KeyRotation(ring)
            useKeys(insteadOf: before, into: &actions)
        }
        settle(at: now, into: &actions)
        return actions
    }

    /// Replaces the keys by those that the configuration names: the first seals, each one opens.
    public mutating func rotate(to keyring: Keyring, at now: Instant) -> [Action] {
        useKeys(keys.ring.with(file: keyring).ring, at: now)
    }

    /// The keys that are in force.
    public var keyRing: KeyRing { keys.ring }

    mutating func receiveKeys(_ payload: [UInt8], from source: SocketAddress, into actions: inout [Action]) {
        guard let message = try? KeyMessage(decoding: payload) else { return ignored.count("malformed keys") }
        if let next = keys.receive(message.ring, from: source) { actions.append(.storeKeys(next)) }
        for address in keys.takeReplies() { handRing(to: address, into: &actions) }
    }

    mutating func keysDeadline(at now: Instant, into actions: inout [Action]) {
        if keys.fade(at: now) { link.replaceKeyring(keys.keyring) }
        for address in keys.due(at: now) { handRing(to: address, into: &actions) }
    }

    /// Draws the conclusions from what the members say of their keys, if something has changed.
    mutating func settleKeys(at now: Instant, into actions: inout [Action]) {
        guard keysAreStale else { return }
        keysAreStale = false
        keys.conclude(membership.members, own: session.node, at: now)
        if keys.held != toldKeys { informMembers(at: now, into: &actions) }
        let newest = keys.ring.newest.key
        if keys.ring.isRotated, keys.held.sealsWithNewest, toldToSeal != newest {
            toldToSeal = newest
            actions.append(.tell(.keys(.sealing(newest.fingerprint))))
        }
        // Own news makes them stale again, but tells nothing new.
        keysAreStale = false
        for address in keys.due(at: now) { handRing(to: address, into: &actions) }
    }

    mutating func take(_ next: KeyRing, into actions: inout [Action]) {
        if let next = keys.take(next) { actions.append(.storeKeys(next)) }
    }

    mutating func useKeys(insteadOf before: KeyRing, into actions: inout [Action]) {
        hasToldOfDisk = false
        keysAreStale = true
        link.replaceKeyring(keys.keyring)
        pairingFollowsKeys(into: &actions)
        let newest = keys.ring.newest.key
        if newest != before.newest.key, keys.ring.isRotated {
            actions.append(.tell(.keys(.received(newest.fingerprint))))
        }
        let gone = before.entries.map(\.key).filter { key in !keys.ring.entries.contains { $0.key == key } }
        if !gone.isEmpty, keys.ring.isRotated {
            actions.append(.tell(.keys(.dropped(gone.map(\.fingerprint)))))
        }
    }

    private mutating func handRing(to address: SocketAddress, into actions: inout [Action]) {
        send(KeyMessage(keys.ring).encoded, to: .address(address), into: &actions)
    }

    // MARK: - What seals

    /// The keys that a payload for this destination is sealed with, one datagram for each.
    mutating func keys(for destination: Destination) -> [ClusterKey] {
        switch destination {
        case .address(let address): keys.keys(for: address, heard: link.heardKey(at: address))
        case .group: [keys.keyForGroup()]
        case .everyone: keys.keysForEveryone
        }
    }
}
