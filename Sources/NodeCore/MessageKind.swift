internal import VRRP
internal import Wire

/// The first byte of a message says which part of the node it is for. A kind that no part knows is counted and
/// skipped, so that newer nodes can talk to older ones.
enum MessageKind {
    /// SWIM's messages.
    static let membership: ClosedRange<UInt8> = 0x10...0x1F
    /// An advertisement: the rest is the VRRP message of RFC 9568 §5.2.
    static let advertisement: UInt8 = 0x20
    /// A question to a holder whose lifeline has ended: whoever is Active answers by an advertisement.
    static let question: UInt8 = 0x21
    /// The holder asks the receiver to take a virtual router's addresses over.
    static let offer: UInt8 = 0x22
    /// The former holder has let go of a virtual router's addresses.
    static let handedOver: UInt8 = 0x23
    /// A stranger has a floating address, as a member found out that held it.
    static let stranger: UInt8 = 0x24
    /// A command that people gave on another node.
    static let command: UInt8 = 0x30
    /// The cluster's keys, for one that lacks the newest.
    static let keys: UInt8 = 0x40
    /// The cluster is complete: whoever gathers nodes without a key does so no more. The body is one byte: 1 if a person says so, for nodes too on
    /// which another person has said that they gather; else 0.
    static let complete: UInt8 = 0x41
    /// What a node knows of the address that a DHCP server gives the cluster.
    static let lease: UInt8 = 0x50
}

/// Which virtual router a message is about: the body of an offer and of what follows it.
struct RouterReference: Hashable, Sendable {
    let virtualRouterID: UInt8
    let isIPv4: Bool

    /// The message of this kind.
    func message(_ kind: UInt8) -> [UInt8] { [kind, virtualRouterID, isIPv4 ? 4 : 6] }

    /// Decodes a message whose kind is known.
    init(message payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.dropFirst())
        virtualRouterID = try reader.integer(UInt8.self)
        isIPv4 = try reader.integer(UInt8.self) == 4
    }

    /// What speaks of `router`.
    init(_ router: FloatingRouter) {
        virtualRouterID = router.router.configuration.virtualRouterID
        isIPv4 = router.addresses.first?.ip.isIPv4 ?? true
    }
}

/// What one node may ask of another on behalf of people.
enum NodeCommand: Hashable, Sendable {
    /// Show yourself. Names the node that is meant, for a datagram may reach the heir of an address.
    case identify(NodeID)
    /// Go out of service, or come back.
    case setDraining(NodeID, Bool)

    private static let identifyCode: UInt8 = 1
    private static let drainCode: UInt8 = 2
    private static let resumeCode: UInt8 = 3

    /// The message: kind, code, body.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(MessageKind.command)
        switch self {
        case .identify(let node):
            writer.integer(Self.identifyCode)
            writer.nodeID(node)
        case .setDraining(let node, let draining):
            writer.integer(draining ? Self.drainCode : Self.resumeCode)
            writer.nodeID(node)
        }
        return writer.bytes
    }

    /// Decodes a message whose kind is known to be `command`; nil for a code of a newer version.
    static func decode(_ payload: [UInt8]) throws(DecodeError) -> NodeCommand? {
        var reader = ByteReader(payload.dropFirst())
        switch try reader.integer(UInt8.self) {
        case identifyCode: return .identify(try reader.nodeID())
        case drainCode: return .setDraining(try reader.nodeID(), true)
        case resumeCode: return .setDraining(try reader.nodeID(), false)
        default: return nil
        }
    }
}
