internal import CLinux
internal import Wire

/// One way to reach everyone on an interface: where to send, and from where.
struct Outlet {
    let destination: bramble_endpoint
    let origin: bramble_endpoint
    /// Whether it is a multicast group, and not a broadcast address.
    let isGroup: Bool

    /// A multicast group that gossip listens to on an interface.
    struct Membership: Hashable, Comparable {
        let interface: UInt32
        let isIPv4: Bool

        static func < (left: Membership, right: Membership) -> Bool {
            (left.interface, left.isIPv4 ? 0 : 1) < (right.interface, right.isIPv4 ? 0 : 1)
        }
    }

    /// All ways of an interface: IPv4's where it has an address, else IPv6's. Both would show one node to its peers
    /// under two addresses, and everything would be sent twice.
    static func all(of interface: Interface, except floating: Set<IPAddress>, port: UInt16) -> [Outlet] {
        let four = interface.ownAddress(ipv4: true, except: floating)
        let six = interface.ownAddress(ipv4: false, except: floating)
        return four == nil ? ipv6(interface, six, port) : ipv4(interface, four, port)
    }

    /// The groups of all interfaces, in a fixed order.
    static func memberships(of interfaces: [Interface]) -> [Membership] {
        interfaces.filter(\.canMulticast).flatMap { interface in
            let families = Set(interface.addresses.map(\.ip.isIPv4))
            return families.map { Membership(interface: interface.index, isIPv4: $0) }
        }.sorted()
    }

    private static func ipv4(_ interface: Interface, _ own: Interface.Address?, _ port: UInt16) -> [Outlet] {
        guard let own else { return [] }
        var targets: [IPAddress] = []
        if interface.canBroadcast {
            if let directed = own.broadcast, directed != everyone { targets.append(directed) }
            targets.append(everyone)
        }
        if interface.canMulticast { targets.append(GossipSocket.ipv4Group) }
        return targets.map { outlet($0, interface, own, port) }
    }

    private static func ipv6(_ interface: Interface, _ own: Interface.Address?, _ port: UInt16) -> [Outlet] {
        guard let own, interface.canMulticast else { return [] }
        return [outlet(GossipSocket.ipv6Group, interface, own, port)]
    }

    private static func outlet(
        _ target: IPAddress, _ interface: Interface, _ own: Interface.Address, _ port: UInt16
    ) -> Outlet {
        Outlet(
            destination: bramble_endpoint(target, port: port, interface: interface.index),
            origin: bramble_endpoint(own.ip, interface: interface.index),
            isGroup: target == GossipSocket.ipv4Group || target == GossipSocket.ipv6Group)
    }

    /// 255.255.255.255: everyone on the link, whatever their network.
    private static let everyone = IPAddress.v4(.max)
}
