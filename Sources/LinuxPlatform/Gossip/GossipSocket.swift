internal import CLinux
internal import Glibc
public import Wire

/// The UDP port that the nodes talk through: IPv4 and IPv6, unicast, broadcast and multicast.
///
/// It never blocks, and no failure to send is fatal: networks come and go.
public final class GossipSocket {
    /// A datagram that came in.
    public struct Datagram: Hashable, Sendable {
        /// What it holds: at most `largestDatagram` bytes, or one more when it was longer than that.
        public let bytes: [UInt8]
        /// Where it came from, and where an answer goes.
        public let source: SocketAddress
        /// The index of the interface it came in by.
        public let interface: UInt32
        /// The address it was sent to.
        public let destination: IPAddress
    }

    /// The longest datagram that the nodes send (bytes).
    public static let largestDatagram = 1200
    /// The IPv4 multicast group, 239.255.73.73: in the local scope, which no router may pass on (RFC 2365 §6.1).
    public static let ipv4Group = IPAddress.v4(0xEFFF_4949)
    /// The IPv6 multicast group, ff12::8000:7373: of this link, not assigned by anyone, with a group number from the
    /// range that is free for such use (RFC 4291 §2.7, RFC 3307 §4.3).
    public static let ipv6Group = IPAddress.v6(0xFF12_0000_0000_0000, 0x8000_7373)

    /// The UDP port.
    public let port: UInt16
    /// Datagrams that were our own broadcasts, heard again: left out of `receive`.
    public private(set) var echoes: UInt64 = 0

    /// Datagrams that were left out of `receive` because a router may have passed them on: those of our own link that came
    /// by IPv4 multicast are among them, which come by broadcast as well.
    public private(set) var fromAfar: UInt64 = 0

    private let local: [UInt8]
    private let four: Descriptor
    private let six: Descriptor?
    private var outlets: [Outlet] = []
    private var ownAddresses: Set<IPAddress> = []
    private var joined: Set<Outlet.Membership> = []
    private var buffer = [UInt8](repeating: 0, count: largestDatagram + 1)

    /// Takes the UDP port on every address of the calling thread's network namespace (port 0: any free one).
    ///
    /// Without IPv6 in the kernel it does with IPv4 alone. A port in use is an error that says so.
    /// - Parameter beginning: what a datagram must begin with. The kernel drops every other before it takes a place in
    ///   the queue, which good ones need too, and before it wakes anyone.
    /// - Parameter local: what begins so is taken from this link alone, for nothing else tells where it comes from. Empty:
    ///   everything comes from anywhere.
    public init(port: UInt16, beginning: [UInt8] = [], local: [UInt8] = []) throws(SystemError) {
        self.local = local
        let four = try Self.open(AF_INET, .v4(0), port, beginning)
        let taken = bramble_local_port(four.number)
        self.port = UInt16(clamping: taken)
        self.four = four
        do throws(SystemError) {
            six = try Self.open(AF_INET6, .v6(0, 0), self.port, beginning)
        } catch {
            guard [EAFNOSUPPORT, EADDRNOTAVAIL, ENOPROTOOPT].contains(error.code) else { throw error }
            six = nil
        }
    }

    /// To be watched for reading; that of IPv4 first.
    public var descriptors: [Int32] {
        switch six {
        case .some(let six): [four.number, six.number]
        case .none: [four.number]
        }
    }

    /// How many datagrams the kernel has dropped: they began otherwise, or the queue was full.
    public var unread: UInt64 {
        descriptors.reduce(0) { $0 + UInt64(bramble_dropped($1)) }
    }

    /// Says which interfaces gossip uses from now on, and which of their addresses float and so are never sent from.
    ///
    /// To be called again whenever interfaces or addresses change. Returns the multicast groups that could not be
    /// joined; broadcast works without them. With `unicastOnly` nothing is sent to everyone and no group is joined.
    public func update(
        interfaces: [Interface], floating: Set<IPAddress> = [], unicastOnly: Bool = false
    ) -> [SystemError] {
        ownAddresses = Set(interfaces.flatMap(\.addresses).map(\.ip))
        guard !unicastOnly else {
            outlets = []
            return []
        }
        outlets = interfaces.flatMap { Outlet.all(of: $0, except: floating, port: port) }
        let wanted = Outlet.memberships(of: interfaces)
        joined.formIntersection(wanted)
        return wanted.compactMap { membership in
            guard !joined.contains(membership) else { return nil }
            let failure = join(membership)
            if failure == nil { joined.insert(membership) }
            return failure
        }
    }

