internal import CLinux
internal import Glibc
public import Wire

/// Hears the neighbour solicitations and advertisements that others send on a link, to find out who else uses an IPv6
/// address, or is about to.
public final class NeighbourWatcher: Sendable {
    /// One message.
    public struct Heard: Hashable, Sendable {
        /// What it says.
        public let claim: NeighbourClaim
        /// Who says it: the Ethernet address in the message, or else that of its frame.
        public let mac: MACAddress
        /// The index of the interface it came in by.
        public let interface: UInt32
    }

    private let socket: Descriptor
    /// Joins the groups at which others ask for an address.
    private let groups: Descriptor

    /// Listens on all interfaces for these addresses (RFC 4862 §5.4). Needs CAP_NET_RAW.
    public init(for addresses: [IPAddress]) throws(SystemError) {
        do throws(SystemError) {
            let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
            // The protocol comes with the bind, when the filter is there.
            socket = try .socket(AF_PACKET, type, 0, "a packet socket")
        } catch {
            throw error.advising(error.code == EPERM ? rawSocketAdvice : nil)
        }
        groups = try .socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0, "a UDP socket")
        _ = bramble_set_option(socket.number, SOL_SOCKET, SO_RCVBUF, 1 << 16)
        try listen(for: addresses)
        try check(bramble_bind_packet(socket.number, EtherType.ipv6, 0), "listen to neighbour discovery")
    }

    /// From now on, hears only what concerns these addresses: no other packet wakes anyone.
    public func listen(for addresses: [IPAddress]) throws(SystemError) {
        // The last words alone; the rest is compared when a packet is here.
        let ends = addresses.compactMap { address -> UInt32? in
            if case .v6(_, let low) = address { UInt32(truncatingIfNeeded: low) } else { nil }
        }
        // The ends of target and source, behind next header and type (RFC 8200 §3, RFC 4861 §4.3).
        let program = PacketFilter.demand(
            byteAt: 6, isOneOf: [UInt32(NeighbourDiscovery.icmpv6)],
            then: PacketFilter.demand(
                byteAt: 40,
                isOneOf: [NeighbourDiscovery.solicitation, NeighbourDiscovery.advertisement].map(UInt32.init),
                then: PacketFilter.accept(ifWordAt: [60, 20], isOneOf: ends)))
        try PacketFilter.attach(program, to: socket.number)
    }

    /// Joins the group at which others ask for the address on an interface (RFC 4862 §5.4.2); once is enough.
    public func join(_ address: IPAddress, on interface: UInt32) {
        guard let group = NeighbourDiscovery.solicitedNodeGroup(of: address) else { return }
        var endpoint = bramble_endpoint()
        endpoint.family = UInt16(AF_INET6)
        endpoint.interface = interface
        withUnsafeMutableBytes(of: &endpoint.address) { $0.copyBytes(from: group.bytes) }
        // Joined already, or a link without multicast, on which nobody can ask.
        _ = bramble_join(groups.number, &endpoint)
    }

    /// To be watched for reading.
    public var descriptor: Int32 { socket.number }

    /// The messages since the last call, at most `limit` packets of them; never blocks. Nil when there were no packets.
    public func drain(limit: Int = 64) -> [Heard]? {
        var heard: [Heard] = []
        var buffer = [UInt8](repeating: 0, count: 256)
        var source = [UInt8](repeating: 0, count: 6)
        var interface: UInt32 = 0
        for number in 0..<limit {
            let count = bramble_receive_packet(socket.number, &buffer, buffer.count, &interface, &source)
            if count < 0 {
                // The interface went down (ENETDOWN): said once, and nothing is lost by going on.
                if errno == EINTR || errno == ENETDOWN { continue }
                return number == 0 ? nil : heard
            }
            guard count <= buffer.count, let claim = try? NeighbourClaim(decoding: Array(buffer.prefix(count))),
                let mac = claim.mac ?? MACAddress(bytes: source)
            else { continue }
            heard.append(Heard(claim: claim, mac: mac, interface: interface))
        }
        return heard
    }
}
