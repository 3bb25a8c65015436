internal import Membership
internal import Wire

/// Which keys this node has, which of them it seals with, and who is to be given what.
///
/// Every member says in gossip what it has on its disk. So each node sees for itself which keys all that are present
/// have, and what it says to all it seals with the newest of them; to one member, with the newest that this member has.
/// Nobody has to give the word to change over, and nobody can be left behind by it.
struct KeyRotation: Sendable {
    /// Another member, as far as keys go.
    struct Peer: Hashable, Sendable {
        let session: Session
        /// Nil for one that cannot be given keys.
        let keys: HeldKeys?
    }

    /// What is in force: it is on the disk.
    private(set) var ring: KeyRing
    /// What is on its way to the disk, and in force once it is there.
    private(set) var pending: KeyRing?
    /// Keys that were dropped a moment ago and still open: what was sealed with them is on its way, and someone may just
    /// have come who has no other.
    private(set) var fading: [ClusterKey] = []
    private(set) var fadingUntil: Instant?
    /// What is said to all is sealed with this one.
    private(set) var groupKey: ClusterKey
    /// Whether all members that are present have the newest key and seal with it.
    private(set) var isSettled = true
    /// The members that are present and are to be given the ring, with their addresses.
    private(set) var lacking: [SocketAddress] = []
    /// When they are given it.
    private(set) var speakAt: Instant?
    private var pause = Self.shortestPause
    private var peers: [SocketAddress: Peer] = [:]
    /// How often something was said to the group.
    private var turn = 0
    /// Whom the ring is sent to as soon as it is in force, for they lack what others brought.
    private var replyTo: [SocketAddress] = []

    /// How long dropped keys still open: many round trips, and much longer than it takes a node that has just come to be
    /// handed the new key.
    static let fadingTime = Duration.seconds(10)
    private static let shortestPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(8)
    /// The first of those who have the key hands it out at once; the others one after the other, should the first fail.
    private static let step = Duration.milliseconds(100)

    init(_ ring: KeyRing) {
        self.ring = ring
        groupKey = ring.newest.key
    }

    /// What opens and what seals, for the link.
    var keyring: Keyring { ring.keyring(fading: fading) }

    /// What this node says of itself.
    var held: HeldKeys { ring.held(sealsWithNewest: groupKey == ring.newest.key) }

    var nextDeadline: Instant? { [speakAt, fadingUntil].compactMap { $0 }.min() }

    // MARK: - What seals

    /// The keys that a datagram to an address is sealed with: one that surely opens there, or for one of whom nothing is
    /// known each in turn, for it is a call that goes out rarely.
    func keys(for address: SocketAddress, heard: SealedLink.HeardKey?) -> [ClusterKey] {
        guard ring.entries.count + fading.count > 1 else { return [ring.newest.key] }
        let peer = peers[address]
        guard peer != nil || heard != nil else { return keysForEveryone }
        // Another run of the node, or another node, is at this address than the one that the members speak of.
        let isHeardLater = heard.map { $0.session.isLater(than: peer?.session) } ?? false
        var hints: [UInt32] = []
        if let keys = peer?.keys, !isHeardLater { hints += [keys.newest, keys.oldest] }
        if let heard, isHeardLater || heard.session == peer?.session { hints.append(heard.key.hint) }
        if let key = keyring.keys.first(where: { hints.contains($0.hint) }) { return [key] }
        return [oldest]
    }

    /// The keys that a call to everyone on the network is sealed with: all, so that one that was away hears it. Where people
    /// change the keys in the files, by steps, the newest is enough.
    var keysForEveryone: [ClusterKey] { ring.isRotated ? ring.entries.map(\.key) : [ring.newest.key] }

    /// The key for what goes to the group beside the members: mostly the one that all have; now and then an older one, for
    /// those that were away.
    mutating func keyForGroup() -> ClusterKey {
        let others = keysForEveryone.filter { $0 != groupKey }
        guard !others.isEmpty else { return groupKey }
        turn += 1
        return turn.isMultiple(of: 2) ? others[turn / 2 % others.count] : groupKey
    }