    /// The datagrams that wait, oldest first for each family, at most `limit` for each; never blocks.
    ///
    /// Who knows which descriptor is ready need not ask the other: `four` and `six` say which to read.
    public func receive(limit: Int = 64, four readsFour: Bool = true, six readsSix: Bool = true) -> [Datagram] {
        var datagrams: [Datagram] = []
        if readsFour { receive(four.number, limit: limit, into: &datagrams) }
        if readsSix, sixNumber >= 0 { receive(sixNumber, limit: limit, into: &datagrams) }
        return datagrams
    }

    /// Sends one datagram: nil, or why it could not leave.
    ///
    /// The kernel chooses where it is sent from, which is never a floating address as `FloatingAddresses` adds them,
    /// unless `source` names one of this machine's addresses.
    public func send(_ bytes: [UInt8], to address: SocketAddress, from source: IPAddress? = nil) -> SystemError? {
        let endpoint = bramble_endpoint(address.ip, port: address.port, interface: address.interface)
        return send(bytes, endpoint, source.map { bramble_endpoint($0, interface: address.interface) })
    }

    /// Sends one datagram to everyone on every interface of the last `update`: by IPv4 broadcast to the network and to
    /// the link and by IPv4 multicast, or by IPv6 multicast where there is no IPv4, from the interface's own address.
    ///
    /// Who hears several of them gets the same bytes again. Returns the sendings that failed.
    public func sendToEveryone(_ bytes: [UInt8]) -> [SystemError] {
        outlets.compactMap { send(bytes, $0.destination, $0.origin) }
    }

    /// Sends one datagram by multicast alone, on every interface of the last `update`. Returns the sendings that failed.
    public func sendToGroup(_ bytes: [UInt8]) -> [SystemError] {
        outlets.filter(\.isGroup).compactMap { send(bytes, $0.destination, $0.origin) }
    }

    private func receive(_ descriptor: Int32, limit: Int, into datagrams: inout [Datagram]) {
        var source = bramble_endpoint()
        var destination = bramble_endpoint()
        var hopLimit: Int32 = 0
        for _ in 0..<limit {
            let count = bramble_receive(descriptor, &buffer, buffer.count, &source, &destination, &hopLimit)
            if count < 0 {
                if errno == EAGAIN { break }
                continue  // a signal, or an error that an earlier datagram met on its way
            }
            guard let from = source.ip, let to = destination.ip else { continue }
            if source.port == port && ownAddresses.contains(from) {
                echoes += 1
                continue
            }
            let bytes = Array(buffer.prefix(count))
            if hopLimit != Self.ownLink, !local.isEmpty, bytes.starts(with: local) {
                fromAfar += 1
                continue
            }
            datagrams.append(
                Datagram(
                    bytes: bytes,
                    source: SocketAddress(ip: from, port: source.port, interface: source.interface),
                    interface: destination.interface, destination: to))
        }
    }

    private func send(_ bytes: [UInt8], _ to: bramble_endpoint, _ origin: bramble_endpoint?) -> SystemError? {
        let descriptor = Int32(to.family) == AF_INET ? four.number : sixNumber
        var to = to
        let sent: Int
        if var origin {
            sent = bramble_send(descriptor, bytes, bytes.count, &to, &origin)
        } else {
            sent = bramble_send(descriptor, bytes, bytes.count, &to, nil)
        }
        guard sent != bytes.count else { return nil }
        let code = errno
        let place = to.interface == 0 ? "" : " on interface \(to.interface)"
        return SystemError(call: "send to \(to.ip.map(\.description) ?? "?")\(place)", code: code)
    }

    private func join(_ membership: Outlet.Membership) -> SystemError? {
        var group = bramble_endpoint(
            membership.isIPv4 ? Self.ipv4Group : Self.ipv6Group, interface: membership.interface)
        guard bramble_join(membership.isIPv4 ? four.number : sixNumber, &group) != 0, errno != EADDRINUSE else {
            return nil
        }
        if sixNumber < 0 && !membership.isIPv4 { return nil }
        return .current("join the multicast group on interface \(membership.interface)")
    }

    private var sixNumber: Int32 {
        switch six {
        case .some(let six): six.number
        case .none: -1
        }
    }
}
