internal import Glibc
internal import NIOCore
internal import Wire

/// What the system knows of a connection.
enum ConnectionEnds {
    /// Whether the client has yet to acknowledge something that was handed to the system.
    static func owes(_ channel: any Channel) -> Bool {
        guard channel.isActive else { return false }
        let queued = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { socket -> CInt in
            var bytes: CInt = 0
            return ioctl(socket, UInt(TIOCOUTQ), &bytes) == 0 ? bytes : 0
        }
        return (queued ?? 0) > 0
    }

    /// Its two ends.
    static func of(_ channel: any Channel, isBusy: Bool) -> HTTPServer.Connection? {
        guard let local = channel.localAddress.flatMap(Wire.SocketAddress.init),
            let peer = channel.remoteAddress.flatMap(Wire.SocketAddress.init)
        else { return nil }
        return HTTPServer.Connection(local: local.withoutMapping, peer: peer.withoutMapping, isBusy: isBusy)
    }
}

extension Wire.SocketAddress {
    /// The IPv4 address itself where a socket of both families shows it as one of IPv6 (RFC 4291 §2.5.5.2).
    fileprivate var withoutMapping: Wire.SocketAddress {
        let bytes = ip.bytes
        guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF,
            let four = IPAddress(bytes: Array(bytes[12...]))
        else { return self }
        return Wire.SocketAddress(ip: four, port: port)
    }
}
