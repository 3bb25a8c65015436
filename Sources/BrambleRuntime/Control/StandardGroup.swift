internal import LinuxPlatform
internal import NodeCore
internal import VRRP
internal import Wire

/// The way of advertisements in standard mode: the sockets, the links and addresses that they leave from, and how many
/// of those that came were left out.
struct StandardGroup {
    /// Where the advertisements of one IP version leave, and from which of the node's own addresses.
    private struct Outlet {
        let interface: UInt32
        let source: IPAddress
    }

    private let socket: AdvertisementSocket
    private let coverage: IPv4Coverage
    /// Who gets advertisements in place of the group; nil for the group.
    private let peers: [IPAddress]?
    /// At most one for each IP version: a virtual router is on one link.
    private var outlets: [Outlet] = []
    /// How many packets were left out, by reason.
    private(set) var drops: [String: UInt64] = [:]

    /// Opens the sockets. Needs CAP_NET_RAW.
    init(_ configuration: Configuration) throws(SystemError) {
        socket = try AdvertisementSocket(
            protocolNumber: Advertisement.protocolNumber,
            groups: [Advertisement.multicastIPv4, Advertisement.multicastIPv6])
        coverage = configuration.floating.checksum == .message ? .messageOnly : .pseudoHeader
        peers = configuration.cluster.unicastOnly ? configuration.cluster.peers.map(\.ip) : nil
    }

    /// To be watched for reading.
    var descriptors: [Int32] { socket.descriptors }

    /// The addresses that advertisements leave from now.
    var primary: PrimaryAddresses {
        PrimaryAddresses(
            ipv4: outlets.first { $0.source.isIPv4 }?.source, ipv6: outlets.first { !$0.source.isIPv4 }?.source)
    }

    /// Interfaces or addresses have changed: `homes` are the interfaces of the `floating` addresses, of those that have
    /// one. Returns the groups that could not be joined.
    mutating func update(homes: [IPAddress: Interface], floating: Set<IPAddress>) -> [SystemError] {
        outlets = [true, false].compactMap { isIPv4 in
            let addresses = homes.filter { $0.key.isIPv4 == isIPv4 }
            // The lowest address decides should they be on different links: any, but always the same.
            guard let first = addresses.keys.min(by: { TieBreaker($0) < TieBreaker($1) }),
                let home = addresses[first], let own = home.ownAddress(ipv4: isIPv4, except: floating)
            else { return nil }
            return Outlet(interface: home.index, source: own.ip)
        }
        guard peers == nil else { return socket.update(interfaces: []) }
        let links = Set(outlets.map(\.interface))
        let interfaces = Dictionary(homes.values.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        return socket.update(interfaces: links.sorted().compactMap { interfaces[$0] })
    }

    /// Sends an advertisement to the group, or to each peer of its IP version. Returns the sendings that failed.
    func send(_ advertisement: Advertisement) -> [SystemError] {
        let isIPv4 = advertisement.addresses.first?.isIPv4 == true
        guard let outlet = outlets.first(where: { $0.source.isIPv4 == isIPv4 }) else { return [] }
        let group = isIPv4 ? Advertisement.multicastIPv4 : Advertisement.multicastIPv6
        return (peers?.filter { $0.isIPv4 == isIPv4 } ?? [group]).compactMap { destination in
            let form = ChecksumForm.packet(source: outlet.source, destination: destination, coverage: coverage)
            return socket.send(
                advertisement.encoded(checksum: form), from: outlet.source, to: destination,
                interface: outlet.interface)
        }
    }

    /// The advertisements that wait and are in order, each with its sender. The others are counted.
    mutating func receive() -> [(advertisement: Advertisement, source: IPAddress)] {
        let caught = socket.drain()
        if caught.malformed > 0 { drops["advertisement_malformed", default: 0] += UInt64(caught.malformed) }
        return caught.packets.compactMap { packet in
            // A virtual router is known on its own link alone (RFC 9568 §7.1).
            guard outlets.contains(where: { $0.interface == packet.interface }) else {
                drops["advertisement_other_link", default: 0] += 1
                return nil
            }
            do throws(DiscardReason) {
                let received = try Advertisement.decode(
                    packet.payload, source: packet.source, destination: packet.destination, hopLimit: packet.hopLimit)
                return (received.advertisement, packet.source)
            } catch {
                drops["advertisement_\(error.name)", default: 0] += 1
                return nil
            }
        }
    }
}
