public import Wire

/// Who wins between two Active nodes of equal priority: the higher one (RFC 9568 §6.4.3).
///
/// On the wire it is the sender's primary address. Inside sealed datagrams it is the node ID, which does not change
/// when an address does.
public struct TieBreaker: Hashable, Comparable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// The tie-breaker of the RFC: the address that the advertisement was sent from.
    public init(_ address: IPAddress) {
        switch address {
        case .v4(let value): (high, low) = (0, UInt64(value))
        case .v6(let first, let second): (high, low) = (first, second)
        }
    }

    /// The tie-breaker of sealed advertisements.
    public init(_ node: NodeID) { (high, low) = (node.high, node.low) }

    /// Whether `right` wins against `left`.
    public static func < (left: TieBreaker, right: TieBreaker) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
