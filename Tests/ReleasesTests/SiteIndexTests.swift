import Testing

@testable import Releases

/// What an answer is, without the details of the file.
enum Answer: Equatable, Sendable {
    case file(String)
    case redirect(String)
    case notFound(String?)

    init(_ resolution: SiteIndex.Resolution) {
        switch resolution {
        case .file(let file): self = .file(file.path)
        case .redirect(let target): self = .redirect(target)
        case .notFound(let file): self = .notFound(file?.path)
        }
    }
}

struct SiteIndexTests {
    private func index(_ paths: [String]) throws -> SiteIndex {
        SiteIndex(
            try Manifest(
                entries: paths.map { Manifest.Entry(path: $0, object: ObjectID(hashing: Array($0.utf8)), size: 1) }))
    }

    // The table in the module's page, row by row.
    @Test(
        "a request path is answered as the table says",
        arguments: [
            ("/a.css", ["a.css"], .file("a.css")),
            ("/x.html", ["x.html"], .file("x.html")),
            ("/", ["index.html"], .file("index.html")),
            ("/", ["a.css"], .notFound(nil)),
            ("/dir/", ["dir/index.html"], .file("dir/index.html")),
            ("/dir", ["dir/index.html"], .redirect("/dir/")),
            ("/dir/index.html", ["dir/index.html"], .file("dir/index.html")),
            ("/dir/", ["dir/a.css"], .notFound(nil)),
            ("/dir", ["dir/a.css"], .notFound(nil)),
            ("/x", ["x.html"], .file("x.html")),
            ("/x/", ["x.html"], .redirect("/x")),
            ("/x", ["x.html", "x/index.html"], .file("x.html")),
            ("/x/", ["x.html", "x/index.html"], .file("x/index.html")),
            ("/x", ["x", "x.html"], .file("x")),
            ("/x/", ["x", "x.html"], .notFound(nil)),
            ("/X", ["x.html"], .notFound(nil)),
            ("/x.html/", ["x.html"], .notFound(nil)),
            ("/none", ["404.html", "dir/404.html"], .notFound("404.html")),
            ("/dir/none", ["404.html", "dir/404.html"], .notFound("dir/404.html")),
            ("/dir/deep/none", ["404.html", "dir/404.html"], .notFound("dir/404.html")),
            ("/dirx", ["404.html", "dir/404.html"], .notFound("404.html")),
            ("/none", ["dir/404.html"], .notFound(nil)),
        ] as [(String, [String], Answer)])
    func table(path: String, site: [String], answer: Answer) throws {
        #expect(Answer(try index(site).resolve(path)) == answer)
    }

    @Test(
        "tricks with paths find nothing",
        arguments: [
            "", "index.html", "//", "//index.html", "/./", "/./index.html", "/../index.html", "/dir/../index.html",
            "/dir/..", "/dir//", "/dir//index.html", "/index.html/", "/index.html\0", "/\0", "/index.html%00",
            "/%2e%2e/index.html", "/..%2findex.html", "\\index.html", "/\\index.html", "/dir\\index.html",
            "/index.html?", "/index.html#", "/index.html ", " /index.html", "/INDEX.HTML", "/index.html.",
            "/../../../../etc/passwd", "/etc/passwd", "/.git/config", "/dir/.", "/dir/./", "http://host/index.html",
        ])
    func tricks(path: String) throws {
        let index = try index(["index.html", "dir/index.html", "dir/a.css"])
        #expect(Answer(index.resolve(path)) == .notFound(nil))
    }

    @Test("a path of slashes only, as long as a request can be, ends soon with the nearest page")
    func manySlashes() throws {
        let index = try index(["404.html", "dir/404.html"])
        #expect(Answer(index.resolve(String(repeating: "/", count: 100_000))) == .notFound("404.html"))
    }

    @Test("a hidden page's clean name does not take the place of its directory")
    func namelessPage() throws {
        let index = try index(["dir/.html", ".html"])
        #expect(Answer(index.resolve("/dir/")) == .notFound(nil))
        #expect(Answer(index.resolve("/")) == .notFound(nil))
        #expect(Answer(index.resolve("/dir/.html")) == .file("dir/.html"))
    }

    @Test(
        "a redirect's target is ready for the header, and leads to this site",
        arguments: [
            ("/a b", "a b/index.html", "/a%20b/"), ("/ü", "ü/index.html", "/%C3%BC/"),
            ("/\\evil.example", "\\evil.example/index.html", "/%5Cevil.example/"),
            ("/a\r\nSet-Cookie: x", "a\r\nSet-Cookie: x/index.html", "/a%0D%0ASet-Cookie%3A%20x/"),
            ("/50%", "50%/index.html", "/50%25/"), ("/q?/", "q?.html", "/q%3F"),
        ])
    func redirects(path: String, file: String, target: String) throws {
        #expect(Answer(try index([file]).resolve(path)) == .redirect(target))
    }

    @Test("paths are compared by their bytes")
    func bytes() throws {
        let composed = "caf\u{E9}.txt"
        let decomposed = "cafe\u{301}.txt"
        #expect(Answer(try index([composed]).resolve("/" + decomposed)) == .notFound(nil))
        let both = try index([composed, decomposed])
        guard case .file(let first) = both.resolve("/" + composed),
            case .file(let second) = both.resolve("/" + decomposed)
        else {
            Issue.record("not found")
            return
        }
        #expect(first.object != second.object)
    }

    @Test("a file's tag is strong and made of its content alone")
    func etag() throws {
        let id = ObjectID(hashing: Array("foo".utf8))
        let file = SiteFile(Manifest.Entry(path: "a/b.HTML", object: id, size: 3))
        #expect(file.etag == "\"2c26b46b68ffc68ff99b453c1d304134\"")
        #expect(file.etag == SiteFile(Manifest.Entry(path: "other.txt", object: id, size: 3)).etag)
        #expect(file.mediaType == "text/html; charset=utf-8")
    }
}
