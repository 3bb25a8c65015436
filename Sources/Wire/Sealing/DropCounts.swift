/// How many datagrams were dropped for which reason, and where the ones that do not open came from.
public struct DropCounts: Hashable, Sendable, Sequence {
    /// One reason and how often it applied.
    public struct Element: Hashable, Sendable {
        /// Why.
        public let reason: DropReason
        /// How often since the node started.
        public let count: UInt64
    }

    /// Where and when something was last seen.
    public struct Sighting: Hashable, Sendable {
        /// The address the datagram came from. Nothing proves it.
        public let source: SocketAddress
        /// When it came.
        public let at: Instant
    }

    private var counts: [DropReason: UInt64] = [:]

    /// The last datagram that another cluster's key had sealed: "packets arrive but don't open, from there".
    public private(set) var lastOtherCluster: Sighting?
    /// The last datagram that named our key and did not open with it.
    public private(set) var lastForged: Sighting?

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

    mutating func count(_ reason: DropReason, from source: SocketAddress, at now: Instant) {
        counts[reason, default: 0] &+= 1
        switch reason {
        case .otherCluster: lastOtherCluster = Sighting(source: source, at: now)
        case .forged: lastForged = Sighting(source: source, at: now)
        default: break
        }
    }
}
