internal import CLinux
internal import Glibc
internal import Wire

extension GossipSocket {
    /// A bound socket of one family with all its options.
    static func open(
        _ family: Int32, _ any: IPAddress, _ port: UInt16, _ beginning: [UInt8]
    ) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = try Descriptor.socket(family, type, 0, "a UDP socket")
        for (level, option, value) in options(family) {
            try check(bramble_set_option(socket.number, level, option, value), "set up UDP port \(port)")
        }
        for (level, option, value) in wishes(family) {
            _ = bramble_set_option(socket.number, level, option, value)
        }
        if !beginning.isEmpty {
            try PacketFilter.attach(PacketFilter.accept(ifPayloadBeginsWith: beginning), to: socket.number)
        }
        var endpoint = bramble_endpoint(any, port: port)
        guard bramble_bind(socket.number, &endpoint) != 0 else { return socket }
        throw .current("bind UDP port \(port)", advice: advice(for: errno, port))
    }

    /// The hop limit of what no router has passed on: each takes one off (RFC 5082). IPv4 multicast alone goes out with 1,
    /// for a router could pass its group on; what must come from this link goes by broadcast, too. The IPv6 group is of
    /// the link by its address.
    static let ownLink: Int32 = 255

    private static func options(_ family: Int32) -> [(Int32, Int32, Int32)] {
        if family == AF_INET {
            let ip = Int32(IPPROTO_IP)
            return [
                (SOL_SOCKET, SO_BROADCAST, 1), (ip, IP_PKTINFO, 1), (ip, IP_MULTICAST_LOOP, 0),
                (ip, IP_RECVTTL, 1), (ip, IP_TTL, ownLink), (ip, IP_MULTICAST_TTL, 1),
            ]
        }
        let ipv6 = Int32(IPPROTO_IPV6)
        return [
            (ipv6, IPV6_V6ONLY, 1), (ipv6, IPV6_RECVPKTINFO, 1), (ipv6, IPV6_MULTICAST_LOOP, 0),
            (ipv6, IPV6_RECVHOPLIMIT, 1), (ipv6, IPV6_UNICAST_HOPS, ownLink),
            (ipv6, IPV6_MULTICAST_HOPS, ownLink),
        ]
    }

    /// What helps and is not needed: no groups but our own, and precedence as network control (CS6, RFC 4594 §3.1).
    private static func wishes(_ family: Int32) -> [(Int32, Int32, Int32)] {
        let (level, all, precedence) =
            family == AF_INET
            ? (Int32(IPPROTO_IP), IP_MULTICAST_ALL, IP_TOS)
            : (Int32(IPPROTO_IPV6), IPV6_MULTICAST_ALL, IPV6_TCLASS)
        return [(level, all, 0), (level, precedence, 0xC0)]
    }

    private static func advice(for code: Int32, _ port: UInt16) -> String? {
        switch code {
        case EADDRINUSE:
            "Another program has UDP port \(port) (`ss -lunp 'sport = :\(port)'` names it). Stop it, or choose another "
                + "port under [cluster], the same on every node."
        case EACCES, EPERM: "Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE."
        default: nil
        }
    }
}
