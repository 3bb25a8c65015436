/// What nodes say to each other before they have a key in common. Every datagram of it has the same length, so that no
/// answer is ever longer than what provoked it.
///
///     0  magic "BRP"   3  version   4  kind   5  sender's key (32)   37  sender's nonce (16)   53  body   192
public struct PairingMessage: Hashable, Sendable {
    /// What it says.
    public enum Body: Hashable, Sendable {
        /// I am here, in this group, by this name.
        case announce(Announcement)
        /// To this key, for the nonce that it announced: the group's cluster key, sealed for it alone.
        case offer(to: PairingKey, nonce: PairingNonce, sealed: [UInt8])
        /// To this key, for the nonce of its offer: I have taken it.
        case accept(to: PairingKey, nonce: PairingNonce, sealed: [UInt8])
    }

    /// How a node presents itself.
    public struct Announcement: Hashable, Sendable {
        /// The group that it is in.
        public var group: UInt64
        /// Whether it takes others in, or is taken in, by itself.
        public var isOpen: Bool
        /// Whether it leaves its group for no other that gathers.
        public var isEstablished: Bool
        /// Whether it takes the key of whoever admits it.
        public var asks: Bool
        /// Its name for people, at most 63 bytes.
        public var name: String

        /// The announcement with these values.
        public init(group: UInt64, isOpen: Bool, isEstablished: Bool = false, asks: Bool = false, name: String) {
            self.group = group
            self.isOpen = isOpen
            self.isEstablished = isEstablished
            self.asks = asks
            self.name = name
        }
    }

    /// How long every datagram is.
    public static let byteCount = 192
    /// The first three bytes.
    public static let magic = Array("BRP".utf8)
    private static let version: UInt8 = 1
    private static let longestName = 63

    /// Whose word it is, as it says itself; offers and acceptances prove it.
    public var sender: PairingKey
    /// The sender's nonce in this run, or of this offer.
    public var nonce: PairingNonce
    /// What it says.
    public var body: Body

    /// The message with these values.
    public init(sender: PairingKey, nonce: PairingNonce, body: Body) {
        self.sender = sender
        self.nonce = nonce
        self.body = body
    }
}

/// Sixteen random bytes that are never used again.
public struct PairingNonce: Hashable, Sendable {
    /// How many bytes it has.
    public static let byteCount = 16
    /// The bytes.
    public let bytes: [UInt8]

    /// A fresh one.
    public init(using random: inout some RandomNumberGenerator) {
        var writer = ByteWriter(capacity: Self.byteCount)
        for _ in 0..<2 { writer.integer(random.next() as UInt64) }
        bytes = writer.bytes
    }

    init(checked bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }
}

extension PairingMessage {
    /// The datagram.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.integer(Self.version)
        writer.integer(kind)
        writer.append(sender.bytes)
        writer.append(nonce.bytes)
        switch body {
        case .announce(let announcement):
            writer.integer(announcement.group)
            writer.integer(announcement.flags)
            var name = announcement.name[...]
            while name.utf8.count > Self.longestName { name = name.dropLast() }
            writer.string(String(name))
        case .offer(let to, let nonce, let sealed), .accept(let to, let nonce, let sealed):
            writer.append(to.bytes)
            writer.append(nonce.bytes)
            writer.integer(UInt8(clamping: sealed.count))
            writer.append(sealed.prefix(Int(UInt8.max)))
        }
        let rest = max(0, Self.byteCount - writer.bytes.count)
        writer.append([UInt8](repeating: 0, count: rest))
        return writer.bytes
    }

    /// Whether the bytes begin as such a datagram does.
    public static func isMeant(_ datagram: [UInt8]) -> Bool { datagram.starts(with: magic) }

    /// Reads a datagram that came from the network. What follows the last field belongs to a newer version.
    public init(decoding datagram: [UInt8]) throws(DecodeError) {
        guard datagram.count >= Self.byteCount else { throw .truncated }
        guard datagram.count == Self.byteCount else { throw .trailingBytes }
        var reader = ByteReader(datagram)
        guard try reader.bytes(Self.magic.count).elementsEqual(Self.magic) else { throw .badValue }
        guard try reader.integer(UInt8.self) == Self.version else { throw .badValue }
        let kind = try reader.integer(UInt8.self)
        sender = try reader.pairingKey()
        nonce = PairingNonce(checked: try reader.bytes(PairingNonce.byteCount))
        switch kind {
        case 1:
            let (group, flags) = (try reader.integer(UInt64.self), try reader.integer(UInt8.self))
            let name = try reader.string()
            guard name.utf8.count <= Self.longestName else { throw .badValue }
            body = .announce(Announcement(group: group, flags: flags, name: name))
        case 2, 3:
            let to = try reader.pairingKey()
            let nonce = PairingNonce(checked: try reader.bytes(PairingNonce.byteCount))
            let sealed = Array(try reader.bytes(Int(try reader.integer(UInt8.self))))
            body =
                kind == 2
                ? .offer(to: to, nonce: nonce, sealed: sealed) : .accept(to: to, nonce: nonce, sealed: sealed)
        default: throw .badValue
        }
    }

    private var kind: UInt8 {
        switch body {
        case .announce: 1
        case .offer: 2
        case .accept: 3
        }
    }
}

extension PairingMessage.Announcement {
    fileprivate var flags: UInt8 { (isOpen ? 1 : 0) | (isEstablished ? 2 : 0) | (asks ? 4 : 0) }

    fileprivate init(group: UInt64, flags: UInt8, name: String) {
        self.init(
            group: group, isOpen: flags & 1 != 0, isEstablished: flags & 2 != 0, asks: flags & 4 != 0, name: name)
    }
}

extension ByteReader {
    fileprivate mutating func pairingKey() throws(DecodeError) -> PairingKey {
        guard let key = PairingKey(bytes: try bytes(PairingKey.byteCount)) else { throw .badValue }
        return key
    }
}
