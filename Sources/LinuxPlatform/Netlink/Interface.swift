public import Wire

/// A network interface as the kernel describes it at one moment.
public struct Interface: Hashable, Sendable {
    /// An address that an interface has.
    public struct Address: Hashable, Sendable {
        /// The address itself.
        public let ip: IPAddress
        /// How many of its first bits name the network.
        public let prefix: Int
        /// The directed broadcast address (IPv4 only).
        public let broadcast: IPAddress?
        /// Not to be used as a source when there is a choice (IPv6, preferred lifetime over).
        public let isDeprecated: Bool
        /// Still being probed, or found to be someone else's (RFC 4862 §5.4): cannot be sent from.
        public let isTentative: Bool
        /// A further address of a network in which the interface has a first one already (IPv4).
        public let isSecondary: Bool
        /// Seconds until the kernel takes the address away; nil for ever.
        public let validSeconds: UInt32?

        /// An address with all that is known of it.
        public init(
            ip: IPAddress, prefix: Int, broadcast: IPAddress? = nil, isDeprecated: Bool = false,
            isTentative: Bool = false, isSecondary: Bool = false, validSeconds: UInt32? = nil
        ) {
            self.ip = ip
            self.prefix = prefix
            self.broadcast = broadcast
            self.isDeprecated = isDeprecated
            self.isTentative = isTentative
            self.isSecondary = isSecondary
            self.validSeconds = validSeconds
        }

        /// Whether the address stands alone, as floating addresses do, and names no network.
        public var isHost: Bool { prefix >= (ip.isIPv4 ? 32 : 128) }
    }

    /// The number that the kernel knows it by; a removed interface's number is not used again soon.
    public let index: UInt32
    /// Its name, such as `eth0`.
    public let name: String
    /// Its Ethernet address, if it has one.
    public let mac: MACAddress?
    /// Switched on by the administrator.
    public let isUp: Bool
    /// Able to pass packets: switched on, and the cable or the wireless network is there.
    public let isRunning: Bool
    /// The interface to oneself.
    public let isLoopback: Bool
    /// Has a way to reach everyone on the link (IPv4).
    public let canBroadcast: Bool
    /// Has multicast.
    public let canMulticast: Bool
    /// The largest packet in bytes.
    public let mtu: UInt32
    /// Its addresses, in the kernel's order.
    public var addresses: [Address] = []

    /// An interface with all that is known of it.
    public init(
        index: UInt32, name: String, mac: MACAddress?, isUp: Bool = true, isRunning: Bool = true,
        isLoopback: Bool = false, canBroadcast: Bool = true, canMulticast: Bool = true, mtu: UInt32 = 1500,
        addresses: [Address] = []
    ) {
        self.index = index
        self.name = name
        self.mac = mac
        self.isUp = isUp
        self.isRunning = isRunning
        self.isLoopback = isLoopback
        self.canBroadcast = canBroadcast
        self.canMulticast = canMulticast
        self.mtu = mtu
        self.addresses = addresses
    }

    /// Whether gossip may use it: up, no loopback, and with a way to reach strangers.
    public var isForGossip: Bool { isUp && !isLoopback && (canBroadcast || canMulticast) }

    /// The interface's own address of one family: where its packets should come from.
    ///
    /// Never one of `floating`; an address with a network before one without, and a first address before a secondary
    /// one. For IPv6 the link-local address, as gossip on a link speaks from it.
    public func ownAddress(ipv4: Bool, except floating: Set<IPAddress> = []) -> Address? {
        let candidates = addresses.filter { address in
            address.ip.isIPv4 == ipv4 && !address.isTentative && !floating.contains(address.ip)
                && (ipv4 || address.ip.isLinkLocal)
        }
        return candidates.first { !$0.isHost && !$0.isSecondary } ?? candidates.first { !$0.isHost } ?? candidates.first
    }

    /// Whether `ip` is this machine's own address here, with a network: such an address must not float, for a claim
    /// would give it a lifetime.
    public func isOwn(_ ip: IPAddress) -> Bool { addresses.contains { $0.ip == ip && !$0.isHost } }

    /// The prefix length of the network of this interface that `ip` belongs to; nil if it belongs to none.
    public func prefix(containing ip: IPAddress) -> Int? {
        addresses.filter { !$0.isHost && $0.ip.matches(ip, prefix: $0.prefix) }.map(\.prefix).max()
    }

    /// Whether an IPv4 address names one of the interface's networks as such, or everyone in it, and so no machine
    /// (RFC 1122 §3.2.1.3). Networks of two addresses have neither (RFC 3021).
    public func isReserved(_ ip: IPAddress) -> Bool {
        guard case .v4(let number) = ip else { return false }
        return addresses.contains { address in
            guard address.ip.isIPv4, address.prefix < 31, address.ip.matches(ip, prefix: address.prefix) else {
                return false
            }
            let host = number & (UInt32.max >> UInt32(max(0, address.prefix)))
            return host == 0 || host == UInt32.max >> UInt32(max(0, address.prefix))
        }
    }
}
