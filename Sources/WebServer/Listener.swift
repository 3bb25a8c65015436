internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Wire

/// Opens the server's listening sockets.
enum Listener {
    typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>

    /// Listens on the configured addresses, on all of them or on none.
    static func bind(
        _ configuration: HTTPServer.Configuration, on group: MultiThreadedEventLoopGroup,
        connection: @escaping Initializer
    ) async throws(BindError) -> [any Channel] {
        let bootstrap = bootstrap(group, backlog: configuration.backlog, connection)
        guard !configuration.addresses.isEmpty else {
            return [try await bindAll(bootstrap, port: configuration.port)]
        }
        var channels: [any Channel] = []
        for ip in configuration.addresses {
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

    /// All addresses of both families by one socket; those of IPv4 where the system has no IPv6.
    private static func bindAll(_ bootstrap: ServerBootstrap, port: UInt16) async throws(BindError) -> any Channel {
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
        _ bootstrap: ServerBootstrap, _ address: Wire.SocketAddress, onlyIPv6: Bool
    ) async throws(BindError) -> any Channel {
        var bootstrap = bootstrap
        if !address.ip.isIPv4 {
            let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
            bootstrap = bootstrap.serverChannelOption(option, value: onlyIPv6 ? 1 : 0)
        }
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
