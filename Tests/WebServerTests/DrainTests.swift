import Testing
import Wire

@testable import WebServer

/// A server whose node goes out of service and comes back. Clients come from another address than the node's own, whose
/// requests to itself are not counted.
@Suite("Drain")
struct DrainTests {
    private static let request = "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"

    private static func inFlight(_ server: TestServer) -> Int { server.running.counters.requestsInFlight }

    /// Asks again and again, for as long as a test has no patience limit of its own.
    private static func wait(
        _ location: SourceLocation = #_sourceLocation, _ condition: @escaping @Sendable () async -> Bool
    ) async throws {
        for _ in 0..<3000 {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it never came true", sourceLocation: location)
        throw Unexpected()
    }

    @Test("a drain ends idle connections, finishes a slow download, and closes behind each later response")
    func drains() async throws {
        let file = pattern(6 << 20)
        try await TestServer.with(files: ["file": file]) { server async throws in
            let idle = try Client(port: server.port, stranger: true)
            idle.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.reply().status == 404)
            let download = try Client(port: server.port, receiveBuffer: 4096, stranger: true)
            download.send(Self.request)
            try await Self.wait { server.openConnections == 2 }
            server.running.beginDrain(within: .seconds(60))
            let isIdleEnded = try await Client.blocking { idle.rest() == [] }
            #expect(isIdleEnded)
            try await Self.wait { Self.inFlight(server) == 1 }
            let late = try await server.client(stranger: true) { client in
                client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try client.reply()
                guard client.rest() == [] else { throw Unexpected() }
                return reply
            }
            #expect(late["Connection"] == "close")
            let isWhole = try await Client.blocking { try download.reply().body == file && download.rest() == [] }
            #expect(isWhole)
            try await Self.wait { Self.inFlight(server) == 0 && server.openConnections == 0 }
        }
    }

    @Test("a response counts as in flight until its client has it, also when the system has taken all of it")
    func countsWhatIsNotReceived() async throws {
        // Larger than the client's buffer, small enough for the server's.
        let file = pattern(256 << 10)
        try await TestServer.with(files: ["file": file]) { server async throws in
            // First, or the connection may have ended here before.
            server.running.beginDrain(within: .seconds(60))
            let download = try Client(port: server.port, receiveBuffer: 4096, stranger: true)
            download.send("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try await Self.wait { Self.inFlight(server) == 1 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(Self.inFlight(server) == 1)
            let isWhole = try await Client.blocking { try download.reply().body == file }
            #expect(isWhole)
            try await Self.wait { Self.inFlight(server) == 0 }
        }
    }

    @Test("what was begun before the drain is ended at its limit; what came after it is not")
    func boundedDrain() async throws {
        let file = pattern(6 << 20)
        try await TestServer.with(files: ["file": file]) { server async throws in
            let early = try Client(port: server.port, receiveBuffer: 4096, stranger: true)
            early.send(Self.request)
            try await Self.wait { server.openConnections == 1 }
            server.running.beginDrain(within: .seconds(1))
            try await Self.wait { Self.inFlight(server) == 1 }
            let late = try Client(port: server.port, receiveBuffer: 4096, stranger: true)
            late.send(Self.request)
            try await Self.wait { server.openConnections == 2 }
            try await Self.wait { server.openConnections == 1 }
            let received = try await Client.blocking { early.rest()?.count ?? .max }
            #expect(received < file.count)
            let isWhole = try await Client.blocking { try late.reply().body == file }
            #expect(isWhole)
        }
    }

    @Test("after the drain connections stay open again, and nothing is ended at its limit any more")
    func resumes() async throws {
        try await TestServer.with(files: ["file": pattern(100)]) { server async throws in
            server.running.beginDrain(within: .milliseconds(300))
            server.running.endDrain()
            let client = try Client(port: server.port, stranger: true)
            for _ in 0..<2 {
                client.send(Self.request)
                #expect(try client.reply()["Connection"] == nil)
                try await Task.sleep(for: .milliseconds(400))
            }
        }
    }

    @Test("a server that begins to listen during a drain drains")
    func listensDraining() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
        let server = HTTPServer(
            configuration: configuration, site: ServedSite(), endpoints: .test(), logger: TestServer.silent
        ) { port.yield($0.first?.port ?? 0) }
        server.beginDrain()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            let port = try #require(await ports.first { _ in true })
            try await Self.wait {
                let reply = try? await Client.blocking { () throws -> Reply in
                    let client = try Client(port: port)
                    client.send("GET /.bramble/health HTTP/1.1\r\nHost: a\r\n\r\n")
                    return try client.reply()
                }
                return reply?["Connection"] == "close"
            }
            tasks.cancelAll()
        }
    }
}
