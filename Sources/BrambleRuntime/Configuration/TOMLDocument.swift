internal import TOMLKit

/// A TOML value, free of the parser that read it.
indirect enum TOMLNode: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case time
    case array([TOMLNode])
    case table([String: TOMLNode])

    /// Its kind, for people.
    var kind: String {
        switch self {
        case .string: "a text"
        case .integer: "a whole number"
        case .number: "a number with a fraction"
        case .boolean: "true or false"
        case .time: "a date or time"
        case .array: "a list"
        case .table: "a table"
        }
    }

    /// The value as it may stand in the file; cut if it is long. Nil for tables and times.
    var text: String? {
        switch self {
        case .string(let text): Self.quoted(text)
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        case .array(let elements): Self.list(elements)
        case .time, .table: nil
        }
    }

    private static func list(_ elements: [TOMLNode]) -> String? {
        let texts = elements.compactMap(\.text)
        guard texts.count == elements.count else { return nil }
        let text = "[\(texts.joined(separator: ", "))]"
        return text.count <= 60 ? text : "[…]"
    }

    /// A text in quotes, with whatever a terminal might obey made visible.
    static func quoted(_ text: String, limit: Int = 60) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(limit) {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted += VisibleText.of(String(scalar))
        }
        return quoted + (text.unicodeScalars.count > limit ? "…\"" : "\"")
    }
}

/// Text from outside, made fit for a terminal.
enum VisibleText {
    /// The text with whatever a terminal might obey made visible.
    static func of(_ text: String) -> String {
        var visible = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                visible += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
            default: visible.unicodeScalars.append(scalar)
            }
        }
        return visible
    }
}

/// A parsed TOML text, and where its keys stand.
struct TOMLDocument {
    /// Why a text is no TOML.
    struct SyntaxError: Error {
        let line: Int?
        let reason: String
    }

    let root: [String: TOMLNode]
    let locator: KeyLocator

    init(_ text: String) throws(SyntaxError) {
        // The parser takes C strings: at a zero byte it would stop and believe the rest is not there.
        if let end = text.utf8.firstIndex(of: 0) {
            let line = text.utf8[..<end].count { $0 == UInt8(ascii: "\n") } + 1
            throw SyntaxError(line: line, reason: "a zero byte stands here: this is no text file")
        }
        if let error = SyntaxGuard.firstError(in: text) { throw error }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw SyntaxError(
                line: error.source.begin.line, reason: "this is no TOML: " + Self.plain(error.description))
        } catch {
            throw SyntaxError(line: nil, reason: "\(error)")
        }
        root = Self.table(table)
        locator = KeyLocator(text)
    }

    /// The parser's reason, on one line.
    private static func plain(_ reason: String) -> String {
        reason.split { $0.isNewline }.joined(separator: " ")
    }

    private static func table(_ table: TOMLTable) -> [String: TOMLNode] {
        var nodes: [String: TOMLNode] = [:]
        for key in table.keys {
            if let value = table[key] { nodes[key] = node(value) }
        }
        return nodes
    }

    private static func node(_ value: any TOMLValueConvertible) -> TOMLNode {
        switch value.type {
        case .string: value.string.map(TOMLNode.string) ?? .time
        case .int: value.int.map { .integer(Int64($0)) } ?? .time
        case .double: value.double.map(TOMLNode.number) ?? .time
        case .bool: value.bool.map(TOMLNode.boolean) ?? .time
        case .table: value.table.map { .table(table($0)) } ?? .time
        case .array: value.array.map { array in .array(array.map { node($0) }) } ?? .time
        case .date, .time, .dateTime: .time
        }
    }
}
