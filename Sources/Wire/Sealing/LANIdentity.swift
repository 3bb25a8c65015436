/// Who a cluster is to the other machines of its LAN, a DHCP server above all: the same on every node.
///
/// It is derived from the cluster key, one way, when the cluster first needs it. From then on it travels by itself, so
/// that it outlives the key.
public struct LANIdentity: Hashable, Sendable {
    /// How many bytes it is made of.
    public static let byteCount = 16

    /// What it is made of: no secret, for the server is told most of it.
    public let seed: [UInt8]

    /// The identity made of these sixteen bytes; nil for any other count.
    public init?(seed: [UInt8]) {
        guard seed.count == Self.byteCount else { return nil }
        self.seed = seed
    }

    /// The identity that a cluster with this key has at first.
    public init(of key: ClusterKey) {
        seed = ClusterKey.derive(key.bytes, "lan identity", count: Self.byteCount)
    }

    /// An Ethernet address that belongs to no manufacturer and to one machine: locally administered and unicast.
    public var hardwareAddress: [UInt8] { [seed[0] & 0xFC | 0x02] + seed[1..<6] }

    /// What DHCP servers know the cluster by (RFC 4361 §6.1): type 255, an association of 1, and a DUID of a UUID
    /// (RFC 6355), which is of version 8 (RFC 9562 §5.8).
    public var clientIdentifier: [UInt8] {
        var uuid = seed
        uuid[6] = uuid[6] & 0x0F | 0x80
        uuid[8] = uuid[8] & 0x3F | 0x80
        return [255, 0, 0, 0, 1, 0, 4] + uuid
    }
}
