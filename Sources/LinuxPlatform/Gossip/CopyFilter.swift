/// Leaves out the copies of a datagram that came in by several ways: what goes to everyone is sent by broadcast and by
/// multicast, and whoever hears both would take the second for a replay.
public struct CopyFilter: Sendable {
    /// How many copies there were.
    public private(set) var copies: UInt64 = 0
    private var recent: [GossipSocket.Datagram] = []

    /// Copies follow one another within microseconds: few others get between them.
    private static let limit = 8

    /// A filter that has seen nothing.
    public init() {}

    /// Whether the same bytes have just come from the same node under another destination. The same bytes under the
    /// same destination are none: somebody has sent them again.
    public mutating func isCopy(_ datagram: GossipSocket.Datagram) -> Bool {
        let isKnown = recent.contains {
            $0.destination != datagram.destination && $0.source == datagram.source && $0.bytes == datagram.bytes
        }
        if recent.count == Self.limit { recent.removeFirst() }
        recent.append(datagram)
        if isKnown { copies += 1 }
        return isKnown
    }
}
