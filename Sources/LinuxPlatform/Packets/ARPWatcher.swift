internal import CLinux
internal import Glibc

/// Hears the ARP packets that others send on a link, to find out who else uses an address.
public final class ARPWatcher: Sendable {
    /// One packet.
    public struct Heard: Hashable, Sendable {
        /// What it says.
        public let packet: ARPPacket
        /// The index of the interface it came in by.
        public let interface: UInt32
    }

    /// What came in since the last call.
    public struct Catch: Hashable, Sendable {
        /// The packets that make sense, oldest first.
        public var heard: [Heard] = []
        /// How many others there were.
        public var malformed = 0
    }

    private let socket: Descriptor

    /// Listens on the interface with this index, or on all of them (0). Needs CAP_NET_RAW.
    public init(interface: UInt32 = 0) throws(SystemError) {
        do throws(SystemError) {
            let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
            // The protocol comes with the bind, so nothing from other interfaces gets in between.
            socket = try .socket(AF_PACKET, type, 0, "a packet socket")
        } catch {
            throw error.advising(error.code == EPERM ? rawSocketAdvice : nil)
        }
        _ = bramble_set_option(socket.number, SOL_SOCKET, SO_RCVBUF, 1 << 16)
        try check(bramble_bind_packet(socket.number, EtherType.arp, interface), "listen to ARP")
    }

    /// From now on, hears only of packets whose sender says that it has one of these addresses: a busy network has
    /// hundreds of others a second, which need wake no one. Thousands of addresses are too many to tell apart here: then
    /// it hears of all.
    public func listen(for addresses: [UInt32]) throws(SystemError) {
        // The sender's address stands 14 bytes into the packet (RFC 826).
        try PacketFilter.attach(PacketFilter.accept(ifWordAt: [14], isOneOf: addresses), to: socket.number)
    }

    /// To be watched for reading.
    public var descriptor: Int32 { socket.number }

    /// The packets since the last call, at most `limit` of them; never blocks.
    public func drain(limit: Int = 64) -> Catch {
        var result = Catch()
        var buffer = [UInt8](repeating: 0, count: 64)
        var interface: UInt32 = 0
        var source = [UInt8](repeating: 0, count: 6)
        for _ in 0..<limit {
            let count = bramble_receive_packet(socket.number, &buffer, buffer.count, &interface, &source)
            if count < 0 {
                // The interface went down (ENETDOWN): said once, and nothing is lost by going on.
                if errno == EINTR || errno == ENETDOWN { continue }
                break
            }
            guard let packet = try? ARPPacket(decoding: Array(buffer.prefix(count))) else {
                result.malformed += 1
                continue
            }
            result.heard.append(Heard(packet: packet, interface: interface))
        }
        return result
    }
}
