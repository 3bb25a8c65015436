/// A 48-bit Ethernet address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// Its six bytes.
    public let bytes: [UInt8]

    /// Takes six bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    private init(known bytes: [UInt8]) { self.bytes = bytes }

    /// The address of a virtual router (RFC 9568 §7.3): 00-00-5E-00-01-VRID, for IPv6 00-00-5E-00-02-VRID.
    public static func virtualRouter(_ id: UInt8, isIPv4: Bool) -> MACAddress {
        MACAddress(known: [0, 0, 0x5E, 0, isIPv4 ? 1 : 2, id])
    }

    /// Everyone on the link.
    public static let broadcast = MACAddress(known: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    /// No one: what ARP requests have in place of the address they ask for.
    public static let zero = MACAddress(known: [0, 0, 0, 0, 0, 0])
    /// All IPv6 nodes of the link (ff02::1; RFC 2464 §7).
    public static let allNodes = MACAddress(known: [0x33, 0x33, 0, 0, 0, 1])

    /// Whether it is one of those that the holders of a virtual router share (RFC 9568 §7.3).
    public var isVirtualRouter: Bool {
        bytes.starts(with: [0x00, 0x00, 0x5E, 0x00, 0x01]) || bytes.starts(with: [0x00, 0x00, 0x5E, 0x00, 0x02])
    }

    /// Lower-case hexadecimal, separated by colons.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