    /// What a member has that says nothing of its keys: those of its file.
    private var oldest: ClusterKey {
        (ring.entries.first { $0.generation == 0 } ?? ring.entries[ring.entries.count - 1]).key
    }

    // MARK: - What is learned

    /// The members have changed, or the ring has. `rank` is how many others would hand the key out before this node.
    mutating func conclude(_ members: [Member], own: NodeID, at now: Instant) {
        let others = members.filter { $0.id != own }
        peers = [:]
        // Who is present counts more than one that had the address before.
        for member in others.filter({ !$0.state.isPresent }) + others.filter(\.state.isPresent) {
            if let address = member.address { peers[address] = Peer(session: member.session, keys: member.info.keys) }
        }
        let present = others.filter(\.state.isPresent)
        groupKey = ring.entries.first { entry in present.allSatisfy { has($0, entry.key) } }?.key ?? ring.newest.key
        isSettled =
            groupKey == ring.newest.key
            && present.allSatisfy {
                $0.info.keys.map { $0.newest == ring.newest.key.hint && $0.sealsWithNewest } ?? false
            }
        let wanting = present.filter { $0.info.keys.map(ring.isAhead) == true }.compactMap(\.address)
        guard wanting != lacking else { return }
        lacking = wanting
        pause = Self.shortestPause
        let before = present.count { $0.id < own && $0.info.keys?.newest == ring.newest.key.hint }
        speakAt = wanting.isEmpty ? nil : now.advanced(by: Self.step * min(before, 10))
    }

    private func has(_ member: Member, _ key: ClusterKey) -> Bool {
        guard let keys = member.info.keys else { return key == oldest }
        return keys.newest == key.hint || keys.oldest == key.hint
    }

    /// Whom to give the ring now.
    mutating func due(at now: Instant) -> [SocketAddress] {
        guard let due = speakAt, due <= now else { return [] }
        speakAt = lacking.isEmpty ? nil : now.advanced(by: pause)
        pause = min(pause + pause, Self.longestPause)
        return lacking
    }

    /// Ends the time of the dropped keys, if it is over.
    mutating func fade(at now: Instant) -> Bool {
        guard let end = fadingUntil, end <= now else { return false }
        fading = []
        fadingUntil = nil
        return true
    }

    // MARK: - What changes the ring

    /// Another ring is to be in force: it has to be on the disk first. Nil if nothing changes by it.
    mutating func take(_ next: KeyRing) -> KeyRing? {
        guard next != pending ?? ring else { return nil }
        pending = next
        return next
    }

    /// A member handed its ring over.
    mutating func receive(_ other: KeyRing, from source: SocketAddress) -> KeyRing? {
        let merged = (pending ?? ring).merged(with: other)
        if merged.adds(to: other), !replyTo.contains(source), replyTo.count < 64 { replyTo.append(source) }
        return take(merged)
    }

    /// The ring that was to be stored is on the disk. Whom to send it; nil if it was another one.
    mutating func stored(_ stored: KeyRing, at now: Instant) -> Bool {
        guard stored == pending else { return false }
        let gone = ring.entries.map(\.key).filter { key in !stored.entries.contains { $0.key == key } }
        // Of another cluster's keys none fades: the node has been moved away from them.
        let isFollowing = stored.entries.contains { entry in ring.entries.contains { $0.key == entry.key } }
        fading = isFollowing ? (fading + gone).filter { key in !stored.entries.contains { $0.key == key } } : []
        fadingUntil = fading.isEmpty ? nil : now.advanced(by: Self.fadingTime)
        ring = stored
        pending = nil
        return true
    }

    /// It could not be stored. Whoever gave it gives it again.
    mutating func notStored(_ ring: KeyRing) { if ring == pending { pending = nil } }

    /// Those whose ring lacks something of the one in force.
    mutating func takeReplies() -> [SocketAddress] {
        guard pending == nil else { return [] }
        defer { replyTo = [] }
        return replyTo
    }
}

extension Session {
    /// Whether this is a later run than `other`, or one of another node.
    fileprivate func isLater(than other: Session?) -> Bool {
        guard let other, other.node == node else { return true }
        return boot > other.boot
    }
}
