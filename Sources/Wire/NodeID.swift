/// A node's identity: 128 random bits made at first start and kept on its data partition.
///
/// A node is known by this and by nothing else: its addresses and its name may change.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The ID made of these two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh ID from a source of randomness; give it the system's generator outside of simulations.
    public init(using random: inout some RandomNumberGenerator) {
        self.init(high: random.next(), low: random.next())
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 32, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        guard let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16) else {
            return nil
        }
        self.init(high: high, low: low)
    }

    /// 32 hexadecimal digits.
    public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    /// The first eight digits: enough for a person to tell the nodes of one cluster apart.
    public var short: String { String(description.prefix(8)) }

    /// Orders IDs as their bytes are ordered.
    public static func < (left: NodeID, right: NodeID) -> Bool { (left.high, left.low) < (right.high, right.low) }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One run of one node: its ID, how often it has started, and a salt drawn at this start.
///
/// Every key that seals datagrams is derived for one session, so a sequence number is never used twice under one key,
/// not even by two machines that were made from a copy of one card.
public struct Session: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Whose session it is.
    public let node: NodeID
    /// The boot counter: raised and synced to disk before the first datagram of a run.
    public let boot: UInt64
    /// Random bits of this run.
    public let salt: UInt64

    /// The session of `node` that its `boot`-th start began.
    public init(node: NodeID, boot: UInt64, salt: UInt64) {
        self.node = node
        self.boot = boot
        self.salt = salt
    }

    /// Orders by node, then by boot counter, then by salt.
    public static func < (left: Session, right: Session) -> Bool {
        (left.node, left.boot, left.salt) < (right.node, right.boot, right.salt)
    }

    /// The start of the node's ID and the boot counter, such as `0a1b2c3d#7`.
    public var description: String { "\(node.short)#\(boot)" }
}
