/// Finds the line of each table, key and array element in the text of a TOML file.
///
/// The parser tells lines only for errors of syntax. This reads a text that the parser has already accepted, so it may
/// be lenient: where it is mistaken, a message names a neighbouring line.
struct KeyLocator {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lines: [String: Int] = [:]

    init(_ text: String) {
        bytes = Array(text.utf8)
        // Some editors begin a file with a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        readDocument()
    }

    /// The line of a path such as `floating.addresses[1]`, or of the nearest thing around it; nil if there is none.
    func line(of path: String) -> Int? {
        var path = path[...]
        while true {
            if let line = lines[String(path)] { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<end]
        }
    }

    private mutating func readDocument() {
        var table: [String] = []
        skipBlank(withLines: true)
        while let byte = current {
            if byte == UInt8(ascii: "[") {
                while current == UInt8(ascii: "[") { advance() }
                let start = line
                table = readKey()
                note(table, at: start)
                skipLine()
            } else {
                readPair(in: table)
            }
            skipBlank(withLines: true)
        }
    }

    /// Reads `key = value`; always moves on by at least a byte.
    private mutating func readPair(in table: [String]) {
        let start = line
        let before = position
        let path = table + readKey()
        for count in table.count..<path.count { note(Array(path[...count]), at: start) }
        skipBlank(withLines: false)
        if current == UInt8(ascii: "=") { advance() }
        skipBlank(withLines: false)
        readValue(at: path.joined(separator: "."))
        if position == before { advance() }
    }

    private mutating func readValue(at path: String) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString()
        case UInt8(ascii: "["): readArray(at: path)
        case UInt8(ascii: "{"): readInlineTable(at: path)
        default:
            while let byte = current, !Self.endsBareValue(byte) { advance() }
        }
    }

    private mutating func readArray(at path: String) {
        advance()
        var index = 0
        skipBlank(withLines: true)
        while let byte = current, byte != UInt8(ascii: "]") {
            let before = position
            note("\(path)[\(index)]", at: line)
            readValue(at: "\(path)[\(index)]")
            skipBlank(withLines: true)
            if current == UInt8(ascii: ",") { advance() }
            skipBlank(withLines: true)
            if position == before { advance() }
            index += 1
        }
        advance()
    }

    private mutating func readInlineTable(at path: String) {
        advance()
        skipBlank(withLines: true)
        while let byte = current, byte != UInt8(ascii: "}") {
            readPair(in: [path])
            skipBlank(withLines: true)
            if current == UInt8(ascii: ",") { advance() }
            skipBlank(withLines: true)
        }
        advance()
    }

    /// Reads a bare, quoted or dotted key.
    private mutating func readKey() -> [String] {
        var parts: [String] = []
        while true {
            skipBlank(withLines: false)
            let start = position
            if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
                skipString()
                parts.append(String(decoding: bytes[start..<position].dropFirst().dropLast(), as: UTF8.self))
            } else {
                while let byte = current, Self.isBareKey(byte) { advance() }
                parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
            }
            skipBlank(withLines: false)
            guard current == UInt8(ascii: ".") else { return parts }
            advance()
        }
    }

    /// Skips a string of one line or of several.
    private mutating func skipString() {
        guard let quote = current else { return }
        let isEscaping = quote == UInt8(ascii: "\"")
        let isLong = position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        while let byte = current {
            if byte == UInt8(ascii: "\\"), isEscaping {
                advance()
                advance()
            } else if byte == quote, !isLong || isEndOfLongString(quote) {
                for _ in 0..<(isLong ? 3 : 1) { advance() }
                // A long string may end in up to two quotes of its own.
                while isLong, current == quote { advance() }
                return
            } else {
                advance()
            }
        }
    }

    private func isEndOfLongString(_ quote: UInt8) -> Bool {
        position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
    }

    private mutating func skipBlank(withLines: Bool) {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): advance()
            case UInt8(ascii: "\n") where withLines: advance()
            case UInt8(ascii: "#"): while let byte = current, byte != UInt8(ascii: "\n") { advance() }
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        guard position < bytes.count else { return }
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func note(_ path: [String], at line: Int) { note(path.joined(separator: "."), at: line) }

    private mutating func note(_ path: String, at line: Int) {
        if lines[path] == nil { lines[path] = line }
    }

    static func isBareKey(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber
    }

    private static func endsBareValue(_ byte: UInt8) -> Bool {
        [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "\n")].contains(byte)
    }
}
