internal import CLinux
internal import Glibc
public import Wire

/// Raw IP sockets of one protocol, IPv4 and IPv6, for packets that no router may pass on: what goes out has a hop limit
/// of 255 (RFC 5082 §3), and what comes in is handed out with the hop limit that it arrived with.
///
/// It never blocks, and no failure to send is fatal: networks come and go.
public final class AdvertisementSocket {
    /// A packet that came in, without its IP header.
    public struct Packet: Hashable, Sendable {
        /// What followed the IP header and its options.
        public let payload: [UInt8]
        /// The address that it says it came from. Nothing proves it.
        public let source: IPAddress
        /// The address it was sent to: a group, or one of this machine's.
        public let destination: IPAddress
        /// Its TTL or hop limit on arrival; 255 if it came from this link.
        public let hopLimit: UInt8
        /// The index of the interface it came in by.
        public let interface: UInt32
    }

    /// What came in since the last call.
    public struct Catch: Hashable, Sendable {
        /// The packets, oldest first for each family.
        public var packets: [Packet] = []
        /// How many others could not be taken apart.
        public var malformed = 0
    }

    private let groups: [IPAddress]
    private let four: Descriptor
    private let six: Descriptor?
    private var joined: Set<Membership> = []
    private var buffer = [UInt8](repeating: 0, count: largestPacket)

    /// The longest advertisement, 255 IPv6 addresses after eight bytes, and the longest IPv4 header.
    private static let largestPacket = 8 + 255 * 16 + 60

    /// Opens the sockets of an IP protocol in the calling thread's network namespace; they are in no group yet.
    ///
    /// Without IPv6 in the kernel it does with IPv4 alone. Needs CAP_NET_RAW.
    /// - Parameters:
    ///   - protocolNumber: the IP protocol, such as 112 for VRRP.
    ///   - groups: the multicast groups of that protocol, one for each family.
    public init(protocolNumber: UInt8, groups: [IPAddress]) throws(SystemError) {
        self.groups = groups
        four = try Self.open(AF_INET, protocolNumber)
        do throws(SystemError) {
            six = try Self.open(AF_INET6, protocolNumber)
        } catch {
            guard [EAFNOSUPPORT, EADDRNOTAVAIL, ENOPROTOOPT].contains(error.code) else { throw error }
            six = nil
        }
    }

    /// To be watched for reading.
    public var descriptors: [Int32] {
        switch six {
        case .some(let six): [four.number, six.number]
        case .none: [four.number]
        }
    }

    /// Says on which interfaces the groups are to be heard from now on; on every other they are left.
    ///
    /// To be called again whenever interfaces or addresses change: an interface that comes back is another one to the
    /// kernel, and a family that an interface has lost has to be joined anew. Returns the groups that could not be
    /// joined; they are tried again with the next call.
    public func update(interfaces: [Interface]) -> [SystemError] {
        let wanted = interfaces.filter(\.canMulticast).flatMap { interface in
            groups.filter { interface.ownAddress(ipv4: $0.isIPv4) != nil }
                .map { Membership(group: $0, interface: interface.index, name: interface.name) }
        }
        for membership in joined.subtracting(wanted) {
            var group = membership.endpoint
            // It fails where the kernel has forgotten the membership with the interface.
            _ = bramble_leave(number(isIPv4: membership.group.isIPv4), &group)
            joined.remove(membership)
        }
        return wanted.compactMap { membership in
            guard !joined.contains(membership) else { return nil }
            let failure = join(membership)
            if failure == nil { joined.insert(membership) }
            return failure
        }
    }

    /// The packets that wait, at most `limit` for each family; never blocks.
    public func drain(limit: Int = 64) -> Catch {
        var result = Catch()
        for descriptor in descriptors { drain(descriptor, limit: limit, into: &result) }
        return result
    }

    /// Sends one payload in a packet of its own through an interface: nil, or why it could not leave.
    ///
    /// `source` is one of that interface's addresses. Our own groups do not hear it.
    public func send(
        _ payload: [UInt8], from source: IPAddress, to destination: IPAddress, interface: UInt32
    ) -> SystemError? {
        var to = bramble_endpoint(destination, interface: interface)
        // A raw socket takes a port in an IPv6 address for another protocol number; the endpoint's is 0.
        var origin = bramble_endpoint(source, interface: interface)
        let sent = bramble_send(number(isIPv4: destination.isIPv4), payload, payload.count, &to, &origin)
        guard sent != payload.count else { return nil }
        return .current("send an advertisement from \(source) to \(destination) on interface \(interface)")
    }

