public import Wire

/// An address of the LAN that belongs to whichever live, healthy node is Active for its virtual router.
public struct FloatingAddress: Hashable, Sendable {
    /// The address itself.
    public let ip: IPAddress
    /// The VRID of its virtual router (RFC 9568 §5.2.3), 1 to 255.
    public let virtualRouterID: UInt8

    /// The floating address `ip` of the virtual router with this VRID.
    public init(ip: IPAddress, virtualRouterID: UInt8) {
        self.ip = ip
        self.virtualRouterID = virtualRouterID
    }

    /// Whether one virtual router holds both: VRIDs are counted for each IP version by itself (RFC 9568 §5.2.3).
    func sharesRouter(with other: FloatingAddress) -> Bool {
        virtualRouterID == other.virtualRouterID && ip.isIPv4 == other.ip.isIPv4
    }
}
