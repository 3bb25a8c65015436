import Testing

@testable import Releases

struct ManifestTests {
    static let zeros = String(repeating: "0", count: 64)

    private func entry(_ path: String, _ content: String = "") -> Manifest.Entry {
        Manifest.Entry(path: path, object: ObjectID(hashing: Array(content.utf8)), size: UInt64(content.utf8.count))
    }

    @Test("a manifest is a text that a person can read, and its hash is the release's name")
    func golden() throws {
        let manifest = try Manifest(entries: [entry("index.html", "foo"), entry("css/site.css", "test")])
        let text = """
            bramble-manifest 1 entries 2
            9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 4 css/site.css
            2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae 3 index.html

            """
        #expect(String(decoding: manifest.encoded, as: UTF8.self) == text)
        #expect(manifest.id.description == "72cf26be718e5a6c6a738967f9dbca1259a871d0edb17ffb7ab7cfb0bbc2420c")
        #expect(manifest.totalSize == 7)
    }

    @Test("what was encoded decodes to the same, in whatever order the files came")
    func roundTrip() throws {
        let entries = ["b", "a/b/c", "a.html", "ü/ñ 漢.html", "a b ", "x\ny", "back\\slash", "\u{202E}lmth.x"].map {
            entry($0, $0)
        }
        let manifest = try Manifest(entries: entries)
        #expect(try Manifest(decoding: manifest.encoded) == manifest)
        #expect(try Manifest(entries: entries.reversed()).encoded == manifest.encoded)
    }

    @Test("a release without files has an encoding, too")
    func empty() throws {
        let manifest = try Manifest(entries: [])
        #expect(try Manifest(decoding: manifest.encoded) == manifest)
    }

    @Test("paths that differ in their bytes only are two paths")
    func normalisation() throws {
        let composed = entry("caf\u{E9}.html", "1")
        let decomposed = entry("cafe\u{301}.html", "1")
        #expect(composed != decomposed)
        let manifest = try Manifest(entries: [composed, decomposed])
        #expect(manifest.entries.count == 2)
        #expect(try Manifest(decoding: manifest.encoded) == manifest)
    }

    @Test(
        "odd bytes in a path are escaped",
        arguments: [
            ("plain/a b~é漢.html", "plain/a b~é漢.html"),
            ("a\nb", "a\\0ab"), ("a\\b", "a\\5cb"), ("\u{7F}", "\\7f"), ("\u{1B}[2J", "\\1b[2J"),
            ("\u{85}", "\\c2\\85"), ("\u{202E}x", "\\e2\\80\\aex"), ("\u{2028}", "\\e2\\80\\a8"),
        ])
    func escapes(path: String, escaped: String) throws {
        #expect(String(decoding: EscapedPath.escape(path), as: UTF8.self) == escaped)
        #expect(try EscapedPath.unescape(Array(escaped.utf8)[...]).get() == path)
    }

    @Test(
        "a manifest that breaks a rule is refused, with the line",
        arguments: [
            ("", 1, .badHeader),
            ("<html>\n", 1, .badHeader),
            ("bramble-manifest 1 entries 0", 1, .badHeader),
            ("bramble-manifest 2 entries 0\n", 1, .unknownVersion),
            ("bramble-manifest\n", 1, .unknownVersion),
            ("bramble-manifest 1\n", 1, .badHeader),
            ("bramble-manifest 1 entries -1\n", 1, .badHeader),
            ("bramble-manifest 1 entries 00\n", 1, .badHeader),
            ("bramble-manifest 1 entries 100001\n", 1, .tooManyEntries),
            ("bramble-manifest 1 entries 99999999999999999999\n", 1, .badHeader),
            ("bramble-manifest 1 entries 1\n", 1, .wrongCount),
            ("bramble-manifest 1 entries 0\n\(zeros) 0 a\n", 2, .wrongCount),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a", 2, .badEnd),
            ("bramble-manifest 1 entries 1\n\n", 2, .badLine),
            ("bramble-manifest 1 entries 1\n\(zeros) 0\n", 2, .badLine),
            ("bramble-manifest 1 entries 1\n\(zeros.dropLast()) 0 a\n", 2, .badHash),
            ("bramble-manifest 1 entries 1\nA\(zeros.dropLast()) 0 a\n", 2, .badHash),
            ("bramble-manifest 1 entries 1\n\(zeros)  a\n", 2, .badSize),
            ("bramble-manifest 1 entries 1\n\(zeros) 01 a\n", 2, .badSize),
            ("bramble-manifest 1 entries 1\n\(zeros) +1 a\n", 2, .badSize),
            ("bramble-manifest 1 entries 1\n\(zeros) 9223372036854775808 a\n", 2, .badSize),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a\\\n", 2, .badEscape),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 \\61\n", 2, .badEscape),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 \\0A\n", 2, .badEscape),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a\rb\n", 2, .badEscape),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 \\ff\n", 2, .notUTF8),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 \\00\n", 2, .nulByte),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 /a\n", 2, .absolutePath),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 \n", 2, .emptyComponent),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a//b\n", 2, .emptyComponent),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a/\n", 2, .emptyComponent),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 .\n", 2, .dotComponent),
            ("bramble-manifest 1 entries 1\n\(zeros) 0 a/../b\n", 2, .dotComponent),
            ("bramble-manifest 1 entries 2\n\(zeros) 0 b\n\(zeros) 0 a\n", 3, .unsorted),
            ("bramble-manifest 1 entries 2\n\(zeros) 0 a\n\(zeros) 0 a\n", 3, .duplicate),
        ] as [(String, Int, ManifestError.Reason)])
    func refusals(text: String, line: Int, reason: ManifestError.Reason) {
        #expect(throws: ManifestError(line: line, reason: reason)) { try Manifest(decoding: Array(text.utf8)) }
    }

    @Test("a path of 1024 bytes is the longest")
    func pathLength() throws {
        let longest = String(repeating: "a", count: 1024)
        #expect(try Manifest(decoding: Manifest(entries: [entry(longest)]).encoded).entries.count == 1)
        #expect(throws: ManifestError(line: 2, reason: .pathTooLong)) {
            try Manifest(entries: [entry(longest + "a")])
        }
    }

    @Test("cut off anywhere, a manifest is refused")
    func truncation() throws {
        let encoded = try Manifest(entries: [entry("a", "1"), entry("b/c", "2")]).encoded
        for length in 0..<encoded.count {
            #expect(throws: ManifestError.self) { try Manifest(decoding: Array(encoded.prefix(length))) }
        }
    }

    @Test("whatever decodes is spelt as it would be encoded: a release has one name")
    func oneSpelling() throws {
        let encoded = try Manifest(entries: [entry("a\n", "1"), entry("b/c é", "22"), entry("b\\d", "2")]).encoded
        var accepted = 0
        for index in encoded.indices {
            for byte in UInt8.min...UInt8.max {
                var mutated = encoded
                mutated[index] = byte
                guard let manifest = try? Manifest(decoding: mutated) else { continue }
                accepted += 1
                #expect(manifest.encoded == mutated)
            }
        }
        #expect(accepted > encoded.count)
    }
}
