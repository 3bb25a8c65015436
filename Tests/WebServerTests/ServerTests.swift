import Releases
import ServiceLifecycle
import Synchronization
import Testing
import Wire

@testable import WebServer

@Suite("Server")
struct ServerTests {
    private static let request = "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a graceful stop finishes a download, ends idle connections, and takes no new ones")
    func gracefulStop() async throws {
        let file = pattern(6 << 20)
        try await TestServer.with(files: ["file": file]) { server async throws in
            let idle = try Client(port: server.port)
            idle.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.reply().status == 404)
            let download = try Client(port: server.port, receiveBuffer: 4096)
            download.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + Self.request)
            #expect(try download.reply().status == 404)
            let port = server.port
            async let stopped: Void = server.stop(within: .seconds(60))
            let (body, end) = try await Client.blocking { () throws -> (Bool, Bool) in
                guard idle.rest() == [] else { throw Unexpected() }
                while (try? Client(port: port)) != nil {}
                return (try download.reply().body == file, download.rest() == [])
            }
            #expect(body && end)
            await stopped
            #expect(server.openConnections == 0)
        }
    }

    @Test("a response that begins while the server stops says that it is the last")
    func lastResponse() async throws {
        try await TestServer.with(files: ["file": pattern(100)]) { server async throws in
            let client = try Client(port: server.port)
            client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /fi")
            #expect(try client.reply()["Connection"] == nil)
            // The rest of the request must not be taken for one of an idle connection.
            try await Task.sleep(for: .milliseconds(100))
            async let stopped: Void = server.stop(within: .seconds(60))
            while await !server.running.isStopping { await Task.yield() }
            let reply = try await Client.blocking { () throws -> Reply in
                client.send("le HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.reply()
            }
            #expect(reply["Connection"] == "close")
            #expect(reply.body == pattern(100))
            await stopped
        }
    }

    @Test("a stop does not wait longer than its limit")
    func boundedStop() async throws {
        try await TestServer.with(files: ["file": pattern(6 << 20)]) { server async throws in
            let client = try Client(port: server.port, receiveBuffer: 4096)
            client.send(Self.request)
            try await Task.sleep(for: .milliseconds(100))
            await server.stop(within: .milliseconds(200))
            #expect(server.openConnections == 0)
            let rest = try await Client.blocking { client.rest() }
            #expect((rest?.count ?? .max) < 6 << 20)
        }
    }

    private static func server(
        _ configuration: HTTPServer.Configuration,
        whenListening: @escaping @Sendable ([SocketAddress]) -> Void = { _ in }
    ) -> HTTPServer {
        HTTPServer(
            configuration: configuration, site: ServedSite(), endpoints: .test(), logger: TestServer.silent,
            whenListening: whenListening)
    }

    @Test("a server runs until its service group shuts down, and can run again")
    func serviceRuns() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        for _ in 0..<2 {
            let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
            let server = Self.server(configuration) { port.yield($0.first?.port ?? 0) }
            let group = ServiceGroup(services: [server], logger: TestServer.silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = try #require(await ports.first { _ in true })
                #expect(port > 0)
                #expect(server.boundAddresses.first?.port == port)
                // All addresses: also the one of IPv4.
                let status = try await Client.blocking { () throws -> Int in
                    let client = try Client(port: port)
                    client.send("GET /.bramble/health HTTP/1.1\r\nHost: a\r\n\r\n")
                    return try client.reply().status
                }
                #expect(status == 200)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(server.boundAddresses.isEmpty)
            configuration.port = 0
        }
    }

    @Test("a port in use is named, and can be had when it is free")
    func portInUse() async throws {
        try await TestServer.with { taken async throws in
            var configuration = HTTPServer.Configuration()
            configuration.port = taken.port
            configuration.addresses = [.v4(0x7F00_0001)]
            let address = SocketAddress(ip: .v4(0x7F00_0001), port: taken.port)
            await #expect(throws: BindError.portInUse(address)) { try await Self.server(configuration).run() }
            await #expect(throws: BindError.portInUse(address)) { try await HTTPServer.checkBinding(configuration) }
            #expect(BindError.portInUse(address).description.contains("Port \(taken.port) is in use"))
            await taken.stop(within: .zero)
            try await HTTPServer.checkBinding(configuration)
        }
    }

    @Test("an address that the machine does not have yet is listened on, and loopback beside it")
    func foreignAddress() async throws {
        // TEST-NET-1 (RFC 5737) and the addresses for documentation (RFC 3849): no machine has them.
        let foreign: [IPAddress] = [.v4(0xC000_0201), .v6(0x2001_0DB8_0000_0000, 1)]
        try await TestServer.with(configure: { $0.addresses = foreign }) { server async throws in
            #expect(server.running.addresses.map(\.ip) == foreign + [.v4(0x7F00_0001)])
            #expect(try await server.get("/").text == "home")
        }
    }

    @Test("loopback is added to a list only where nothing in it reaches the node by loopback")
    func loopback() async throws {
        for ip in [IPAddress.v4(0x7F00_0002), .v4(0)] {
            try await TestServer.with(configure: { $0.addresses = [ip] }) { server async throws in
                #expect(server.running.addresses.map(\.ip) == [ip])
            }
        }
    }
}
