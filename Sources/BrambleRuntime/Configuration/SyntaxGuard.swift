/// Keeps texts from the parser that it would end the process on instead of refusing them.
///
/// toml++ 3.4.0 fails an assertion on a `}` where a list's element should be, on a table's name that begins with
/// something other than a letter of ASCII, a digit, `_`, `-` or a quote, and on what begins like a date or time and is
/// none, such as an IPv6 address without quotes. No setting is a date: all of them are refused here. Beside that, in every valid TOML text the brackets outside
/// of strings and comments match and names begin so; in an invalid one this reads as the parser does up to the first
/// error, which is as far as the parser gets.
struct SyntaxGuard {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// The first place that must not get to the parser; nil if there is none.
    static func firstError(in text: String) -> TOMLDocument.SyntaxError? {
        var check = SyntaxGuard(bytes: Array(text.utf8))
        return check.firstError()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private mutating func firstError() -> TOMLDocument.SyntaxError? {
        var open: [UInt8] = []
        var isHeader = false
        var isLineStart = true
        var isValueNext = false
        while let byte = current {
            if isValueNext, Self.beginsNumber(byte), isTime { return error("a date, time or address lacks its quotes") }
            switch byte {
            case UInt8(ascii: "["):
                if isLineStart, open.isEmpty {
                    guard isHeaderGood else { return error("a table's name must stand in the brackets") }
                    isHeader = true
                }
                open.append(byte)
            case UInt8(ascii: "{"): open.append(byte)
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // The closing brackets stand two after the opening ones in ASCII.
                if let last = open.popLast(), last != byte - 2 {
                    return error("a list ends with ], a table in braces with }")
                }
            case UInt8(ascii: "#"): skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
            default: break
            }
            isValueNext = Self.isValueNext(
                after: byte, isValueNext, isInList: !isHeader && open.last == UInt8(ascii: "["))
            isHeader = isHeader && byte != UInt8(ascii: "\n")
            isLineStart = byte == UInt8(ascii: "\n") || (isLineStart && Self.isBlank(byte))
            if !Self.isSkipped(byte) { advance() }
        }
        return nil
    }

    /// Whether what follows `[` or `[[` here begins a name, or is an error that the parser refuses itself.
    private var isHeaderGood: Bool {
        var rest = bytes[(position + 1)...]
        if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst() }
        guard let byte = rest.first(where: { !Self.isBlank($0) }) else { return true }
        return KeyLocator.isBareKey(byte) && byte < 0x80 || [0x22, 0x27, 0x5D].contains(byte)
    }

    /// Whether the bare value that begins here is a date or time, or begins like one.
    private var isTime: Bool {
        let ends = Array(" \t\r\n,]}#".utf8)
        let value = bytes[position...].prefix { !ends.contains($0) }
        if value.contains(UInt8(ascii: ":")) { return true }
        // A hyphen belongs to a number at its beginning and after the e of an exponent.
        return value.indices.dropFirst().contains { index in
            value[index] == UInt8(ascii: "-") && value[index - 1] | 0x20 != UInt8(ascii: "e")
        }
    }

    private static func isValueNext(after byte: UInt8, _ wasNext: Bool, isInList: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "="): true
        case UInt8(ascii: "["), UInt8(ascii: ","): isInList
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "#"): wasNext
        default: false
        }
    }

    private static func beginsNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte)
    }

    private func error(_ reason: String) -> TOMLDocument.SyntaxError {
        TOMLDocument.SyntaxError(line: line, reason: reason)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Whether reading what this begins has moved on already.
    private static func isSkipped(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private mutating func skipComment() {
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
    }

    private mutating func skipString(_ quote: UInt8) {
        let isLong = isTriple(quote)
        advance(isLong ? 3 : 1)
        while let byte = current {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance(2)
            } else if byte == quote, !isLong {
                return advance()
            } else if byte == quote, isTriple(quote) {
                advance(3)
                // Up to two quotes may belong to the text, right before the end.
                for _ in 0..<2 where current == quote { advance() }
                return
            } else if byte == UInt8(ascii: "\n"), !isLong {
                return
            } else {
                advance()
            }
        }
    }

    private func isTriple(_ quote: UInt8) -> Bool {
        position + 2 < bytes.count && bytes[position...(position + 2)].allSatisfy { $0 == quote }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }
}
