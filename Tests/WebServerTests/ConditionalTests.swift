import Testing

@testable import WebServer

/// A head with these fields, and its bytes.
func head(_ fields: [String]) throws -> (RequestHead, [UInt8]) {
    let text = "GET / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    let bytes = Array(text.utf8)
    var parser = RequestParser(RequestLimits())
    guard case .request(let head) = parser.parse(bytes.span) else { throw Unexpected() }
    return (head, bytes)
}

@Suite("Conditional requests")
struct ConditionalTests {
    @Test(
        "the preconditions of RFC 9110 are weighed in its order",
        arguments: [
            ([], Conditional.proceed),
            (["If-None-Match: \"a\""], .notModified),
            (["If-None-Match: W/\"a\""], .notModified),
            (["If-None-Match: *"], .notModified),
            (["If-None-Match: \"b\", W/\"c\" ,, \"a\""], .notModified),
            (["If-None-Match: \"b\",\"a\""], .notModified),
            (["If-None-Match: \"b\"", "If-None-Match: \"a\""], .notModified),
            (["If-None-Match: \"x,\", \"a\""], .notModified),
            (["If-None-Match: \"b\""], .proceed),
            (["If-None-Match: a"], .proceed),
            (["If-None-Match: \"a"], .proceed),
            (["If-None-Match: \"b\" \"a\""], .proceed),
            (["If-None-Match: w/\"a\""], .proceed),
            (["If-None-Match:"], .proceed),
            (["If-None-Match: \"*\""], .proceed),
            (["If-Match: \"a\""], .proceed),
            (["If-Match: *"], .proceed),
            (["If-Match: \"b\", \"a\""], .proceed),
            (["If-Match: W/\"a\""], .failed),
            (["If-Match: \"b\""], .failed),
            (["If-Match: \"b\"", "If-None-Match: \"a\""], .failed),
            (["If-Match: \"a\"", "If-None-Match: \"a\""], .notModified),
            (["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], .proceed),
        ] as [([String], Conditional)])
    func preconditions(fields: [String], expected: Conditional) throws {
        let (head, bytes) = try head(fields)
        #expect(Conditional(head, of: bytes.span, etag: Array("\"a\"".utf8)) == expected)
    }

    @Test(
        "If-Range lets a range count only with this very entity tag",
        arguments: [
            ([], true), (["If-Range: \"a\""], true), (["If-Range: \"b\""], false), (["If-Range: W/\"a\""], false),
            (["If-Range: Sun, 06 Nov 1994 08:49:37 GMT"], false), (["If-Range:"], false),
        ] as [([String], Bool)])
    func ifRange(fields: [String], expected: Bool) throws {
        let (head, bytes) = try head(fields)
        #expect(Conditional.allowsRange(head, of: bytes.span, etag: Array("\"a\"".utf8)) == expected)
    }
}

@Suite("Byte ranges")
struct ByteRangeTests {
    @Test(
        "a range of a file of 27 bytes",
        arguments: [
            ("bytes=0-0", .part(0..<1)), ("bytes=0-26", .part(0..<27)), ("bytes=5-9", .part(5..<10)),
            ("BYTES=5-9", .part(5..<10)), ("bytes= 5-9", .part(5..<10)), ("bytes=5-", .part(5..<27)),
            ("bytes=26-99", .part(26..<27)), ("bytes=5-99999999999999999999999", .part(5..<27)),
            ("bytes=-5", .part(22..<27)), ("bytes=-27", .part(0..<27)), ("bytes=-100", .part(0..<27)),
            ("bytes=-99999999999999999999999", .part(0..<27)),
            ("bytes=27-", .unsatisfiable), ("bytes=100-", .unsatisfiable), ("bytes=27-30", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=9-5", .whole), ("bytes=-", .whole), ("bytes=", .whole), ("bytes", .whole), ("", .whole),
            ("bytes=a-b", .whole), ("bytes=1-b", .whole), ("bytes=1", .whole), ("bytes=+1-2", .whole),
            ("bytes=0-1,3-4", .whole), ("bytes=0-1,", .whole), ("bytes=1 - 2", .whole), ("bytes=--5", .whole),
            ("items=0-1", .whole), ("bytes=0x1-2", .whole), ("bytes 0-1", .whole),
        ] as [(String, ByteRange)])
    func ranges(value: String, expected: ByteRange) {
        let bytes = Array(value.utf8)
        #expect(ByteRange(0..<bytes.count, of: bytes.span, size: 27) == expected)
    }

    @Test(
        "a range of an empty file",
        arguments: [("bytes=0-", .unsatisfiable), ("bytes=-5", .whole), ("bytes=-0", .unsatisfiable)]
            as [(String, ByteRange)])
    func emptyFile(value: String, expected: ByteRange) {
        let bytes = Array(value.utf8)
        #expect(ByteRange(0..<bytes.count, of: bytes.span, size: 0) == expected)
    }
}

@Suite("Decoded paths")
struct DecodedPathTests {
    @Test(
        "a path is decoded once",
        arguments: [
            ("", .path("/")), ("/a/b", .path("/a/b")), ("/%61%20b", .path("/a b")), ("/%c3%A9", .path("/é")),
            ("/%252e", .path("/%2e")), ("/%2e%2e/x", .path("/../x")), ("/a+b", .path("/a+b")), ("//x", .path("//x")),
            ("/%00", .malformed), ("/%", .malformed), ("/%4", .malformed), ("/%4g", .malformed), ("/%+1", .malformed),
            ("/a%2Fb", .namesNothing), ("/%2f/..", .namesNothing), ("/%ff", .namesNothing), ("/%c0%af", .namesNothing),
        ] as [(String, DecodedPath)])
    func decoding(text: String, expected: DecodedPath) {
        let bytes = Array(text.utf8)
        #expect(DecodedPath(0..<bytes.count, of: bytes.span) == expected)
    }
}

@Suite("Date line")
struct DateLineTests {
    @Test(
        "a second is written as RFC 9110 wants it",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        ])
    func date(second: Int, expected: String) { #expect(CommonLines.date(second) == expected) }
}
