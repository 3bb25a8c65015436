/// One message of the Dynamic Host Configuration Protocol (RFC 2131 §2), as far as an address is concerned.
///
/// IPv4 addresses are big-endian numbers; 0 is 0.0.0.0, which stands for none.
public struct DHCPMessage: Hashable, Sendable {
    /// Who speaks: the first byte of a message.
    public enum Operation: UInt8, Sendable {
        /// A client.
        case request = 1
        /// A server.
        case reply = 2
    }

    /// What the message is for (RFC 2132 §9.6).
    public enum Kind: UInt8, Sendable {
        /// Who has an address for me?
        case discover = 1
        /// This one may be yours.
        case offer
        /// I take it; I still want it.
        case request
        /// Somebody else uses it.
        case decline
        /// It is yours.
        case acknowledge
        /// It is not yours.
        case refuse
        /// I do not need it any more.
        case release
        /// I have an address; tell me the rest.
        case inform
    }

    /// Who speaks.
    public var operation: Operation
    /// What for.
    public var kind: Kind
    /// The number that ties answers to a question (`xid`).
    public var transaction: UInt32
    /// Seconds since the client began to ask (`secs`).
    public var seconds: UInt16 = 0
    /// Whether answers must come by broadcast, because the client cannot hear others yet.
    public var wantsBroadcast = false
    /// The address that the client has and answers for (`ciaddr`).
    public var clientAddress: UInt32 = 0
    /// The address that the server gives (`yiaddr`).
    public var yourAddress: UInt32 = 0
    /// The client's Ethernet address (`chaddr`): six bytes.
    public var hardwareAddress: [UInt8]
    /// What else is said.
    public var options = Options()

    /// A message with these fields and no options.
    public init(_ operation: Operation, _ kind: Kind, transaction: UInt32, hardwareAddress: [UInt8]) {
        self.operation = operation
        self.kind = kind
        self.transaction = transaction
        self.hardwareAddress = hardwareAddress
    }

    /// The options (RFC 2132) that matter for an address. Others are passed over.
    public struct Options: Hashable, Sendable {
        /// 1: which bits of the address name the network.
        public var subnetMask: UInt32?
        /// 3: the first router.
        public var router: UInt32?
        /// 12: the client's name.
        public var hostName: [UInt8]?
        /// 50: the address that the client asks for.
        public var requestedAddress: UInt32?
        /// 51: how long the address is given for, in seconds.
        public var leaseSeconds: UInt32?
        /// 54: which server speaks, or is spoken to.
        public var server: UInt32?
        /// 55: what the client wants to be told.
        public var parameterList: [UInt8]?
        /// 56: why not, in the server's words.
        public var text: [UInt8]?
        /// 57: the longest message that the sender takes, in bytes with the IP header.
        public var maximumSize: UInt16?
        /// 58: T1, in seconds from now.
        public var renewalSeconds: UInt32?
        /// 59: T2, in seconds from now.
        public var rebindingSeconds: UInt32?
        /// 61: who the client is.
        public var clientIdentifier: [UInt8]?

        /// None.
        public init() {}
    }

    /// The UDP port of servers.
    public static let serverPort: UInt16 = 67
    /// The UDP port of clients.
    public static let clientPort: UInt16 = 68
    /// What stands between the fixed fields and the options (RFC 2132 §2).
    static let cookie: UInt32 = 0x6382_5363
}

/// The numbers of the options that are used here (RFC 2132).
enum OptionCode {
    static let pad: UInt8 = 0
    static let subnetMask: UInt8 = 1
    static let router: UInt8 = 3
    static let hostName: UInt8 = 12
    static let requestedAddress: UInt8 = 50
    static let leaseTime: UInt8 = 51
    static let overload: UInt8 = 52
    static let kind: UInt8 = 53
    static let server: UInt8 = 54
    static let parameterList: UInt8 = 55
    static let text: UInt8 = 56
    static let maximumSize: UInt8 = 57
    static let renewalTime: UInt8 = 58
    static let rebindingTime: UInt8 = 59
    static let clientIdentifier: UInt8 = 61
    static let end: UInt8 = 255
}
