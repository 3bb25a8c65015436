internal import LinuxPlatform
internal import Wire

/// Where a DHCP server is asked for the cluster's address.
enum LeaseInterface {
    /// The interface of this name, or the first that is fit: it has a link and an IPv4 network. Wired before wireless
    /// before what software made: a container's bridge has no DHCP server.
    static func choose(named name: String?, among interfaces: [Interface]) -> Interface? {
        let fit = interfaces.filter { interface in
            interface.isRunning && interface.mac != nil && !networks(of: interface).isEmpty
                && (name == nil || name == interface.name)
        }
        return fit.min { ($0.medium, $0.index) < ($1.medium, $1.index) }
    }

    /// The IPv4 addresses of an interface that name a network; one that it gave itself for want of any is none.
    static func networks(of interface: Interface) -> [(number: UInt32, prefix: UInt8)] {
        interface.addresses.compactMap { address in
            guard case .v4(let number) = address.ip, !address.isHost, number >> 16 != 0xA9FE else { return nil }
            return (number, UInt8(clamping: address.prefix))
        }
    }
}
