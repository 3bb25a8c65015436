internal import Membership
public import Wire

/// The cluster's keys as one node keeps them: which there are, how old each is, and which have been dropped.
///
/// Two rings become one by merging, in whatever order and however often: all keys of both, but for those that either
/// has dropped. So nodes that took up different keys, at the same time or apart, end up with one ring and one newest key.
/// What a drop ends it names: two clusters that become one have each counted their rotations by themselves, and a number
/// of the one says nothing of the other's keys.
public struct KeyRing: Hashable, Sendable {
    /// A key, and in which rotation it came.
    public struct Entry: Hashable, Sendable {
        /// The key.
        public let key: ClusterKey
        /// 0 for a key of the configuration; each rotation, and each drop, takes the next number.
        public let generation: UInt32

        /// A key of this generation.
        public init(_ key: ClusterKey, generation: UInt32) {
            self.key = key
            self.generation = generation
        }
    }

    /// No ring has more keys. A command makes no more than four; rings that met after they were apart may have more, and
    /// so may two clusters that became one.
    public static let limit = 8
    static let commandLimit = 4
    /// How many dropped keys are remembered.
    static let memory = 16
    /// A generation beyond this could not be followed by others.
    static let lastGeneration = UInt32.max / 2

    /// The keys, newest first; never empty. Those of the configuration stand last, in its order.
    public private(set) var entries: [Entry]
    /// The generation of the last drop. Whoever has an earlier one has not dropped yet.
    public private(set) var floor: UInt32
    /// What is remembered of the dropped keys, the last one last.
    public private(set) var dropped: [Dropped]

    /// The ring of keys that nobody has rotated yet, as a configuration names them.
    public init(_ keyring: Keyring) {
        entries = keyring.keys.prefix(Self.limit).map { Entry($0, generation: 0) }
        floor = 0
        dropped = []
    }

    /// A ring of these keys in any order, without those that were dropped; nil for none. There is no room for more than
    /// `limit`: the oldest are dropped.
    public init?(_ keys: [Entry], floor: UInt32, dropped: [Dropped] = []) {
        let sorted = Self.sorted(keys)
        guard let first = sorted.first else { return nil }
        var kept = sorted.filter { entry in !dropped.contains { $0.isWhatIsLeft(of: entry.key) } }
        // Two halves have each dropped what the other one kept. A cluster has to have a key.
        if kept.isEmpty { kept = [first] }
        entries = Array(kept.prefix(Self.limit))
        self.floor = floor
        let surplus = kept.dropFirst(Self.limit).map { Dropped($0.key, generation: $0.generation) }
        self.dropped = Dropped.list(dropped + surplus, without: entries.map(\.key))
    }

    /// The newest first. Of those of one generation, made by two people at once, all nodes take the same for the newer.
    private static func sorted(_ keys: [Entry]) -> [Entry] {
        let rotated = keys.filter { $0.generation > 0 }.sorted { one, other in
            if one.generation != other.generation { return one.generation > other.generation }
            if one.key.hint != other.key.hint { return one.key.hint > other.key.hint }
            return other.key.bytes.lexicographicallyPrecedes(one.key.bytes)
        }
        return rotated + keys.filter { $0.generation == 0 }
    }

    /// The newest key.
    public var newest: Entry { entries[0] }

    /// Whether there has been a rotation. Until then the configuration alone says what the keys are.
    public var isRotated: Bool { newest.generation > 0 }

    /// Whether this key is in the ring, or was.
    func knows(_ key: ClusterKey) -> Bool { entries.contains { $0.key == key } || hasDropped(key) }

    /// Whether this key opens nothing any more.
    func hasDropped(_ key: ClusterKey) -> Bool { dropped.contains { $0.isWhatIsLeft(of: key) } }

    /// Both rings in one.
    func merged(with other: KeyRing) -> KeyRing {
        var keys = entries
        for entry in other.entries {
            if let index = keys.firstIndex(where: { $0.key == entry.key }) {
                if keys[index].generation < entry.generation { keys[index] = entry }
            } else {
                keys.append(entry)
            }
        }
        return KeyRing(keys, floor: max(floor, other.floor), dropped: dropped + other.dropped) ?? self
    }

    /// The ring with a new key; nil if there is no room for it.
    func adding(_ key: ClusterKey, limit: Int = Self.limit) -> KeyRing? {
        guard entries.count < limit, newest.generation < Self.lastGeneration, !knows(key) else { return nil }
        return KeyRing([Entry(key, generation: newest.generation + 1)] + entries, floor: floor, dropped: dropped)
    }

    /// The ring of a cluster that becomes a part of another one, whose newest key this is: newest here, too, and newer than
    /// it is there, so that the rings of both go to all.
    func joining(_ key: ClusterKey, generation: UInt32) -> KeyRing {
        let next = min(max(newest.generation, generation), Self.lastGeneration - 1) + 1
        return KeyRing(
            [Entry(key, generation: next)] + entries.filter { $0.key != key }, floor: floor, dropped: dropped) ?? self
    }

    /// The ring without any key but the newest; nil if there is no other. The newest takes a new generation, so that
    /// all hear of the drop.
    func droppingOlder() -> KeyRing? {
        guard isRotated, entries.count > 1, newest.generation < Self.lastGeneration else { return nil }
        let generation = newest.generation + 1
        return KeyRing(
            [Entry(newest.key, generation: generation)], floor: generation,
            dropped: dropped + entries.dropFirst().reversed().map { Dropped($0.key, generation: generation) })
    }

    /// Whether `other` lacks something that this ring would give it.
    func adds(to other: KeyRing) -> Bool {
        if floor > other.floor || dropped.contains(where: { !other.dropped.contains($0) }) { return true }
        return entries.contains { entry in
            entry.generation > 0
                && !other.entries.contains { $0.key == entry.key && $0.generation >= entry.generation }
        }
    }

    /// Whether a member that says this of its keys is to be given this ring.
    func isAhead(of keys: HeldKeys) -> Bool {
        isRotated && (newest.generation, newest.key.hint, floor) > (keys.generation, keys.newest, keys.floor)
    }

    /// What is told of it to all.
    func held(sealsWithNewest: Bool) -> HeldKeys {
        HeldKeys(
            generation: newest.generation, newest: newest.key.hint, oldest: entries[entries.count - 1].key.hint,
            floor: floor, sealsWithNewest: sealsWithNewest)
    }

    /// What opens, and what does no more: with `fading`, keys that open for a moment yet.
    func keyring(fading: [ClusterKey] = []) -> Keyring {
        Keyring(
            newest.key, older: entries.dropFirst().map(\.key) + fading,
            dropped: dropped.map(\.hint).filter { hint in !fading.contains { $0.hint == hint } })
    }
}
