/// How much of a request is read before it is refused.
struct RequestLimits: Sendable {
    /// The longest request line in bytes; beyond it: 414.
    var requestLine = 8 << 10
    /// The longest head in bytes, request line and final empty line included; beyond it: 431.
    var head = 16 << 10
    /// The most fields; beyond it: 431.
    var fields = 100
}

/// Reads the heads of requests from bytes that arrive in any pieces (RFC 9112 §2–§6), strictly.
///
/// Each byte is looked at once, each line is parsed when its end is there, and what can't become a request is refused
/// at the first byte that shows it. Two readings of the same bytes are how requests are smuggled past a proxy: so line
/// ends are CR LF, nothing is folded, and lengths that contradict each other are refused, not mended.
/// The outcome does not depend on how the bytes were cut.
struct RequestParser {
    enum Outcome: Equatable {
        /// More bytes are needed.
        case incomplete
        /// A whole head; the parser is ready for the next one, which begins `length` bytes further (and after the body).
        case request(RequestHead)
        case refused(Refusal)
    }

    private enum Line {
        case incomplete
        case line(Range<Int>)
        case refused(Refusal)
    }

    private let limits: RequestLimits
    private var fields = FieldReader()
    private var hasRequestLine = false
    /// Where the current line begins, and up to where it has been searched for its end.
    private var lineStart = 0
    private var searched = 0

    init(_ limits: RequestLimits) { self.limits = limits }

    /// Whether a part of a head has been read. An empty line before it does not count.
    var hasBegun: Bool { hasRequestLine || searched > lineStart }

    /// Reads on. `bytes` begin at the head's first byte: those of the call before, and what arrived since.
    mutating func parse(_ bytes: Span<UInt8>) -> Outcome {
        while true {
            switch nextLine(bytes) {
            case .incomplete: return .incomplete
            case .refused(let refusal): return .refused(refusal)
            case .line(let line):
                guard let outcome = take(line, of: bytes) else { continue }
                return outcome
            }
        }
    }

    /// One line more; nil while the head goes on.
    private mutating func take(_ line: Range<Int>, of bytes: Span<UInt8>) -> Outcome? {
        if !hasRequestLine {
            // RFC 9112 §2.2: an empty line before the request is a leftover of the one before.
            if line == 0..<0 { return nil }
            hasRequestLine = true
            if let refusal = fields.head.readRequestLine(line, of: bytes) { return .refused(refusal) }
            return nil
        }
        if !line.isEmpty {
            if let refusal = fields.read(line, of: bytes, limit: limits.fields) { return .refused(refusal) }
            return nil
        }
        switch fields.finish() {
        case .failure(let refusal): return .refused(refusal)
        case .success(var head):
            head.length = lineStart
            self = RequestParser(limits)
            return .request(head)
        }
    }

    /// The next line without its CR LF.
    private mutating func nextLine(_ bytes: Span<UInt8>) -> Line {
        let limit = hasRequestLine ? limits.head : min(limits.head, lineStart + limits.requestLine)
        let end = min(bytes.count, limit)
        var index = searched
        while index < end, !bytes[index].isControl { index += 1 }
        searched = max(searched, index)
        // A CR whose LF has not arrived is looked at again.
        if index == end || (bytes[index] == UInt8(ascii: "\r") && index + 1 == end) {
            guard end == limit else { return .incomplete }
            return .refused(hasRequestLine ? .headTooLong : .requestLineTooLong)
        }
        guard bytes[index] == UInt8(ascii: "\r") else {
            return .refused(.badRequest(bytes[index] == UInt8(ascii: "\n") ? .lineEnd : .control))
        }
        guard bytes[index + 1] == UInt8(ascii: "\n") else { return .refused(.badRequest(.lineEnd)) }
        let line = lineStart..<index
        lineStart = index + 2
        searched = lineStart
        return .line(line)
    }
}
