public import Wire

/// The message by which the Active node says that it lives (RFC 9568 §5.2).
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------+-------+---------------+---------------+---------------+
/// |Version| Type  | Virtual Rtr ID|   Priority    |IPvX Addr Count|
/// +-------+-------+---------------+---------------+---------------+
/// |Reserve| Max Advertise Interval|          Checksum             |
/// +-------+-----------------------+-------------------------------+
/// |                       IPvX Address(es)                        |
/// +---------------------------------------------------------------+
/// ```
public struct Advertisement: Hashable, Sendable {
    /// The IP protocol number of VRRP.
    public static let protocolNumber: UInt8 = 112
    /// The TTL or hop limit of every VRRP packet: a router would have lowered it, so it came from this link.
    public static let hopLimit: UInt8 = 255
    /// Where advertisements of IPv4 routers go: 224.0.0.18.
    public static let multicastIPv4 = IPAddress.v4(0xE000_0012)
    /// Where advertisements of IPv6 routers go: ff02::12.
    public static let multicastIPv6 = IPAddress.v6(0xFF02_0000_0000_0000, 0x12)
    /// The intervals that the 12-bit field can hold, in centiseconds.
    public static let intervals: ClosedRange<UInt16> = 1...4095
    /// The priority by which an Active node says that it stops.
    public static let resignation: UInt8 = 0
    /// The priority by which an Active node that was late asks whether another leads: the lowest that a node can have.
    static let question: UInt8 = 1

    static let version: UInt8 = 3
    static let type: UInt8 = 1
    static let headerLength = 8

    /// Which virtual router it speaks of: 1...255.
    public let virtualRouterID: UInt8
    /// The sender's priority: 1...254, 255 if the addresses are its own, 0 if it stops being Active.
    public let priority: UInt8
    /// The time between two advertisements in centiseconds, 1...4095.
    public let interval: UInt16
    /// The virtual router's addresses: 1 to 255 of one family.
    public let addresses: [IPAddress]

    /// An advertisement of these values.
    ///
    /// An interval outside 1...4095 becomes the nearer end. A virtual router is of one family: addresses of another
    /// family than the first's, and those after the 255th, are left out.
    public init(virtualRouterID: UInt8, priority: UInt8, interval: UInt16, addresses: [IPAddress]) {
        self.virtualRouterID = virtualRouterID
        self.priority = priority
        self.interval = min(max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
        self.addresses = Array(addresses.filter { $0.isIPv4 == addresses.first?.isIPv4 }.prefix(255))
    }

    /// The bytes of the message, without any IP header.
    public func encoded(checksum form: ChecksumForm) -> [UInt8] {
        let blank = encoded(checksum: 0)
        guard case .packet(let source, let destination, let coverage) = form else { return blank }
        let covered = coverage == .pseudoHeader || !source.isIPv4
        let pseudoHeader =
            covered ? Checksum.pseudoHeader(source: source, destination: destination, length: blank.count) : []
        return encoded(checksum: Checksum.of(blank, pseudoHeader: pseudoHeader))
    }

    private func encoded(checksum: UInt16) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.headerLength + 16 * addresses.count)
        writer.integer(Self.version << 4 | Self.type)
        writer.integer(virtualRouterID)
        writer.integer(priority)
        writer.integer(UInt8(addresses.count))
        writer.integer(interval)
        writer.integer(checksum)
        for address in addresses { writer.append(address.bytes) }
        return writer.bytes
    }
}
