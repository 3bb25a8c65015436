internal import CLinux
internal import Glibc

/// Interfaces with a virtual router's MAC address (RFC 9568 §7.3) on top of a wired one: macvlan.
///
/// Such an interface has the floating address and answers for it, and is silent otherwise: what it sends teaches switches
/// where its MAC address is. The interface below must not answer for the address with its own.
public final class VirtualLinks {
    private let socket: NetlinkSocket
    private var sequence: UInt32 = 0

    /// Opens the way to the kernel, in the calling thread's network namespace.
    public init() throws(SystemError) { socket = try NetlinkSocket() }

    /// Whether an interface is a radio: those carry no second MAC address.
    public static func isWireless(_ name: String) -> Bool {
        ["wireless", "phy80211"].contains { access("/sys/class/net/\(name)/\($0)", F_OK) == 0 }
    }

    /// Makes an interface of this name and MAC address on top of `base`, and switches it on.
    ///
    /// `base` then answers ARP for its own addresses only, and names only these as its own (arp_ignore, arp_announce).
    public func add(_ name: String, _ mac: MACAddress, isIPv4: Bool, on base: Interface) throws(SystemError) {
        var request = linkRequest(RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL)
        request.attribute(Int(IFLA_IFNAME), Array(name.utf8) + [0])
        request.attribute(Int(IFLA_ADDRESS), mac.bytes)
        request.attribute(Int(IFLA_LINK), hostBytes(base.index))
        var mode = NetlinkRequest(type: 0, flags: 0)
        mode.attribute(Int(IFLA_MACVLAN_MODE), hostBytes(UInt32(MACVLAN_MODE_PRIVATE.rawValue)))
        var kind = NetlinkRequest(type: 0, flags: 0)
        kind.attribute(Int(IFLA_INFO_KIND), Array("macvlan".utf8))
        kind.attribute(Int(IFLA_INFO_DATA), mode.attributes)
        request.attribute(Int(IFLA_LINKINFO), kind.attributes)
        try change(request, "make the interface \(name) with the MAC address \(mac) on \(base.name)")
        try setUp(name, isIPv4: isIPv4, base: base.name)
        var on = linkRequest(RTM_NEWLINK, flags: 0, change: 1)
        on.attribute(Int(IFLA_IFNAME), Array(name.utf8) + [0])
        try change(on, "switch \(name) on")
    }

    /// Removes an interface that `add` made; one that is gone is no error.
    public func remove(_ interface: Interface) -> SystemError? {
        do throws(SystemError) {
            try change(linkRequest(RTM_DELLINK, flags: 0, index: interface.index), "remove \(interface.name)")
            return nil
        } catch {
            return error.code == ENODEV ? nil : error
        }
    }

    /// Answers are for those who ask on this interface; the way back leads through the one below.
    private func setUp(_ name: String, isIPv4: Bool, base: String) throws(SystemError) {
        if isIPv4 {
            for (key, value) in [("arp_ignore", 1), ("arp_filter", 0), ("rp_filter", 0), ("accept_local", 1)] {
                try set("ipv4", name, key, value)
            }
            try raise(base, "arp_ignore", to: 1)
            try raise(base, "arp_announce", to: 2)
        }
        // Not there where the kernel has no IPv6.
        guard access("/proc/sys/net/ipv6/conf/\(name)", F_OK) == 0 else { return }
        for (key, value) in [("addr_gen_mode", 1), ("accept_ra", 0), ("disable_ipv6", isIPv4 ? 1 : 0)] {
            try set("ipv6", name, key, value)
        }
    }

    private func set(_ family: String, _ name: String, _ key: String, _ value: Int) throws(SystemError) {
        try SmallFile.write("\(value)\n", to: "/proc/sys/net/\(family)/conf/\(name)/\(key)")
    }

    /// A stricter value that people have set stays.
    private func raise(_ name: String, _ key: String, to value: Int) throws(SystemError) {
        let text = try SmallFile.read("/proc/sys/net/ipv4/conf/\(name)/\(key)")
        guard (Int(text.filter(\.isNumber)) ?? 0) < value else { return }
        try set("ipv4", name, key, value)
    }

    /// struct ifinfomsg: family, type, index, flags, and which of the flags are meant.
    private func linkRequest(
        _ type: Int, flags: Int32, index: UInt32 = 0, change: UInt32 = 0
    ) -> NetlinkRequest {
        var request = NetlinkRequest(type: Int32(type), flags: flags | NLM_F_ACK)
        request.append(UInt32(0))
        request.append(index)
        request.append(change)
        request.append(change)
        return request
    }

    private func change(_ request: NetlinkRequest, _ call: String) throws(SystemError) {
        sequence &+= 1
        guard let code = socket.change(request, sequence: sequence) else { return }
        let advice: String? =
            switch code {
            case EPERM: "Run bramble as root, or give the service the capability CAP_NET_ADMIN."
            case EOPNOTSUPP: "The kernel may lack macvlan (CONFIG_MACVLAN)."
            default: nil
            }
        throw SystemError(call: call, code: code, advice: advice)
    }

    private func hostBytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}
