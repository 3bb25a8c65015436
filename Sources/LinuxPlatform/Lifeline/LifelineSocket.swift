internal import CLinux
internal import Glibc
internal import Wire

/// One end of a lifeline: a TCP connection over which nothing need flow. Closed when the object goes away.
final class LifelineSocket {
    /// What reading came to.
    enum Reading: Hashable {
        /// Nothing has come.
        case nothing
        /// Some bytes came, and were thrown away.
        case bytes
        /// The connection has ended, whichever way.
        case ended
    }

    /// What connecting came to.
    enum Connecting: Hashable {
        case underWay
        case connected
        /// The other kernel says that nobody listens there.
        case refused
        /// It was accepted and ended in one, as by a listener that is on its way out.
        case cutShort
        /// There is no way there now, or this kernel has nothing left.
        case failed
    }

    /// A peer that vanished is noticed within 16 seconds. Nothing depends on it: advertisements say much sooner that a
    /// node is gone. This is for giving the connection back.
    private static let keepAlive: (idle: Int32, interval: Int32) = (10, 2)

    private let socket: Descriptor

    /// Takes over a connection that was accepted.
    init(_ socket: consuming Descriptor) {
        bramble_keep_alive(socket.number, Self.keepAlive.idle, Self.keepAlive.interval)
        // What is asked must not wait for what was asked before.
        _ = bramble_set_option(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        self.socket = socket
    }

    /// Makes a socket that connects to nobody yet, for an address of this kind.
    convenience init(for ip: IPAddress) throws(SystemError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        self.init(try .socket(ip.isIPv4 ? AF_INET : AF_INET6, type, 0, "a TCP socket"))
    }

    /// To be watched: for writing while it connects, for reading from then on.
    var descriptor: Int32 { socket.number }

    /// Begins to connect; never blocks.
    func connect(to address: SocketAddress) -> Connecting {
        var endpoint = bramble_endpoint(address.ip, port: address.port, interface: address.interface)
        guard bramble_connect(socket.number, &endpoint) != 0 else { return .connected }
        return Self.outcome(errno)
    }

    /// What became of connecting, once the socket can be written.
    func conclude() -> Connecting {
        let code = bramble_pending_error(socket.number)
        guard code == 0 else { return Self.outcome(code) }
        return bramble_has_peer(socket.number) != 0 ? .connected : .underWay
    }

    private static func outcome(_ code: Int32) -> Connecting {
        switch code {
        case EINPROGRESS, EINTR: .underWay
        case ECONNREFUSED: .refused
        case ECONNRESET, EPIPE: .cutShort
        default: .failed
        }
    }

    /// The address at this end, once it is connected.
    var localAddress: IPAddress? {
        var local = bramble_endpoint()
        return bramble_local_endpoint(socket.number, &local) == 0 ? local.ip : nil
    }

    /// Sends a byte, which the other kernel acknowledges at once, whatever its process does.
    /// - Returns: whether it is on its way. After a loss that TCP repairs it may only be queued.
    func ask() -> Bool {
        var byte: UInt8 = 0
        return send(socket.number, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) == 1
            && bramble_unsent(socket.number) <= 0
    }

    /// Whether all that was sent has been acknowledged.
    var isAcknowledged: Bool { bramble_unacknowledged(socket.number) == 0 }

    /// How many segments have been acknowledged, those too that arrived where others before them were lost; nil where the
    /// kernel does not tell.
    var delivered: Int64? {
        let count = bramble_delivered(socket.number)
        return count < 0 ? nil : Int64(count)
    }

    /// Reads a little, never blocking, and throws it away.
    func discard() -> Reading {
        var buffer: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let count = withUnsafeMutableBytes(of: &buffer) {
            recv(socket.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        if count > 0 { return .bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended
    }
}
