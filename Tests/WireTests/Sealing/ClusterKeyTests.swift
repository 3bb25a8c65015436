import Testing
@testable import Wire

@Suite("Cluster keys")
struct ClusterKeyTests {
    /// The bytes 0 to 31. Its texts were computed by an implementation in another language.
    private static let counting = ClusterKey(bytes: Array(0..<32))
    private static let text = "bramble-key-aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp7uqj3"

    @Test("the text, the fingerprint and the hint of a key are fixed")
    func vectors() throws {
        let key = try #require(Self.counting)
        #expect(key.text == Self.text)
        #expect(key.fingerprint == "8d50-d458-c55f-54e1")
        #expect(key.hint == 0x4436_D05E)
    }

    @Test(
        "a key is read from its text, in capitals, between blanks, and from 64 hexadecimal digits",
        arguments: [
            text, text.uppercased(), "  \(text)\r\n",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            " 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n",
        ])
    func accepted(text: String) throws { #expect(try ClusterKey(text) == Self.counting) }

    @Test("every key is read back from its text")
    func roundTrip() throws {
        for number in 0..<100 as Range<UInt64> {
            let key = Bench.key(number)
            #expect(try ClusterKey(key.text) == key)
            #expect(ClusterKey(bytes: key.bytes) == key)
        }
    }

    @Test(
        "what is wrong with a key is named",
        arguments: [
            ("", .missingPrefix),
            ("bramble", .missingPrefix),
            ("bramble-kez-\(text.dropFirst(12))", .missingPrefix),
            ("00010203", .missingPrefix),
            ("g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", .missingPrefix),
            ("bramble-key-", .wrongLength(found: 0, expected: 56)),
            (String(text.dropLast()), .wrongLength(found: 55, expected: 56)),
            (text + "a", .wrongLength(found: 57, expected: 56)),
            (text + text, .badCharacter("-", position: 76)),
            ("bramble-key-0\(text.dropFirst(13))", .badCharacter("0", position: 13)),
            ("\(text.dropLast())1", .badCharacter("1", position: 68)),
            ("\(text.dropLast())é", .badCharacter("é", position: 68)),
            ("bramble-key-b\(text.dropFirst(13))", .checksumMismatch),
        ] as [(String, KeyError)])
    func refused(text: String, reason: KeyError) {
        #expect(throws: reason) { try ClusterKey(text) }
        #expect(!reason.description.contains("aaaqeaye"), "the message shows the key")
    }

    @Test("a typing mistake at any place is noticed, and so are two neighbours swapped")
    func mistypes() {
        let characters = Array(Self.text)
        for index in 12..<characters.count {
            var wrong = characters
            wrong[index] = wrong[index] == "z" ? "y" : "z"
            #expect(throws: KeyError.checksumMismatch, "at \(index)") { try ClusterKey(String(wrong)) }
            guard index + 1 < characters.count, characters[index] != characters[index + 1] else { continue }
            var swapped = characters
            swapped.swapAt(index, index + 1)
            #expect(throws: KeyError.checksumMismatch, "at \(index)") { try ClusterKey(String(swapped)) }
        }
    }

    @Test("only 32 bytes make a key", arguments: [0, 31, 33, 64])
    func byteCounts(count: Int) { #expect(ClusterKey(bytes: [UInt8](repeating: 1, count: count)) == nil) }

    @Test("no description of a key, or of what holds one, gives the key away")
    func secrecy() throws {
        let key = try #require(Self.counting)
        var dumped = ""
        dump(key, to: &dumped)
        dump(Keyring(key), to: &dumped)
        let shown = "\(key) \([key]) \(Keyring(key)) \(String(reflecting: key)) " + dumped
        #expect(shown.contains(key.fingerprint))
        #expect(!shown.contains("aaaqeaye"))
        #expect(!shown.contains("17, 18, 19"))
        #expect(!shown.contains("- 31"))
    }

    @Test("generated keys differ")
    func generated() { #expect(ClusterKey.generate() != ClusterKey.generate()) }

    @Test("each error says what to do")
    func errorTexts() {
        #expect("\(KeyError.wrongLength(found: 55, expected: 56))".contains("cut short"))
        #expect("\(KeyError.wrongLength(found: 57, expected: 56))".contains("too long"))
        #expect("\(KeyError.badCharacter("0", position: 13))".contains("\"0\" as character 13"))
        #expect("\(KeyError.checksumMismatch)".contains("typing mistake"))
        #expect("\(KeyError.missingPrefix)".contains("bramble key new"))
        #expect("\(KeyError.noKeys)".contains("at least one"))
    }

    @Test("a keyring keeps its order, counts each key once, and is never empty")
    func keyrings() throws {
        let ring = try Bench.keyring(Bench.key(2), Bench.key(1), Bench.key(2))
        #expect(ring.keys == [Bench.key(2), Bench.key(1)])
        #expect(ring.newest == Bench.key(2))
        #expect(throws: KeyError.noKeys) { try Keyring(newestFirst: []) }
    }
}
