public import Wire

/// An address that a server has given for a time (RFC 2131 §2.2).
public struct DHCPLease: Hashable, Sendable {
    /// The address, a big-endian number.
    public var address: UInt32
    /// How many of its first bits name the network; nil if the server did not say.
    public var prefix: UInt8?
    /// The first router that the server names.
    public var router: UInt32?
    /// The server that gave it (option 54).
    public var server: UInt32
    /// The Ethernet address that the server's answers come from: where a message to it goes.
    public var serverHardware: [UInt8]
    /// How long it is given for.
    public var duration: Duration
    /// T1: when it is to be renewed, from when it was obtained.
    public var renewal: Duration
    /// T2: when any server is to be asked, from when it was obtained.
    public var rebinding: Duration
    /// When the request was sent that it answers (RFC 2131 §4.4.1).
    public var obtainedAt: Instant

    /// A lease with all that is known of it.
    public init(
        address: UInt32, prefix: UInt8?, router: UInt32?, server: UInt32, serverHardware: [UInt8], duration: Duration,
        renewal: Duration, rebinding: Duration, obtainedAt: Instant
    ) {
        self.address = address
        self.prefix = prefix
        self.router = router
        self.server = server
        self.serverHardware = serverHardware
        self.duration = duration
        self.renewal = renewal
        self.rebinding = rebinding
        self.obtainedAt = obtainedAt
    }

    /// When it ends. Who has no other word by then must let the address go.
    public var expiresAt: Instant { obtainedAt.advanced(by: duration) }
    /// When T1 comes.
    public var renewAt: Instant { obtainedAt.advanced(by: renewal) }
    /// When T2 comes.
    public var rebindAt: Instant { obtainedAt.advanced(by: rebinding) }
    /// Whether it is given for ever (RFC 2131 §3.3).
    public var isEndless: Bool { duration >= Self.endless }

    /// The time that stands for ever: all 32 bits set.
    static let endless = Duration.seconds(UInt32.max)
}

extension DHCPLease {
    /// Why an offer or an acknowledgement is not taken.
    public enum Flaw: Error, Hashable, Sendable, CustomStringConvertible {
        /// It names no server, no time or no address that a machine can have.
        case incomplete
        /// The address lies in no network of the link.
        case outside(UInt32)
        /// The address is a node's own: the server does not tell clients apart by their identifiers.
        case taken(UInt32)
        /// The server refuses the address when it is asked for, and has done so before.
        case refused(UInt32)

        /// The flaw in words for people.
        public var description: String {
            switch self {
            case .incomplete: "the server's offer names no usable address, no server or no time"
            case .outside(let address):
                "the server offers \(IPAddress.v4(address)), which lies in no network of this link"
            case .taken(let address):
                "the server offers \(IPAddress.v4(address)), which is a node's own address: it does not tell the cluster "
                    + "from the node"
            case .refused(let address):
                "the server offers \(IPAddress.v4(address)), and refuses it when it is asked for"
            }
        }
    }

    /// Reads what an offer or an acknowledgement gives.
    ///
    /// T1 and T2 are those of the server if they make sense, else half and seven eighths (RFC 2131 §4.4.5).
    init(_ message: DHCPMessage, from hardware: [UInt8], in place: DHCPClient.Place, at now: Instant) throws(Flaw) {
        let options = message.options
        guard let server = options.server, server != 0, let seconds = options.leaseSeconds, seconds > 0,
            Self.canBeHost(message.yourAddress)
        else { throw .incomplete }
        let prefix = options.subnetMask.flatMap(Self.prefix)
        guard !place.taken.contains(message.yourAddress) else { throw .taken(message.yourAddress) }
        guard let network = place.networks.first(where: { $0.contains(message.yourAddress) }),
            !network.isReserved(message.yourAddress)
        else { throw .outside(message.yourAddress) }
        let first = options.renewalSeconds ?? seconds / 2
        let second = options.rebindingSeconds ?? UInt32(UInt64(seconds) * 7 / 8)
        let isOrdered = first > 0 && first < second && second < seconds
        let whole = Duration.seconds(seconds)
        self.init(
            address: message.yourAddress, prefix: prefix, router: options.router, server: server,
            serverHardware: hardware, duration: whole, renewal: isOrdered ? .seconds(first) : whole / 2,
            rebinding: isOrdered ? .seconds(second) : whole * 7 / 8, obtainedAt: now)
    }

    /// Neither 0.x, nor loopback, nor link-local, nor multicast, nor reserved (RFC 6890).
    private static func canBeHost(_ address: UInt32) -> Bool {
        let first = address >> 24
        return first > 0 && first != 127 && first < 224 && address >> 16 != 0xA9FE
    }

    /// The length of a mask whose ones are all in front.
    private static func prefix(_ mask: UInt32) -> UInt8? {
        let length = (~mask).leadingZeroBitCount
        return mask << UInt32(length) == 0 ? UInt8(length) : nil
    }
}
