import Releases
import Testing

@testable import WebServer

@Suite("Responses")
struct ResponseTests {
    private static let large = pattern(700_000)
    private static let files: [String: [UInt8]] = [
        "index.html": Array("home".utf8), "css/site.css": Array("body{}".utf8), "blog/index.html": Array("blog".utf8),
        "blog/404.html": Array("no such post".utf8), "large.bin": large, "empty.txt": [],
        "a b/ü.txt": Array("spaced".utf8), "27.txt": Array("abcdefghijklmnopqrstuvwxyz.".utf8),
    ]

    @Test("a file comes with all its fields")
    func file() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let reply = try await server.get("/css/site.css?v=1")
            #expect(reply.status == 200)
            #expect(reply.text == "body{}")
            #expect(reply["Content-Length"] == "6")
            #expect(reply["Content-Type"] == "text/css; charset=utf-8")
            #expect(reply["Cache-Control"] == "no-cache")
            #expect(reply["Accept-Ranges"] == "bytes")
            #expect(reply["X-Served-By"] == "pi-<1>")
            #expect(reply["Date"]?.hasSuffix(" GMT") == true)
            #expect(reply["Connection"] == nil)
            let etag = try #require(reply["ETag"])
            let again = try await server.get("/css/site.css", ["If-None-Match: W/\"x\", \(etag)"])
            #expect(again.status == 304)
            #expect(again["ETag"] == etag)
            #expect(again["Content-Length"] == nil)
            #expect(try await server.get("/css/site.css", ["If-Match: \"x\""]).status == 412)
        }
    }

    @Test(
        "each target has its answer",
        arguments: [
            ("/", 200, "home"), ("/?x", 200, "home"), ("http://elsewhere/", 200, "home"), ("http://a", 200, "home"),
            ("/%63ss/site%2Ecss", 200, "body{}"), ("/a%20b/%C3%BC.txt", 200, "spaced"), ("/blog/", 200, "blog"),
            ("/empty.txt", 200, ""), ("/blog/none", 404, "no such post"), ("/blog/x/y", 404, "no such post"),
            ("/none", 404, nil), ("//", 404, nil), ("//css/site.css", 404, nil), ("/css//site.css", 404, nil),
            ("/css/../css/site.css", 404, nil), ("/%2e%2e/%2e%2e/etc/passwd", 404, nil), ("/css%2Fsite.css", 404, nil),
            ("/%ff", 404, nil), ("/%00", 400, nil), ("/%zz", 400, nil), ("/css\\site.css", 404, nil),
        ] as [(String, Int, String?)])
    func targets(target: String, status: Int, body: String?) async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let reply = try await server.get(target)
            #expect(reply.status == status)
            if let body {
                #expect(reply.text == body)
            } else {
                #expect(reply.text.contains("Answered by node pi &lt;1&gt;"))
            }
        }
    }

    @Test("a redirect stays on this host and keeps the query")
    func redirect() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            #expect(try await server.get("/blog?a=//b")["Location"] == "/blog/?a=//b")
            #expect(try await server.get("/blog").status == 301)
            for target in ["//evil/blog", "//evil/..", "/\\evil", "//blog"] {
                let reply = try await server.get(target)
                #expect(reply.status == 404 && reply["Location"] == nil, "\(target)")
            }
        }
    }

    @Test(
        "methods",
        arguments: [
            ("HEAD", "/27.txt", 200, nil), ("OPTIONS", "/none", 204, "GET, HEAD, OPTIONS"),
            ("OPTIONS", "*", 204, "GET, HEAD, OPTIONS"),
            ("POST", "/", 405, "GET, HEAD, OPTIONS"), ("DELETE", "/none", 405, "GET, HEAD, OPTIONS"),
            ("BREW", "/", 501, nil),
            ("POST", "/.bramble/health", 405, "GET, HEAD"), ("OPTIONS", "/.bramble/health", 405, "GET, HEAD"),
        ] as [(String, String, Int, String?)])
    func methods(method: String, target: String, status: Int, allow: String?) async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let reply = try await server.get(target, method: method)
            #expect(reply.status == status)
            #expect(reply["Allow"] == allow)
        }
    }

    @Test("HEAD has the fields of GET and no body", arguments: ["/27.txt", "/large.bin", "/none", "/.bramble/metrics"])
    func headRequest(target: String) async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let whole = try await server.get(target)
            try await server.client { client throws in
                client.send(
                    "HEAD \(target) HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let head = try client.reply(hasBody: false)
                #expect(head.status == whole.status)
                #expect(head.fields.map(\.name) == whole.fields.map(\.name))
                #expect(try client.reply().text == "home")
            }
        }
    }

    @Test(
        "ranges from memory and from the disk",
        arguments: [
            ("/27.txt", 27, "bytes=0-4", 0..<5), ("/27.txt", 27, "bytes=-5", 22..<27),
            ("/27.txt", 27, "bytes=20-", 20..<27),
            ("/large.bin", 700_000, "bytes=65536-300000", 65536..<300_001),
            ("/large.bin", 700_000, "bytes=-1", 699_999..<700_000),
        ] as [(String, Int, String, Range<Int>)])
    func ranges(target: String, size: Int, value: String, expected: Range<Int>) async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let whole = try await server.get(target).body
            #expect(whole.count == size)
            let reply = try await server.get(target, ["Range: \(value)"])
            #expect(reply.status == 206)
            #expect(reply["Content-Range"] == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(size)")
            #expect(reply.body == Array(whole[expected]))
            let stale = try await server.get(target, ["Range: \(value)", "If-Range: \"old\""])
            #expect(stale.status == 200)
            #expect(stale.body == whole)
        }
    }

    @Test("a range beyond the end is refused with the size; several ranges give the whole")
    func unsatisfiable() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            let reply = try await server.get("/27.txt", ["Range: bytes=100-"])
            #expect(reply.status == 416)
            #expect(reply["Content-Range"] == "bytes */27")
            #expect(try await server.get("/27.txt", ["Range: bytes=0-1,3-4"]).body.count == 27)
        }
    }

    @Test("a large file arrives byte for byte, from the disk and from memory")
    func largeFile() async throws {
        for memory in [ServedSite.MemoryBudget(total: 0, largestFile: 0), .init(total: 4 << 20, largestFile: 4 << 20)] {
            try await TestServer.with(files: Self.files, memory: memory) { server async throws in
                #expect(try await server.get("/large.bin").body == Self.large)
                #expect(try await server.get("/27.txt").body.count == 27)
            }
        }
    }

    @Test("without a site, each path says why; with one, it is served at once; without it again, no more")
    func unavailable() async throws {
        try await TestServer.with(files: nil) { server async throws in
            #expect(try await server.get("/").status == 503)
            server.site.unavailable(reason: "The directory /srv/<site> is missing.")
            let reply = try await server.get("/any")
            #expect(reply.status == 503)
            #expect(reply.text.contains("The directory /srv/&lt;site&gt; is missing."))
            #expect(reply["X-Served-By"] != nil)
            try TestServer.activate(["index.html": [1, 2, 3]], server.store, server.site)
            #expect(try await server.get("/").body == [1, 2, 3])
            server.site.unavailable(reason: "gone")
            #expect(try await server.get("/").status == 503)
        }
    }

    @Test("a release with a missing object is not activated")
    func missingObject() async throws {
        try await TestServer.with { server async throws in
            let entry = Manifest.Entry(path: "x", object: ObjectID(hashing: [9]), size: 1)
            let manifest = try Manifest(entries: [entry])
            #expect(throws: StoreError.self) { try server.site.activate(manifest, from: server.store) }
            #expect(try await server.get("/").text == "home")
        }
    }

    @Test("a file that vanished from the disk is an error of this node, and the connection goes on")
    func vanishedObject() async throws {
        try await TestServer.with(files: Self.files) { server async throws in
            _ = try server.store.removeUnreferenced(keeping: [])
            try await server.client { client throws in
                client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.reply().status == 500)
                #expect(try client.reply().text == "home")
            }
        }
    }
}

