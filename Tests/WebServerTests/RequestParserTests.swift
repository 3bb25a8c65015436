import Testing

@testable import WebServer

/// What a request means, without the offsets.
struct Summary: Equatable, CustomTestStringConvertible {
    var method: Method
    var path: String
    var query = ""
    var keepAlive = true
    var body = RequestBody.none
    var form = TargetForm.path

    init(
        _ method: Method, _ path: String, query: String = "", keepAlive: Bool = true, body: RequestBody = .none,
        form: TargetForm = .path
    ) {
        (self.method, self.path, self.query) = (method, path, query)
        (self.keepAlive, self.body, self.form) = (keepAlive, body, form)
    }

    init(_ head: RequestHead, of bytes: [UInt8]) {
        self.init(
            head.method, String(decoding: bytes[head.path], as: UTF8.self),
            query: String(decoding: bytes[head.query], as: UTF8.self), keepAlive: head.keepAlive, body: head.body,
            form: head.form)
    }

    var testDescription: String { "\(method) \(path)\(query)" }
}

@Suite("Request parser")
struct RequestParserTests {
    static let valid: [(String, Summary)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "/")),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "/")),
        ("HEAD /a/b?c=d?e HTTP/1.1\r\nhOsT:a:80\r\n\r\n", Summary(.head, "/a/b", query: "?c=d?e")),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", Summary(.get, "/")),
        ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", Summary(.get, "/")),
        ("GET / HTTP/1.0\r\n\r\n", Summary(.get, "/", keepAlive: false)),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Summary(.get, "/")),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", Summary(.get, "/", keepAlive: false)),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: , Close\r\n\r\n",
            Summary(.get, "/", keepAlive: false)
        ),
        ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", Summary(.get, "/")),
        ("GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "/x", query: "?y")),
        ("GET HTTPS://a:1 HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "")),
        ("GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "", query: "?y")),
        ("GET //evil/%2e%2E HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "//evil/%2e%2E")),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.options, "", form: .asterisk)),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.notAllowed, "", form: .authority)),
        ("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.unknown, "/pot")),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.unknown, "/")),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", Summary(.notAllowed, "/", body: .length(5))),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 000\r\n\r\n", Summary(.get, "/")),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", Summary(.get, "/", body: .chunked)),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-Any: \t \u{e9} \"x\" \t \r\nEmpty:\r\n\r\n", Summary(.get, "/")),
        ("GET /{|}^`\\\"<> HTTP/1.1\r\nHost: a\r\n\r\n", Summary(.get, "/{|}^`\\\"<>")),
    ]

    static let head = "GET / HTTP/1.1\r\nHost: a\r\n"
    static let invalid: [(String, Refusal)] = [
        ("\n", .badRequest(.lineEnd)),
        ("\r\n\r\n", .badRequest(.requestLine)),
        ("\rG", .badRequest(.lineEnd)),
        ("GET / HTTP/1.1\n", .badRequest(.lineEnd)),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .badRequest(.lineEnd)),
        ("GET /\r\n", .badRequest(.requestLine)),
        ("GET  / HTTP/1.1\r\n", .badRequest(.target)),
        ("GET /  HTTP/1.1\r\n", .badRequest(.requestLine)),
        (" GET / HTTP/1.1\r\n", .badRequest(.requestLine)),
        ("GET\t/\tHTTP/1.1\r\n", .badRequest(.requestLine)),
        ("GET / HTTP/1.1 \r\n", .badRequest(.requestLine)),
        ("GET / http/1.1\r\n", .badRequest(.requestLine)),
        ("GET / HTTP/11\r\n", .badRequest(.requestLine)),
        ("GET / HTTP/1.10\r\n", .badRequest(.requestLine)),
        ("G(T / HTTP/1.1\r\n", .badRequest(.requestLine)),
        ("GET x HTTP/1.1\r\n", .badRequest(.target)),
        ("GET * HTTP/1.1\r\n", .badRequest(.target)),
        ("GET /#x HTTP/1.1\r\n", .badRequest(.target)),
        ("GET /\u{e9} HTTP/1.1\r\n", .badRequest(.target)),
        ("GET http:// HTTP/1.1\r\n", .badRequest(.target)),
        ("GET http://u@a/ HTTP/1.1\r\n", .badRequest(.target)),
        ("GET ftp://a/ HTTP/1.1\r\n", .badRequest(.target)),
        ("CONNECT /x HTTP/1.1\r\n", .badRequest(.target)),
        ("GET / HTTP/2.0\r\n", .versionNotSupported),
        ("PRI * HTTP/2.0\r\n", .versionNotSupported),
        ("\u{16}\u{3}\u{1}", .badRequest(.control)),
        ("GET /\0 HTTP/1.1\r\n", .badRequest(.control)),
        ("GET / HTTP/1.1\r\n\r\n", .badRequest(.host)),
        (head + "Host: a\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badRequest(.host)),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badRequest(.fieldName)),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .badRequest(.folded)),
        (head + "X: a\r\n b\r\n\r\n", .badRequest(.folded)),
        (head + "X: a\r\n\tb\r\n\r\n", .badRequest(.folded)),
        (head + ": a\r\n\r\n", .badRequest(.fieldName)),
        (head + "X\r\n\r\n", .badRequest(.fieldName)),
        (head + "X y: a\r\n\r\n", .badRequest(.fieldName)),
        (head + "X: a\0b\r\n\r\n", .badRequest(.control)),
        (head + "X: a\u{7f}b\r\n\r\n", .badRequest(.control)),
        (head + "X: a\rb\r\n\r\n", .badRequest(.lineEnd)),
        (head + "X: a\nb\r\n\r\n", .badRequest(.lineEnd)),
        (head + "Content-Length: \r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: +5\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: -5\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: 0x5\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: 5, 5\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: 18446744073709551616\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", .badRequest(.contentLength)),
        (head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest(.bothLengths)),
        (head + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", .badRequest(.bothLengths)),
        (head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest(.transferEncoding)),
        (head + "Transfer-Encoding: chunked, chunked\r\n\r\n", .badRequest(.transferEncoding)),
        (head + "Transfer-Encoding: chunked, identity\r\n\r\n", .badRequest(.transferEncoding)),
        (head + "Transfer-Encoding: xchunked\r\n\r\n", .badRequest(.transferEncoding)),
        (head + "Transfer-Encoding:\r\n\r\n", .badRequest(.transferEncoding)),
        (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", .codingNotImplemented),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest(.transferEncoding)),
    ]

    @Test("a valid request means the same however it is cut", arguments: valid)
    func validRequest(text: String, expected: Summary) {
        let bytes = Self.latin(text)
        for cut in 0...bytes.count {
            var parser = RequestParser(RequestLimits())
            if cut < bytes.count { #expect(parser.parse(Array(bytes[..<cut]).span) == .incomplete) }
            guard case .request(let head) = parser.parse(bytes.span) else {
                Issue.record("refused when cut at \(cut)")
                continue
            }
            #expect(Summary(head, of: bytes) == expected)
            #expect(head.length == bytes.count)
            #expect(!parser.hasBegun)
        }
    }

    @Test("an invalid request is refused for the same reason however it is cut", arguments: invalid)
    func invalidRequest(text: String, expected: Refusal) {
        let bytes = Self.latin(text)
        for cut in 0...bytes.count {
            var parser = RequestParser(RequestLimits())
            var outcome = parser.parse(Array(bytes[..<cut]).span)
            if outcome == .incomplete { outcome = parser.parse(bytes.span) }
            #expect(outcome == .refused(expected), "cut at \(cut)")
        }
        var parser = RequestParser(RequestLimits())
        var outcome = RequestParser.Outcome.incomplete
        for count in 1...bytes.count where outcome == .incomplete {
            outcome = parser.parse(Array(bytes[..<count]).span)
        }
        #expect(outcome == .refused(expected), "byte by byte")
    }

    @Test("what is too long is refused as soon as that is certain")
    func limits() {
        let limits = RequestLimits(requestLine: 40, head: 80, fields: 3)
        let host = "GET / HTTP/1.1\r\nHost: a\r\n"
        let cases: [(String, RequestParser.Outcome)] = [
            ("GET /" + String(repeating: "a", count: 35), .refused(.requestLineTooLong)),
            ("GET /" + String(repeating: "a", count: 34), .incomplete),
            (host + "X: " + String(repeating: "a", count: 52), .refused(.headTooLong)),
            (host + "X: " + String(repeating: "a", count: 51), .incomplete),
            (host + "A: 1\r\nB: 2\r\n", .incomplete),
            (host + "A: 1\r\nB: 2\r\nC: 3\r\n", .refused(.tooManyFields)),
        ]
        for (text, expected) in cases {
            var parser = RequestParser(limits)
            #expect(parser.parse(Array(text.utf8).span) == expected, "\(text.utf8.count) bytes")
        }
    }

    @Test("fields with preconditions and ranges are found")
    func preconditions() throws {
        let text =
            Self.head
            + "If-None-Match: \"a\"\r\nif-none-match: \"b\"\r\nIf-Match: *\r\nIf-Range: \"c\"\r\nRange: bytes=0-1\r\n"
            + "Expect: 100-Continue\r\n\r\n"
        let bytes = Array(text.utf8)
        var parser = RequestParser(RequestLimits())
        guard case .request(let head) = parser.parse(bytes.span) else { throw Unexpected() }
        let texts = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        #expect(head.ifNoneMatch.map(texts) == ["\"a\"", "\"b\""])
        #expect(head.ifMatch.map(texts) == ["*"])
        #expect(head.ifRange.map(texts) == "\"c\"")
        #expect(head.range.map(texts) == "bytes=0-1")
        #expect(head.expectsContinue)
    }

    @Test("a range that comes twice is no range")
    func twoRanges() throws {
        let bytes = Array((Self.head + "Range: bytes=0-1\r\nRange: bytes=0-1\r\n\r\n").utf8)
        var parser = RequestParser(RequestLimits())
        guard case .request(let head) = parser.parse(bytes.span) else { throw Unexpected() }
        #expect(head.range == nil)
    }

    /// One byte for each character up to U+00FF.
    static func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}

struct Unexpected: Error {}
