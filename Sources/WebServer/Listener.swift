internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Wire

/// Opens the server's listening sockets.
enum Listener {
    typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>
    private typealias Bootstrap = @Sendable () -> ServerBootstrap

    /// Listens on the configured addresses, on all of them or on none.
    ///
    /// A listed address need not be there: a floating address is here today and elsewhere tomorrow, and the server must
    /// listen before it comes. So that the node itself can always ask, loopback is heard too.
    static func bind(
        _ configuration: HTTPServer.Configuration, on group: MultiThreadedEventLoopGroup,
        connection: @escaping Initializer
    ) async throws(BindError) -> [any Channel] {
        // A new one for each socket: options that are set on one stay with it.
        let bootstrap: Bootstrap = { Self.bootstrap(group, backlog: configuration.backlog, connection) }
        guard !configuration.addresses.isEmpty else {
            return [try await bindAll(bootstrap, port: configuration.port)]
        }
        var channels: [any Channel] = []
        for ip in addresses(configuration.addresses) {
            // With port 0, all addresses get the port that the first one got.
            let port = channels.first?.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? configuration.port
            let address = Wire.SocketAddress(ip: ip, port: port)
            do throws(BindError) {
                channels.append(try await bind(bootstrap, address, onlyIPv6: true))
            } catch {
                for channel in channels { try? await channel.close() }
                throw error
            }
        }
        return channels
    }

    /// The addresses listed, and 127.0.0.1 if nothing among them reaches the node by loopback.
    private static func addresses(_ listed: [IPAddress]) -> [IPAddress] {
        let hasLoopback = listed.contains { ip in
            switch ip {
            case .v4(let number): number == 0 || number >> 24 == 127
            case .v6: ip == .v6(0, 0) || ip == .v6(0, 1)
            }
        }
        return hasLoopback ? listed : listed + [.v4(0x7F00_0001)]
    }

    /// All addresses of both families by one socket; those of IPv4 where the system has no IPv6.
    private static func bindAll(_ bootstrap: Bootstrap, port: UInt16) async throws(BindError) -> any Channel {
        do throws(BindError) {
            return try await bind(bootstrap, Wire.SocketAddress(ip: .v6(0, 0), port: port), onlyIPv6: false)
        } catch {
            switch error {
            case .portInUse, .notPermitted: throw error
            case .addressNotHere, .failed:
                return try await bind(bootstrap, Wire.SocketAddress(ip: .v4(0), port: port), onlyIPv6: false)
            }
        }
    }

    private static func bind(
        _ bootstrap: Bootstrap, _ address: Wire.SocketAddress, onlyIPv6: Bool
    ) async throws(BindError) -> any Channel {
        var bootstrap = bootstrap()
        if !address.ip.isIPv4 {
            let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
            bootstrap = bootstrap.serverChannelOption(option, value: onlyIPv6 ? 1 : 0)
        }
        // Listens on an address that this machine does not have, or not yet (ip(7), ipv6(7)).
        let (level, name): (NIOBSDSocket.OptionLevel, Int32) =
            address.ip.isIPv4 ? (.ip, Int32(IP_FREEBIND)) : (.ipv6, Int32(IPV6_FREEBIND))
        let free = ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: name))
        bootstrap = bootstrap.serverChannelOption(free, value: 1)
        do {
            return try await bootstrap.bind(host: address.ip.description, port: Int(address.port)).get()
        } catch {
            throw BindError(error, at: address)
        }
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, backlog: Int32, _ connection: @escaping Initializer
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // The connection itself decides when to read.
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 16 << 10, high: 64 << 10))
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16 << 10)
            )
            .childChannelInitializer(connection)
    }
}

extension Wire.SocketAddress {
    /// An address of NIO's.
    init?(_ address: NIOCore.SocketAddress) {
        guard let ip = address.ipAddress.flatMap(IPAddress.init), let port = address.port else { return nil }
        self.init(ip: ip, port: UInt16(truncatingIfNeeded: port))
    }
}
