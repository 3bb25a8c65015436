internal import Wire

/// The first byte of a message says which part of the node it is for. A kind that no part knows is counted and
/// skipped, so that newer nodes can talk to older ones.
enum MessageKind {
    /// SWIM's messages.
    static let membership: ClosedRange<UInt8> = 0x10...0x1F
    /// An advertisement: the rest is the VRRP message of RFC 9568 §5.2.
    static let advertisement: UInt8 = 0x20
    /// A command that people gave on another node.
    static let command: UInt8 = 0x30
}

/// What one node may ask of another on behalf of people.
enum NodeCommand: Hashable, Sendable {
    /// Show yourself. Names the node that is meant, for a datagram may reach the heir of an address.
    case identify(NodeID)

    private static let identifyCode: UInt8 = 1

    /// The message: kind, code, body.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(MessageKind.command)
        switch self {
        case .identify(let node):
            writer.integer(Self.identifyCode)
            writer.nodeID(node)
        }
        return writer.bytes
    }

    /// Decodes a message whose kind is known to be `command`; nil for a code of a newer version.
    static func decode(_ payload: [UInt8]) throws(DecodeError) -> NodeCommand? {
        var reader = ByteReader(payload.dropFirst())
        guard try reader.integer(UInt8.self) == identifyCode else { return nil }
        return .identify(try reader.nodeID())
    }
}
