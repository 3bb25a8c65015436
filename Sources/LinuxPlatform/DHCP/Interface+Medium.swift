internal import Glibc

extension Interface {
    /// What kind of link it is.
    public enum Medium: Int, Comparable, Sendable {
        /// A card with a cable.
        case wired
        /// A card without one. Its access point takes no frames from another Ethernet address than the card's own.
        case wireless
        /// Made by software: a bridge, a VLAN, a tunnel.
        case virtual

        /// Wired first.
        public static func < (left: Medium, right: Medium) -> Bool { left.rawValue < right.rawValue }
    }

    /// What kind of link it is, as the kernel tells in sysfs.
    public var medium: Medium {
        let path = "/sys/class/net/\(name)"
        if access(path + "/phy80211", F_OK) == 0 || access(path + "/wireless", F_OK) == 0 { return .wireless }
        return access(path + "/device", F_OK) == 0 ? .wired : .virtual
    }
}
