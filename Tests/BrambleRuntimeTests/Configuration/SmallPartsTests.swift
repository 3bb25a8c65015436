import Testing

@testable import BrambleRuntime

struct DurationTextTests {
    @Test(
        "durations are read with their unit",
        arguments: [
            ("20ms", 20_000_000), ("20 ms", 20_000_000), ("1s", 1_000_000_000), ("1.5s", 1_500_000_000),
            ("0.01s", 10_000_000), ("2min", 120_000_000_000), ("1.000001s", 1_000_001_000),
        ])
    func reads(text: String, nanoseconds: Int64) {
        #expect(DurationText.read(text) == .nanoseconds(nanoseconds))
    }

    @Test(
        "anything else is no duration",
        arguments: [
            "", "20", "ms", "-1s", "+1s", "1.s", ".5s", "1..5s", "1.5.5s", "1h", "1S", "99999999999s", "1e3s", "٣s",
        ])
    func refuses(text: String) {
        #expect(DurationText.read(text) == nil)
    }

    @Test(
        "what is written is read back the same",
        arguments: [1, 2, 9, 10, 99, 100, 101, 110, 150, 4000, 4095] as [UInt16])
    func roundTrips(centiseconds: UInt16) {
        let text = DurationText.write(centiseconds: centiseconds)
        #expect(DurationText.read(text) == .milliseconds(Int(centiseconds) * 10))
    }
}

struct NearestNameTests {
    @Test(
        "a slip of the fingers is recognised",
        arguments: [
            ("adresses", "addresses"), ("prot", "port"), ("Router-ID", "router_id"), ("intervall", "interval"),
        ])
    func finds(name: String, expected: String) {
        #expect(NearestName.find(name, among: ["addresses", "port", "router_id", "interval"]) == expected)
    }

    @Test("what is like nothing gets no suggestion", arguments: ["colour", "", "xyz"])
    func findsNothing(name: String) {
        #expect(NearestName.find(name, among: ["addresses", "port", "router_id"]) == nil)
    }

    @Test("the distance counts additions, removals, changes and swaps")
    func distances() {
        let cases = [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("port", "prot", 1)]
        for (left, right, expected) in cases {
            #expect(NearestName.distance(Array(left.utf8), Array(right.utf8)) == expected)
        }
    }
}

struct KeyLocatorTests {
    @Test("tables, keys and elements are found, whatever the text around them looks like")
    func locates() {
        let locator = KeyLocator(
            """
            # [http]
            [node]          # one
            name = "a # b"  # port = 1
            data = '''
            [http]
            port = 1
            '''

            [ http ]
            "port" = 3
            addresses = [   # [1]
                "a", "]",

                "c" ]
            floating.inner = { a = 1, b = [1,
              2] }
            """)
        let expected = [
            "node": 2, "node.name": 3, "node.data": 4, "http": 9, "http.port": 10, "http.addresses": 11,
            "http.addresses[0]": 12, "http.addresses[1]": 12, "http.addresses[2]": 14, "http.floating": 15,
            "http.floating.inner.b[1]": 16, "http.nothing": 9,
        ]
        for (path, line) in expected { #expect(locator.line(of: path) == line, "\(path)") }
        #expect(locator.line(of: "nothing.at.all") == nil)
    }

    @Test(
        "a text cut anywhere is read to its end",
        arguments: [
            "[", "a", "a =", "a = [", "a = {", "a = {b", "a = \"", "a = \"\\", "a = '''", "=", "]", "}", "a = ]", "[[[",
            "\"", "a = {,}", ".", "a = [}", "a = {]",
        ])
    func survives(text: String) {
        #expect(KeyLocator(text).line(of: "missing") == nil)
    }
}
