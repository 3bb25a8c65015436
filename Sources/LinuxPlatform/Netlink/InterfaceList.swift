internal import CLinux
public import Wire

/// The interfaces of the calling thread's network namespace.
public enum InterfaceList {
    /// All interfaces with their addresses, by index.
    public static func current() throws(SystemError) -> [Interface] {
        let socket = try NetlinkSocket()
        let links = try socket.dump(question(RTM_GETLINK), sequence: 1, call: "list the network interfaces")
        let addresses = try socket.dump(question(RTM_GETADDR), sequence: 2, call: "list the network addresses")
        var interfaces = links.compactMap(Interface.init(link:)).sorted { $0.index < $1.index }
        for message in addresses {
            guard let (index, address) = Interface.Address.read(message) else { continue }
            guard let place = interfaces.firstIndex(where: { $0.index == index }) else { continue }
            interfaces[place].addresses.append(address)
        }
        return interfaces
    }

    /// The interface whose network contains `ip`, so that an address can float there; nil if there is none.
    ///
    /// The longest prefix wins, then an interface that runs, then the lowest index. Loopback and interfaces that are
    /// switched off do not count.
    public static func interface(for ip: IPAddress, in interfaces: [Interface]) -> Interface? {
        func rank(_ interface: Interface) -> (Int, Int, Int)? {
            guard interface.isUp, !interface.isLoopback, let prefix = interface.prefix(containing: ip) else {
                return nil
            }
            return (prefix, interface.isRunning ? 1 : 0, -Int(interface.index))
        }
        let ranked = interfaces.compactMap { interface in rank(interface).map { (rank: $0, interface: interface) } }
        return ranked.max { $0.rank < $1.rank }?.interface
    }

    private static func question(_ type: Int) -> NetlinkRequest {
        var request = NetlinkRequest(type: Int32(type), flags: NLM_F_DUMP_VALUE)
        // The link question's header is the longer one (struct ifinfomsg); family 0 asks for all.
        for _ in 0..<(type == RTM_GETLINK ? 4 : 2) { request.append(UInt32(0)) }
        return request
    }
}

/// NLM_F_ROOT | NLM_F_MATCH: the kernel's macro is an expression, which Swift does not import.
let NLM_F_DUMP_VALUE: Int32 = 0x300

extension Interface {
    /// Reads an RTM_NEWLINK or RTM_DELLINK message (struct ifinfomsg and attributes); nil if it is cut short.
    init?(link message: NetlinkMessage) {
        let payload = message.payload
        guard message.type == UInt16(RTM_NEWLINK) || message.type == UInt16(RTM_DELLINK),
            let type = payload.host(UInt16.self, at: 2), let index = payload.host(Int32.self, at: 4), index > 0,
            let flags = payload.host(UInt32.self, at: 8)
        else { return nil }
        func has(_ flag: UInt32) -> Bool { flags & flag != 0 }
        let attributes = message.attributes(after: 16)
        let isEthernet = type == LinkFlag.ethernetHardware
        self.init(
            index: UInt32(index),
            name: attributes[UInt16(IFLA_IFNAME)]?.textToZero ?? "\(index)",
            mac: isEthernet ? attributes[UInt16(IFLA_ADDRESS)].flatMap { MACAddress(bytes: Array($0)) } : nil,
            isUp: has(LinkFlag.up), isRunning: has(LinkFlag.up) && has(LinkFlag.running) && has(LinkFlag.lowerUp),
            isLoopback: has(LinkFlag.loopback), canBroadcast: has(LinkFlag.broadcast),
            canMulticast: has(LinkFlag.multicast),
            mtu: attributes[UInt16(IFLA_MTU)]?.host(UInt32.self, at: 0) ?? 0)
    }
}

extension Interface.Address {
    /// Reads an RTM_NEWADDR or RTM_DELADDR message (struct ifaddrmsg and attributes); nil if it makes no sense.
    static func read(_ message: NetlinkMessage) -> (interface: UInt32, address: Interface.Address)? {
        let payload = message.payload
        guard message.type == UInt16(RTM_NEWADDR) || message.type == UInt16(RTM_DELADDR),
            let prefix = payload.host(UInt8.self, at: 1), let short = payload.host(UInt8.self, at: 2),
            let index = payload.host(UInt32.self, at: 4)
        else { return nil }
        let attributes = message.attributes(after: 8)
        func ip(_ kind: Int) -> IPAddress? { attributes[UInt16(kind)].flatMap { IPAddress(bytes: Array($0)) } }
        // On a point-to-point link IFA_ADDRESS is the other end: the own address is IFA_LOCAL where there is one.
        guard let own = ip(IFA_LOCAL) ?? ip(IFA_ADDRESS) else { return nil }
        let flags = attributes[UInt16(IFA_FLAGS)]?.host(UInt32.self, at: 0) ?? UInt32(short)
        let valid = attributes[UInt16(IFA_CACHEINFO)]?.host(UInt32.self, at: 4)
        let address = Interface.Address(
            ip: own, prefix: Int(prefix), broadcast: own.isIPv4 ? ip(IFA_BROADCAST) : nil,
            isDeprecated: flags & UInt32(IFA_F_DEPRECATED) != 0,
            isTentative: flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) != 0
                && flags & UInt32(IFA_F_OPTIMISTIC) == 0,
            isSecondary: own.isIPv4 && flags & UInt32(IFA_F_SECONDARY) != 0,
            validSeconds: valid == .max ? nil : valid)
        return (index, address)
    }
}

/// Interface flags and the hardware type, from the kernel's `if.h` and `if_arp.h` (there enumerations and macros).
private enum LinkFlag {
    static let up: UInt32 = 1 << 0
    static let broadcast: UInt32 = 1 << 1
    static let loopback: UInt32 = 1 << 3
    static let running: UInt32 = 1 << 6
    static let multicast: UInt32 = 1 << 12
    static let lowerUp: UInt32 = 1 << 16
    static let ethernetHardware: UInt16 = 1
}