    private func drain(_ descriptor: Int32, limit: Int, into result: inout Catch) {
        var source = bramble_endpoint()
        var destination = bramble_endpoint()
        var hopLimit: Int32 = 0
        for _ in 0..<limit {
            let count = bramble_receive(descriptor, &buffer, buffer.count, &source, &destination, &hopLimit)
            if count < 0 {
                if errno == EAGAIN { break }
                continue  // a signal, or an error that an earlier packet met on its way
            }
            guard let from = source.ip, let to = destination.ip, let hopLimit = UInt8(exactly: hopLimit),
                let payload = Self.payload(of: buffer.prefix(count), isIPv4: from.isIPv4)
            else {
                result.malformed += 1
                continue
            }
            result.packets.append(
                Packet(
                    payload: Array(payload), source: from, destination: to, hopLimit: hopLimit,
                    interface: destination.interface))
        }
    }

    /// What follows the header: an IPv4 raw socket delivers it, an IPv6 one does not.
    static func payload(of packet: ArraySlice<UInt8>, isIPv4: Bool) -> ArraySlice<UInt8>? {
        guard isIPv4 else { return packet }
        guard let first = packet.first, first >> 4 == 4 else { return nil }
        let header = Int(first & 0xF) * 4
        guard header >= 20, packet.count >= header else { return nil }
        return packet.dropFirst(header)
    }

    private func join(_ membership: Membership) -> SystemError? {
        let descriptor = number(isIPv4: membership.group.isIPv4)
        guard descriptor >= 0 else { return nil }
        var group = membership.endpoint
        guard bramble_join(descriptor, &group) != 0, errno != EADDRINUSE else { return nil }
        return .current("join the group \(membership.group) on \(membership.name)")
    }

    private func number(isIPv4: Bool) -> Int32 {
        if isIPv4 { return four.number }
        switch six {
        case .some(let six): return six.number
        case .none: return -1
        }
    }
}

/// A group that is heard on an interface.
private struct Membership: Hashable {
    let group: IPAddress
    let interface: UInt32
    let name: String

    var endpoint: bramble_endpoint { bramble_endpoint(group, interface: interface) }
}

extension AdvertisementSocket {
    private static func open(_ family: Int32, _ protocolNumber: UInt8) throws(SystemError) -> Descriptor {
        let socket: Descriptor
        do throws(SystemError) {
            let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue)
            socket = try .socket(family, type, Int32(protocolNumber), "a socket for IP protocol \(protocolNumber)")
        } catch {
            throw error.advising(error.code == EPERM || error.code == EACCES ? rawSocketAdvice : nil)
        }
        let level = Int32(family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6)
        for (option, value) in family == AF_INET ? options4 : options6 {
            try check(
                bramble_set_option(socket.number, level, option, value),
                "set up the socket for IP protocol \(protocolNumber)")
        }
        // Precedence as network control (CS6, RFC 4594 §3.1), which helps and is not needed.
        _ = bramble_set_option(socket.number, level, family == AF_INET ? IP_TOS : IPV6_TCLASS, 0xC0)
        return socket
    }

    /// Hop limit 255 whatever the destination, no echo of our own, no groups that only others on this machine joined.
    private static let options4: [(Int32, Int32)] = [
        (IP_PKTINFO, 1), (IP_RECVTTL, 1), (IP_TTL, 255), (IP_MULTICAST_TTL, 255), (IP_MULTICAST_LOOP, 0),
        (IP_MULTICAST_ALL, 0),
    ]
    private static let options6: [(Int32, Int32)] = [
        (IPV6_RECVPKTINFO, 1), (IPV6_RECVHOPLIMIT, 1), (IPV6_UNICAST_HOPS, 255), (IPV6_MULTICAST_HOPS, 255),
        (IPV6_MULTICAST_LOOP, 0), (IPV6_MULTICAST_ALL, 0),
    ]
}