@Suite("Endpoints below /.bramble/")
struct EndpointTests {
    @Test(
        "each endpoint answers with what the node says, never cached",
        arguments: [
            ("health", true, true, 200, "serving\n"), ("health", false, true, 503, "draining\n"),
            ("leader", true, true, 200, "leader\n"), ("leader", true, false, 503, "not the leader\n"),
            ("backup", true, false, 200, "backup\n"), ("backup", true, true, 503, "not a backup\n"),
            ("api/status", true, true, 200, "{\"node\":1}"), ("none", true, true, 404, nil), ("", true, true, 200, nil),
        ] as [(String, Bool, Bool, Int, String?)])
    func endpoints(name: String, serving: Bool, leader: Bool, status: Int, body: String?) async throws {
        try await TestServer.with(endpoints: .test(serving: serving, leader: leader)) { server async throws in
            let reply = try await server.get("/.bramble/" + name)
            #expect(reply.status == status)
            #expect(reply["Cache-Control"] == "no-store")
            if let body { #expect(reply.text == body) }
        }
    }

    @Test("they answer without a site, and the prefix alone leads to the list")
    func withoutSite() async throws {
        try await TestServer.with(files: nil) { server async throws in
            #expect(try await server.get("/.bramble/health").status == 200)
            #expect(try await server.get("/.bramble")["Location"] == "/.bramble/")
            #expect(try await server.get("/.bramble/").text.contains("href=\"api/status\""))
        }
    }

    @Test("the metrics are the node's and the server's own")
    func metrics() async throws {
        try await TestServer.with { server async throws in
            for target in ["/", "/none", "/"] { _ = try await server.get(target) }
            let reply = try await server.get("/.bramble/metrics")
            #expect(reply["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.text.hasPrefix("bramble_test 1\n# HELP"))
            #expect(reply.text.contains("bramble_http_requests_total{class=\"2xx\"} 2\n"))
            #expect(reply.text.contains("bramble_http_requests_total{class=\"4xx\"} 1\n"))
            #expect(reply.text.contains("bramble_http_connections_refused_total 0\n"))
        }
    }
}
