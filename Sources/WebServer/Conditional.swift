/// What the preconditions of a GET or HEAD say of a file with a strong entity tag (RFC 9110 §13).
///
/// Dates play no part: a file here has no time of last change, so fields with one are ignored (§13.1.3, §13.1.4).
enum Conditional: Equatable {
    case proceed
    /// 304
    case notModified
    /// 412
    case failed

    /// The order is that of RFC 9110 §13.2.2. `etag` has its quotes.
    init(_ head: RequestHead, of bytes: Span<UInt8>, etag: [UInt8]) {
        if !head.ifMatch.isEmpty, !Self.names(etag, in: head.ifMatch, of: bytes, weakly: false) {
            self = .failed
        } else if !head.ifNoneMatch.isEmpty, Self.names(etag, in: head.ifNoneMatch, of: bytes, weakly: true) {
            self = .notModified
        } else {
            self = .proceed
        }
    }

    /// Whether a `Range` counts: there is no `If-Range`, or it has this very entity tag (§13.1.5: strong comparison).
    static func allowsRange(_ head: RequestHead, of bytes: Span<UInt8>, etag: [UInt8]) -> Bool {
        guard let condition = head.ifRange else { return true }
        return equal(condition, of: bytes, etag)
    }

    private static func names(
        _ etag: [UInt8], in values: [Range<Int>], of bytes: Span<UInt8>, weakly: Bool
    ) -> Bool {
        for value in values where names(etag, in: value, of: bytes, weakly: weakly) { return true }
        return false
    }

    /// Whether `*` or a list of entity tags names this one. What comes after a malformed tag does not count.
    private static func names(_ etag: [UInt8], in value: Range<Int>, of bytes: Span<UInt8>, weakly: Bool) -> Bool {
        if bytes.matches(value, "*") { return true }
        var index = value.lowerBound
        while index < value.upperBound {
            if bytes[index].isBlank || bytes[index] == UInt8(ascii: ",") {
                index += 1
                continue
            }
            let isWeak = index + 2 <= value.upperBound && bytes.matches(index..<index + 2, "W/")
            let start = isWeak ? index + 2 : index
            guard let end = endOfTag(start..<value.upperBound, of: bytes) else { return false }
            if weakly || !isWeak, equal(start..<end, of: bytes, etag) { return true }
            index = end
        }
        return false
    }

    /// The end of the quoted tag that the range begins with, if a comma or nothing comes after it.
    private static func endOfTag(_ range: Range<Int>, of bytes: Span<UInt8>) -> Int? {
        let quote = UInt8(ascii: "\"")
        guard !range.isEmpty, bytes[range.lowerBound] == quote,
            let close = bytes.firstIndex(of: quote, in: range.lowerBound + 1..<range.upperBound)
        else { return nil }
        let rest = bytes.trimmed(close + 1..<range.upperBound)
        return rest.isEmpty || bytes[rest.lowerBound] == UInt8(ascii: ",") ? close + 1 : nil
    }

    private static func equal(_ range: Range<Int>, of bytes: Span<UInt8>, _ etag: [UInt8]) -> Bool {
        guard range.count == etag.count else { return false }
        for offset in 0..<etag.count where bytes[range.lowerBound + offset] != etag[offset] { return false }
        return true
    }
}
