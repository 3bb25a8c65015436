/// Reads the fields of a head one by one, and judges at the end whether they go together (RFC 9112 §5, §6).
struct FieldReader {
    var head = RequestHead()
    private var count = 0
    private var hosts = 0
    private var ranges = 0
    private var ifRanges = 0
    private var contentLength: UInt64?
    private var isChunked = false
    private var wantsClose = false
    private var wantsKeepAlive = false

    /// Reads `name: value`.
    mutating func read(_ line: Range<Int>, of bytes: Span<UInt8>, limit: Int) -> Refusal? {
        guard count < limit else { return .tooManyFields }
        count += 1
        if bytes[line.lowerBound].isBlank { return .badRequest(.folded) }
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon].isTokenCharacter { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            return .badRequest(.fieldName)
        }
        return take(line.lowerBound..<colon, bytes.trimmed(colon + 1..<line.upperBound), of: bytes)
    }

    /// Tells by the length of a name which it may be: most fields cost no comparison.
    private mutating func take(_ name: Range<Int>, _ value: Range<Int>, of bytes: Span<UInt8>) -> Refusal? {
        switch name.count {
        case 4 where bytes.matchesIgnoringCase(name, "host"):
            hosts += 1
            return hosts == 1 && Authority.isValid(value, of: bytes) ? nil : .badRequest(.host)
        case 5 where bytes.matchesIgnoringCase(name, "range"):
            ranges += 1
            head.range = value
        case 6 where bytes.matchesIgnoringCase(name, "expect"):
            if bytes.matchesIgnoringCase(value, "100-continue") { head.expectsContinue = true }
        case 8 where bytes.matchesIgnoringCase(name, "if-match"): head.ifMatch.append(value)
        case 8 where bytes.matchesIgnoringCase(name, "if-range"):
            ifRanges += 1
            head.ifRange = value
        case 10 where bytes.matchesIgnoringCase(name, "connection"): takeConnection(value, of: bytes)
        case 13 where bytes.matchesIgnoringCase(name, "if-none-match"): head.ifNoneMatch.append(value)
        case 14 where bytes.matchesIgnoringCase(name, "content-length"):
            guard contentLength == nil, let length = bytes.decimal(value) else { return .badRequest(.contentLength) }
            contentLength = length
        case 17 where bytes.matchesIgnoringCase(name, "transfer-encoding"):
            return takeTransferEncoding(value, of: bytes)
        default: break
        }
        return nil
    }

    private mutating func takeConnection(_ value: Range<Int>, of bytes: Span<UInt8>) {
        var list = ListElements(value)
        while let option = list.next(in: bytes) {
            if bytes.matchesIgnoringCase(option, "close") { wantsClose = true }
            if bytes.matchesIgnoringCase(option, "keep-alive") { wantsKeepAlive = true }
        }
    }

    /// `chunked` alone is understood. After it, nothing may come (RFC 9112 §6.1); before it, what is not known here.
    private mutating func takeTransferEncoding(_ value: Range<Int>, of bytes: Span<UInt8>) -> Refusal? {
        guard !isChunked else { return .badRequest(.transferEncoding) }
        var list = ListElements(value)
        var codings = 0
        var chunked = 0
        var endsInChunked = false
        while let coding = list.next(in: bytes) {
            codings += 1
            endsInChunked = bytes.matchesIgnoringCase(coding, "chunked")
            if endsInChunked { chunked += 1 }
        }
        guard endsInChunked, chunked == 1 else { return .badRequest(.transferEncoding) }
        isChunked = true
        return codings == 1 ? nil : .codingNotImplemented
    }

    /// The head, if its fields go together.
    func finish() -> Result<RequestHead, Refusal> {
        if hosts == 0, head.minorVersion > 0 { return .failure(.badRequest(.host)) }
        if isChunked, contentLength != nil { return .failure(.badRequest(.bothLengths)) }
        if isChunked, head.minorVersion == 0 { return .failure(.badRequest(.transferEncoding)) }
        var head = head
        if isChunked { head.body = .chunked }
        if let contentLength, contentLength > 0 { head.body = .length(contentLength) }
        head.keepAlive = !wantsClose && (head.minorVersion > 0 || wantsKeepAlive)
        // Each may come once. Without a clear range the whole is sent, which is always right.
        if ranges > 1 || ifRanges > 1 { head.range = nil }
        return .success(head)
    }
}

extension Refusal: Error {}

/// The elements of a comma-separated list without blanks and without empty ones (RFC 9110 §5.6.1).
struct ListElements {
    private var rest: Range<Int>

    init(_ value: Range<Int>) { rest = value }

    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        while !rest.isEmpty {
            let end = bytes.firstIndex(of: UInt8(ascii: ","), in: rest) ?? rest.upperBound
            let element = bytes.trimmed(rest.lowerBound..<end)
            rest = min(end + 1, rest.upperBound)..<rest.upperBound
            if !element.isEmpty { return element }
        }
        return nil
    }
}
