@testable import WebServer

extension FuzzTarget {
    /// The first byte says how the bytes arrive; what they say must not depend on that.
    static let request = FuzzTarget("request", longest: 1000) {
        let requests = [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nHEAD /a%2eb?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET http://a:80/b HTTP/1.1\r\nHost: a:80\r\n\r\n",
            "GET /f HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\nIf-Range: \"x\"\r\nIf-None-Match: W/\"b\"\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
            "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        ]
        return requests.enumerated().map { [UInt8($0.offset * 30)] + Array($0.element.utf8) }
    } check: { bytes throws(Finding) in
        let limits = RequestLimits(requestLine: 200, head: 400, fields: 6)
        let head = Array(bytes.dropFirst())
        var parser = RequestParser(limits)
        let outcome = parser.parse(head.span)
        let step = 1 + Int(bytes.first ?? 0)
        var pieces = RequestParser(limits)
        var byPieces = RequestParser.Outcome.incomplete
        var count = 0
        while byPieces == .incomplete, count < head.count {
            count = min(head.count, count + step)
            byPieces = pieces.parse(Array(head[..<count]).span)
        }
        try demand(byPieces == outcome, "whole: \(outcome), in pieces: \(byPieces)")
        switch outcome {
        case .incomplete: try demand(head.count < limits.head, "\(head.count) bytes, and still no answer")
        case .refused(let refusal): try demand(!refusal.explanation.isEmpty, "refused without a word")
        case .request(let request): try check(request, of: head, limits)
        }
    }

    private static func check(_ request: RequestHead, of head: [UInt8], _ limits: RequestLimits) throws(Finding) {
        try demand(request.length <= min(head.count, limits.head), "a head of \(request.length) bytes")
        try demand(head[..<request.length].suffix(4) == [13, 10, 13, 10], "a head that does not end")
        let ranges =
            [request.path, request.query] + request.ifMatch + request.ifNoneMatch
            + [request.ifRange, request.range].compactMap { $0 }
        try demand(ranges.allSatisfy { $0.upperBound <= request.length }, "a value behind the head")
        if case .path(let path) = DecodedPath(request.path, of: head.span) {
            try demand(!path.utf8.contains(0), "a path with a zero byte")
        }
        for size in [0, 1, 1000] as [UInt64] {
            guard let range = request.range, case .part(let part) = ByteRange(range, of: head.span, size: size) else {
                continue
            }
            try demand(!part.isEmpty && part.upperBound <= size, "bytes \(part) of \(size)")
        }
    }
}
