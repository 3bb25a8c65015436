/// How many datagrams were dropped for which reason, and where the ones that do not open came from.
public struct DropCounts: Hashable, Sendable, Sequence {
    /// One reason and how often it applied.
    public struct Element: Hashable, Sendable {
        /// Why.
        public let reason: DropReason
        /// How often since the node started.
        public let count: UInt64
    }

    /// Somebody whose datagrams are dropped for a reason that people can do something about.
    public struct Source: Hashable, Sendable {
        /// Why.
        public let reason: DropReason
        /// Where they come from. Nothing proves it.
        public let ip: IPAddress
        /// The node that the last one names as its sender, where it does not open for want of a key. Nothing proves it.
        public fileprivate(set) var node: NodeID?
        /// The hint of the key that the last one is sealed with, in the same case.
        public fileprivate(set) var hint: UInt32?
        /// How many in the time from the first to the last.
        public fileprivate(set) var count: UInt64
        /// When the first came, since the last pause.
        public fileprivate(set) var first: Instant
        /// When the last came.
        public fileprivate(set) var last: Instant

        /// Whether it is more than what happens whenever two nodes meet.
        public var isLasting: Bool { count >= 5 && first.duration(to: last) >= .seconds(3) }
    }

    /// The reasons of which the sources are noted.
    private static let noted: Set<DropReason> = [.otherCluster, .droppedKey, .forged, .unknownVersion, .unproven]
    /// How many sources are noted. Anyone can invent more, so newcomers take the place of each other only, and of who has
    /// been silent for a while.
    private static let mostSources = 16
    private static let patience = Duration.seconds(15)
    /// A source that was silent for so long is forgotten: longer than the longest pause between two calls to strangers.
    private static let memory = Duration.seconds(60)

    private var counts: [DropReason: UInt64] = [:]
    private var noted: [Source] = []

    /// Nothing dropped yet.
    public init() {}

    /// How often this reason applied.
    public subscript(reason: DropReason) -> UInt64 { counts[reason] ?? 0 }

    /// How many datagrams were dropped for any reason.
    public var total: UInt64 { reduce(0) { $0 &+ $1.count } }

    /// Every reason with its count, zeros too, always in the order of `DropReason.allCases`.
    public func makeIterator() -> some IteratorProtocol<Element> {
        DropReason.allCases.lazy.map { Element(reason: $0, count: self[$0]) }.makeIterator()
    }

    /// One more. `header` is what stands in clear in one that no key here opens.
    mutating func count(
        _ reason: DropReason, from source: SocketAddress, header: DatagramHeader? = nil, at now: Instant
    ) {
        counts[reason, default: 0] &+= 1
        guard Self.noted.contains(reason) else { return }
        noted.removeAll { $0.last.advanced(by: Self.memory) < now }
        if let index = noted.firstIndex(where: { $0.reason == reason && $0.ip == source.ip }) {
            noted[index].count &+= 1
            noted[index].last = now
            noted[index].node = header?.session.node
            noted[index].hint = header?.hint
        } else {
            guard makeRoom(at: now) else { return }
            noted.append(
                Source(
                    reason: reason, ip: source.ip, node: header?.session.node, hint: header?.hint, count: 1, first: now,
                    last: now))
        }
    }

    /// Whether there is a place for one more source.
    private mutating func makeRoom(at now: Instant) -> Bool {
        guard noted.count >= Self.mostSources else { return true }
        let free = noted.indices.filter {
            !noted[$0].isLasting || noted[$0].last.advanced(by: Self.patience) < now
        }
        guard let oldest = free.min(by: { noted[$0].last < noted[$1].last }) else { return false }
        noted.remove(at: oldest)
        return true
    }

    /// Who sent what was dropped, in the last minute; in the order in which they were first heard.
    public func sources(at now: Instant) -> [Source] {
        noted.filter { now <= $0.last.advanced(by: Self.memory) }
    }

    /// Forgets who sealed with keys that are ours now.
    mutating func forgetSources(with hints: [UInt32]) {
        noted.removeAll { source in source.hint.map(hints.contains) ?? false }
    }

    /// This reason applies no more to what comes from there.
    mutating func settled(_ reason: DropReason, from ip: IPAddress) {
        noted.removeAll { $0.reason == reason && $0.ip == ip }
    }
}
