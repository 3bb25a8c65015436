public import Wire

/// Why a received message is not an advertisement to act on. Nothing has changed when one is given.
///
/// Another interval or another list of addresses is never among the reasons: discarding for those makes two nodes
/// Active at once. `VirtualRouter` reports them and goes on.
public enum DiscardReason: Error, Hashable, Sendable, CustomStringConvertible {
    /// TTL or hop limit was not 255: the packet did not come from this link (RFC 9568 §7.1).
    case hopLimit(UInt8)
    /// The version is not 3.
    case version(UInt8)
    /// The type is not 1, ADVERTISEMENT.
    case type(UInt8)
    /// The message ends before its last address does.
    case truncated
    /// The length of a sealed message fits neither IPv4 nor IPv6 addresses.
    case length(Int)
    /// The checksum is right neither with the pseudo-header nor, over IPv4, without it.
    case checksum
    /// The address count is 0.
    case noAddresses
    /// The interval is 0.
    case noInterval
    /// Source and destination are of different families.
    case mixedFamilies
    /// The source is no address that one machine on a link can have.
    case source(IPAddress)

    /// The reason in a few words.
    public var description: String {
        switch self {
        case .hopLimit(let value): "hop limit \(value), not 255"
        case .version(let value): "version \(value), not 3"
        case .type(let value): "type \(value), not 1"
        case .truncated: "cut short"
        case .length(let value): "\(value) bytes fit no list of addresses"
        case .checksum: "wrong checksum"
        case .noAddresses: "no addresses"
        case .noInterval: "interval 0"
        case .mixedFamilies: "source and destination of different families"
        case .source(let address): "\(address) is no machine's address"
        }
    }

    /// A word for metrics and the API: one for each reason, whatever the packet held.
    public var name: String {
        switch self {
        case .hopLimit: "hop_limit"
        case .version: "version"
        case .type: "type"
        case .truncated: "truncated"
        case .length: "length"
        case .checksum: "checksum"
        case .noAddresses: "no_addresses"
        case .noInterval: "no_interval"
        case .mixedFamilies: "mixed_families"
        case .source: "source"
        }
    }
}
