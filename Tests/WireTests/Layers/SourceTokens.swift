/// A word or a sign of Swift source, and the line it stands on.
struct Token: Hashable {
    let text: String
    let line: Int
}

/// Splits Swift source into words and single signs. Comments and the contents of strings are left out; code that is
/// interpolated into a string stays.
struct SourceTokens {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var tokens: [Token] = []

    static func of(_ source: String) -> [Token] {
        var scanner = SourceTokens(source)
        scanner.code(until: nil)
        return scanner.tokens
    }

    private init(_ source: String) { bytes = Array(source.utf8) }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }

    /// Scans code up to the end, or past the bracket that closes an interpolation.
    private mutating func code(until close: UInt8?) {
        var depth = 0
        while let byte = peek() {
            if follows("//") {
                while let next = peek(), next != UInt8(ascii: "\n") { step() }
            } else if follows("/*") {
                blockComment()
            } else if let hashes = stringStart() {
                string(hashes: hashes)
            } else if Self.isWord(byte) {
                word()
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                if close == byte, depth < 0 { return step() }
                if !Self.isBlank(byte) { tokens.append(Token(text: String(UnicodeScalar(byte)), line: line)) }
                step()
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if follows("/*") {
                depth += 1
                step(2)
            } else if follows("*/") {
                depth -= 1
                step(2)
            } else {
                step()
            }
        } while depth > 0 && peek() != nil
    }

    /// The number of hashes before a string that begins here; nil if none does.
    private func stringStart() -> Int? {
        var hashes = 0
        while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
        return peek(hashes) == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        step(hashes)
        let quote = follows("\"\"\"") ? "\"\"\"" : "\""
        step(quote.utf8.count)
        let pounds = String(repeating: "#", count: hashes)
        while peek() != nil {
            if follows(quote + pounds) { return step(quote.utf8.count + hashes) }
            if follows("\\" + pounds + "(") {
                step(hashes + 2)
                code(until: UInt8(ascii: ")"))
            } else if follows("\\" + pounds) {
                step(hashes + 2)
            } else {
                step()
            }
        }
    }

    private mutating func word() {
        let start = position
        while let byte = peek(), Self.isWord(byte) { position += 1 }
        tokens.append(Token(text: String(decoding: bytes[start..<position], as: UTF8.self), line: line))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}
