import Testing
import Wire

@testable import WebServer

@Suite("Request parser against garbage")
struct ParserFuzzTests {
    /// Pieces that mutations are made of: where parsers disagree.
    private static let pieces: [String] = [
        "GET ", "HEAD ", "OPTIONS * ", "/", "/a%2e", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "\r\n", "\r\n\r\n", "\n", "\r",
        " ",
        "\t", ":", ",", "\0", "\u{80}", "\u{ff}", "Host: a", "Host:", "Content-Length: 5", "Content-Length: ",
        "Transfer-Encoding: chunked", "Transfer-Encoding:", "Connection: close", "X: y", "http://", "*", "#", "?",
        "99999999999999999999", "[", "]", "@", "%",
    ]
    private static let seeds: [[UInt8]] = RequestParserTests.valid.map { RequestParserTests.latin($0.0) }

    @Test("100,000 mutated requests: none traps, and what is accepted is what a plain reading of the grammar accepts")
    func mutations() throws {
        var random = SeededGenerator(seed: 0x6272_616d_626c_65)
        let limits = RequestLimits(requestLine: 200, head: 300, fields: 6)
        var accepted = 0
        for _ in 0..<100_000 {
            let bytes = Self.input(&random)
            let outcome = Self.feed(bytes, limits, &random)
            let reference = StrictGrammar.reads(bytes, limits)
            if case .request(let head) = outcome {
                accepted += 1
                if reference != head.length {
                    Issue.record("accepted: \(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
                }
            } else if let reference {
                Issue.record(
                    "not accepted (\(reference)): \(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
            }
        }
        #expect(accepted > 1000, "the mutations must leave something valid, or nothing is tested")
        #expect(accepted < 90_000)
    }

    private static func input(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
        if UInt8.random(in: 0..<20, using: &random) == 0 {
            bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0:
                let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
                bytes.insert(contentsOf: RequestParserTests.latin(piece), at: at)
            case 1 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 2 where at < bytes.count:
                bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...4, using: &random)))
            default:
                let end = min(bytes.count, at + Int.random(in: 0...30, using: &random))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            }
        }
        return bytes
    }

    private static func feed(
        _ bytes: [UInt8], _ limits: RequestLimits, _ random: inout SeededGenerator
    ) -> RequestParser.Outcome {
        var parser = RequestParser(limits)
        var count = 0
        while true {
            count = min(bytes.count, count + Int.random(in: 1...80, using: &random))
            let outcome = parser.parse(Array(bytes[..<count]).span)
            if outcome != .incomplete || count == bytes.count { return outcome }
        }
    }
}

/// RFC 9112 read a second time, slowly and in another way: whole lines of text instead of one pass over bytes.
enum StrictGrammar {
    /// The length of the head, or nil if there is no valid one at the beginning of `bytes`.
    static func reads(_ bytes: [UInt8], _ limits: RequestLimits) -> Int? {
        let start = bytes.starts(with: [13, 10]) ? 2 : 0
        guard
            let end = (start..<max(start, bytes.count - 3)).first(where: {
                bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10])
            })
        else { return nil }
        // Latin-1 as scalars: one for each byte.
        let text = bytes[start..<end].map { Character(UnicodeScalar($0)) }
        var lines: [[Character]] = [[]]
        var index = 0
        while index < text.count {
            if text[index] == "\r", index + 1 < text.count, text[index + 1] == "\n" {
                lines.append([])
                index += 2
            } else {
                lines[lines.count - 1].append(text[index])
                index += 1
            }
        }
        guard end + 4 <= limits.head, lines[0].count + 2 <= limits.requestLine, lines.count - 1 <= limits.fields else {
            return nil
        }
        guard lines.allSatisfy({ $0.allSatisfy(isText) }) else { return nil }
        guard let version = requestLine(lines[0]), fields(lines.dropFirst(), version) else { return nil }
        return end + 4
    }

    private static func isText(_ character: Character) -> Bool {
        guard let byte = character.unicodeScalars.first?.value else { return false }
        return byte == 9 || (byte >= 32 && byte != 127)
    }

    private static let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    private static let hosts = Set("-._~!$%&'()*+,;=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    private static let digits = Set("0123456789")

    private static func requestLine(_ line: [Character]) -> Character? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(tokens.contains) else { return nil }
        let target = String(parts[1])
        guard !target.isEmpty, target.allSatisfy({ $0 > " " && $0 <= "~" && $0 != "#" && $0.isASCII }) else {
            return nil
        }
        let version = parts[2]
        guard version.count == 8, String(version[..<7]) == "HTTP/1.", digits.contains(version[7]) else { return nil }
        switch String(parts[0]) {
        case "CONNECT": guard target.contains(":"), isAuthority(target) else { return nil }
        case let method:
            if target.hasPrefix("/") || (target == "*" && method == "OPTIONS") { break }
            let lower = target.lowercased()
            guard let scheme = ["http://", "https://"].first(where: lower.hasPrefix) else { return nil }
            let authority = target.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            guard !authority.isEmpty, isAuthority(String(authority)) else { return nil }
        }
        return version[7]
    }

    private static func isAuthority(_ text: String) -> Bool {
        var rest = Substring(text)
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return false }
            let inside = rest[rest.index(after: rest.startIndex)..<close]
            guard !inside.isEmpty, inside.allSatisfy({ hosts.contains($0) || $0 == ":" }) else { return false }
            rest = rest[rest.index(after: close)...]
        } else {
            rest = rest.drop(while: hosts.contains)
        }
        if rest.isEmpty { return true }
        return rest.first == ":" && rest.dropFirst().allSatisfy(digits.contains) && rest.count <= 6
    }

    private static func fields(_ lines: ArraySlice<[Character]>, _ version: Character) -> Bool {
        var values: [String: [String]] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > 0, line[..<colon].allSatisfy(tokens.contains) else {
                return false
            }
            var value = line[(colon + 1)...]
            while let last = value.last, last == " " || last == "\t" { value.removeLast() }
            while let first = value.first, first == " " || first == "\t" { value.removeFirst() }
            values[String(line[..<colon]).lowercased(), default: []].append(String(value))
        }
        let hosts = values["host"] ?? []
        guard hosts.count <= 1, version == "0" || hosts.count == 1, hosts.allSatisfy(isAuthority) else { return false }
        let lengths = values["content-length"] ?? []
        guard lengths.count <= 1, lengths.allSatisfy({ $0.allSatisfy(digits.contains) && UInt64($0) != nil }) else {
            return false
        }
        let codings = values["transfer-encoding"] ?? []
        guard codings.count <= 1 else { return false }
        guard let coding = codings.first else { return true }
        let names = coding.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
        let named = names.filter { !$0.isEmpty }.map { name in
            String(name.reversed().drop { $0 == " " || $0 == "\t" }.reversed()).lowercased()
        }
        return named == ["chunked"] && lengths.isEmpty && version != "0"
    }
}
