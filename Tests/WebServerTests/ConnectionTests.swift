import Glibc
import Releases
import Testing

@testable import WebServer

@Suite("Connections")
struct ConnectionTests {
    private static let files: [String: [UInt8]] = [
        "index.html": Array("home".utf8), "1": [1], "2": pattern(40_000), "3": pattern(600_000),
    ]
    private static func request(_ target: String, _ more: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\n\(more)\r\n"
    }

    @Test("pipelined requests are answered in their order, whatever the size of the answers")
    func pipelining() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let targets = (0..<60).map { ["/1", "/2", "/3", "/none", "/1"][$0 % 5] }
            let replies = try await server.client { client throws in
                client.send(targets.map { Self.request($0) }.joined())
                return try targets.map { _ in try client.reply() }
            }
            for (target, reply) in zip(targets, replies) {
                #expect(target == "/none" ? reply.status == 404 : reply.body == Self.files[String(target.dropFirst())])
            }
        }
    }

    @Test("many requests in one go for a file on the disk take one descriptor at a time, and are answered in order")
    func pipelinedFiles() async throws {
        let content = pattern(6000)
        try await TestServer.with(files: ["file": content], memory: .init(total: 0)) { server async throws in
            let client = try Client(port: server.port, receiveBuffer: 4096)
            let requests = content.indices.map { Self.request("/file", "Range: bytes=\($0)-\($0)\r\n") }.joined()
            // Nothing is read yet: this ends when the server does not take any more.
            async let sent: Void = Client.blocking { client.send(requests) }
            var most = 0
            for _ in 0..<100 {
                most = max(most, openDescriptors(below: server.store.path + "/objects"))
                try await Task.sleep(for: .milliseconds(5))
            }
            let isInOrder = try await Client.blocking { () throws -> Bool in
                for byte in content {
                    let reply = try client.reply()
                    guard reply.status == 206, reply.body == [byte] else { return false }
                }
                return true
            }
            try await sent
            // The list of descriptors is no snapshot: while it is read, one may be closed and the next one opened.
            #expect(most <= 2)
            #expect(isInOrder)
        }
    }

    @Test("requests that arrive byte by byte are answered")
    func slowly() async throws {
        try await TestServer.with { server async throws in
            try await server.client { client throws in
                for byte in Array((Self.request("/") + Self.request("/none")).utf8) {
                    client.send([byte])
                    usleep(200)
                }
                #expect(try client.reply().text == "home")
                #expect(try client.reply().status == 404)
            }
        }
    }

    @Test(
        "a connection stays open or ends as client and version ask",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close"),
            ("GET / HTTP/1.0\r\n\r\n", "close"), ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
        ] as [(String, String?)])
    func keepAlive(request: String, connection: String?) async throws {
        try await TestServer.with { server async throws in
            try await server.client { client throws in
                client.send(request)
                #expect(try client.reply()["Connection"] == connection)
                if connection == "close" {
                    #expect(client.rest() == [])
                } else {
                    client.send(Self.request("/"))
                    #expect(try client.reply().text == "home")
                }
            }
        }
    }

    @Test("a client that ends its side gets all it asked for, then the end")
    func halfClosed() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            try await server.client { client throws in
                client.send(Self.request("/3") + Self.request("/3") + Self.request("/1"))
                client.endSending()
                #expect(try client.reply().body == Self.files["3"])
                #expect(try client.reply().body == Self.files["3"])
                #expect(try client.reply().body == [1])
                #expect(client.rest() == [])
            }
        }
    }

    @Test("a small body is passed over, and the next request is answered")
    func smallBody() async throws {
        try await TestServer.with { server async throws in
            try await server.client { client throws in
                let body = String(repeating: "GET /smuggled HTTP/1.1\r\n\r\n", count: 100)
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
                client.send(Self.request("/"))
                #expect(try client.reply().status == 405)
                #expect(try client.reply().text == "home")
            }
        }
    }

    @Test(
        "what could hide a second request ends the connection after one response",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nabcde", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nabcde", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabcde", 200),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 200),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET /%0 HTTP/1.0\r\nHost: a\r\n\r\n", 400),
            ("GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 17000) + "\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: a\r\n", count: 100) + "\r\n", 431),
        ] as [(String, Int)])
    func smuggling(request: String, status: Int) async throws {
        try await TestServer.with { server async throws in
            try await server.client { client throws in
                client.send(request + Self.request("/smuggled"))
                let reply = try client.reply()
                #expect(reply.status == status)
                #expect(reply["Connection"] == "close")
                #expect(client.rest() == [])
            }
        }
    }

    @Test("a client that never ends its request is told so and let go")
    func slowHead() async throws {
        try await TestServer.with(configure: { $0.headTimeout = .milliseconds(200) }) { server async throws in
            try await server.client { client throws in
                client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
                #expect(try client.reply().status == 408)
                #expect(client.rest() == [])
            }
            // One that drips is no better: each byte must not buy more time.
            try await server.client { client throws in
                client.send(Self.request("/") + "GET / HTTP/1.1\r\nX: ")
                #expect(try client.reply().status == 200)
                for _ in 0..<200 {
                    client.send("a")
                    usleep(10_000)
                }
                #expect(try client.reply().status == 408)
            }
        }
    }

    @Test("a connection without a request is ended without a word")
    func idle() async throws {
        try await TestServer.with(configure: {
            $0.headTimeout = .milliseconds(100)
            $0.idleTimeout = .milliseconds(200)
        }) { server async throws in
            try await server.client { client throws in #expect(client.rest() == []) }
            try await server.client { client throws in
                client.send(Self.request("/"))
                #expect(try client.reply().status == 200)
                #expect(client.rest() == [])
            }
            // The first byte of a request ends the idle time.
            try await server.client { client throws in
                client.send(Self.request("/") + "G")
                #expect(try client.reply().status == 200)
                #expect(try client.reply().status == 408)
            }
        }
    }

    @Test("a body that does not come does not hold the connection")
    func slowBody() async throws {
        try await TestServer.with(configure: { $0.headTimeout = .milliseconds(200) }) { server async throws in
            try await server.client { client throws in
                client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
                #expect(try client.reply().text == "home")
                #expect(client.rest() == [])
            }
        }
    }

    @Test("64 readers that ask for much and read nothing cost little memory, and hold no one up")
    func noReaders() async throws {
        let files = ["big": pattern(8 << 20), "mid": pattern(200_000), "index.html": Array("home".utf8)]
        try await TestServer.with(files: files, configure: { $0.writeTimeout = .seconds(600) }) { server async throws in
            let before = residentBytes()
            let clients = try Self.readers(64, of: server)
            for _ in 0..<1000 where server.openConnections < 64 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(server.openConnections >= 64)
            // Others are served meanwhile.
            #expect(try await server.get("/").text == "home")
            // Of the 512 MB that they asked for. Other tests run in this process meanwhile, and need some, too.
            #expect(residentBytes() - before < 128 << 20)
            withExtendedLifetime(clients) {}
        }
    }

    @Test("readers that read nothing are let go")
    func noReadersForLong() async throws {
        let files = ["big": pattern(8 << 20), "mid": pattern(8 << 20)]
        try await TestServer.with(files: files, configure: { $0.writeTimeout = .milliseconds(200) }) {
            server async throws in
            let clients = try Self.readers(4, of: server)
            let counters = server.running.counters.loops
            for _ in 0..<1000 where counters.reduce(0, { $0 + $1.timeouts }) < 4 {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(counters.reduce(0) { $0 + $1.timeouts } == 4)
            #expect(server.openConnections == 0)
            withExtendedLifetime(clients) {}
        }
    }

    private static func readers(_ count: Int, of server: TestServer) throws -> [Client] {
        try (0..<count).map { index in
            let client = try Client(port: server.port, receiveBuffer: 4096)
            client.send(String(repeating: Self.request(index % 2 == 0 ? "/big" : "/mid"), count: 100))
            return client
        }
    }

    @Test("the node itself still gets in where strangers do not, up to a limit of its own")
    func reserve() async throws {
        try await TestServer.with(configure: { $0.maximumConnections = 1 }) { server async throws in
            let stranger = try Client(port: server.port, stranger: true)
            stranger.send(Self.request("/"))
            #expect(try stranger.reply().status == 200)
            try await server.client(stranger: true) { client throws in #expect(client.rest() == []) }
            let own = try (0..<ConnectionCapacity.reserve).map { _ in try Client(port: server.port) }
            for client in own {
                client.send(Self.request("/"))
                #expect(try client.reply().status == 200)
            }
            try await server.client { client throws in #expect(client.rest() == []) }
            #expect(server.running.counters.refusedConnections == 2)
        }
    }

    @Test("more connections than allowed are closed at once; room that is given back is used again")
    func tooMany() async throws {
        try await TestServer.with(configure: { $0.maximumConnections = 2 }) { server async throws in
            do {
                let first = try Client(port: server.port, stranger: true)
                let second = try Client(port: server.port, stranger: true)
                for client in [first, second] {
                    client.send(Self.request("/"))
                    #expect(try client.reply().status == 200)
                }
                try await server.client(stranger: true) { client throws in #expect(client.rest() == []) }
                #expect(server.running.counters.refusedConnections == 1)
                first.send(Self.request("/"))
                #expect(try first.reply().status == 200)
            }
            for _ in 0..<1000 where server.openConnections > 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await server.get("/").status == 200)
        }
    }
}

/// How many descriptors of this process are files in this directory.
private func openDescriptors(below directory: String) -> Int {
    (0..<4096).count { number in
        var target = [CChar](repeating: 0, count: 4096)
        guard readlink("/proc/self/fd/\(number)", &target, target.count - 1) > 0 else { return false }
        let path = String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.hasPrefix(directory)
    }
}

/// The memory this process has in use, in bytes.
private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
