import Testing
import Wire

@testable import BrambleRuntime

struct HostileConfigurationTests {
    /// What TOML has and a configuration does not need.
    private static let everyKind = Array(
        """

        [other.'quoted'."x"]
        a.b = { c = [1.5e3, 0x1F, -inf, nan, 1_000], e = { } }
        long = \"""\\u00e9 one \\
           two\"""
        raw = '''it's'''
        [[array.of.tables]]
        n = [ [ 1, 2 ], [ "a" ], { x = 0b1 } ]

        """.utf8)

    @Test(
        "a damaged file is read to an outcome with its reasons, whatever the damage", arguments: 0..<8 as Range<UInt64>)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let original =
            Array(try TestFiles.read(ConfigurationCaseTests.directory + "/everything.toml").utf8) + Self.everyKind
        for _ in 0..<200 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            let reading = Configuration.read(text, file: "f", hostName: "pi")
            let hasErrors = reading.problems.contains { $0.severity == .error }
            #expect(hasErrors == (reading.configuration == nil))
            let lineCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            #expect(reading.problems.allSatisfy { (1...lineCount).contains($0.line ?? 1) })
            let key = "000102030405060708090a0b"
            #expect(reading.problems.allSatisfy { !$0.description.contains(key) || !text.contains("key = \"\(key)") })
        }
    }

    @Test(
        "what would end the process is refused before the parser sees it",
        arguments: [
            "[\n", "[[\n]]", "[.a]", "[=]", "[ö]", "[ [a] ]", "\u{FEFF}[é]", " [#]", "[a]\n[+", "a = 07:x",
            "a = [2001:db8::1]", "a = { b = 1979-05-27 }", "a = 1979-x", "a = [\n  1,\n  10:\n]", "a = [}", "a = [1, }",
            "a = [[1], }]", "a = {b = [}", "# [\na = [\n}", "a = \"\"\"x\"\"\"\"\"\nb = [}",
        ])
    func mismatchedBrackets(text: String) {
        #expect(SyntaxGuard.firstError(in: text) != nil)
        #expect(Configuration.read(text, file: "f", hostName: "pi").configuration == nil)
    }

    @Test(
        "brackets in strings and comments are nothing to match",
        arguments: [
            "a = \"[}\"", "a = [1e-3, -5, +1.5E-2]", "1979-05 = 1", "[2001-a]", "[[2001-a]]\n1-2 = '1:2'",
            "a = '[}' # [}", "a = \"\\\"[}\"", "a = \"\"\"\n[}\"\"\"", "a = '''[}'''",
            "a = [{b = 1}, {c = []}]",
            "[[a]]\nb = []", "[ a ]", "[[ 'a' ]]", "[\"ö\"]", "\u{FEFF}[a]\n[b]", "a = [\n [ 1 ],\n [\n]]",
            "a = \"\"\"[}\"\"\"\"\"\n", "a = \"\"\nb = []",
        ])
    func matchedBrackets(text: String) throws {
        #expect(SyntaxGuard.firstError(in: text) == nil)
        #expect(throws: Never.self) { try TOMLDocument(text) }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let marks = Array("[]{}\"'=,.#\n\\0a ".utf8) + [0x00, 0xC3, 0xFF, 0x1B]
        let mark = marks[Int.random(in: 0..<marks.count, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = mark
        case 1: bytes.insert(mark, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 40))
        }
    }
}
