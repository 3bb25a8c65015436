import Testing

@testable import BrambleRuntime

/// Each rendering is compared with a file in `Snapshots/`; `BRAMBLE_RECORD=1` writes them anew.
struct StatusRendererTests {
    static let directory = "\(#filePath)".droppingLastComponent + "/Snapshots"

    static let cases: [(name: String, report: StatusReport, shape: TerminalShape)] = [
        ("healthy", SampleReports.healthy, TerminalShape()),
        ("healthy-in-colour", SampleReports.healthy, TerminalShape(hasColour: true)),
        ("healthy-narrow", SampleReports.healthy, TerminalShape(width: 50)),
        ("leaderless", SampleReports.leaderless, TerminalShape()),
        ("leaderless-in-colour", SampleReports.leaderless, TerminalShape(width: 80, hasColour: true)),
        ("spread", SampleReports.spread, TerminalShape(width: 120)),
        ("outsider", SampleReports.outsider, TerminalShape()),
        ("bare", SampleReports.bare, TerminalShape(width: 60)),
        (
            "waiting",
            StatusBuilder.waiting(
                ["bramble.toml:5: [floating] interval = \"5ms\": must be 10 ms to 40.95 s"],
                Configuration(nodeName: "pi-oak")), TerminalShape()
        ),
    ]

    @Test("each report looks as it should", arguments: cases.map(\.name))
    func matches(name: String) throws {
        let sample = try #require(Self.cases.first { $0.name == name })
        let text = StatusRenderer(sample.report, shape: sample.shape).text
        let shown = text.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "␛")
        let path = "\(Self.directory)/\(name).txt"
        if TestFiles.isRecording { try TestFiles.write(shown, to: path) }
        #expect(try shown == TestFiles.read(path))
    }

    @Test("no line is wider than the terminal", arguments: [40, 50, 64, 80, 200])
    func fits(width: Int) {
        for sample in Self.cases {
            let lines = StatusRenderer(sample.report, shape: TerminalShape(width: width)).lines
            #expect(lines.allSatisfy { $0.count <= width }, "\(sample.name)")
        }
    }

    @Test("the first line names the leader, what it holds, and how many live")
    func headline() {
        let lines = StatusRenderer(SampleReports.healthy, shape: TerminalShape()).lines
        #expect(lines.first == "leader: pi-oak (192.168.1.21) holds 192.168.1.250, 3 nodes alive")
    }

    @Test(
        "colours are for terminals whose user has nothing against them",
        arguments: [
            ([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true), (["TERM": "dumb"], false),
            (["TERM": "xterm"], true),
        ])
    func colour(environment: [String: String], expected: Bool) {
        #expect(TerminalShape.wantsColour { environment[$0] } == expected)
    }

    @Test("what is no terminal gets no colour")
    func noTerminal() throws {
        let directory = try TemporaryDirectory()
        try TestFiles.write("", to: directory.file("out"))
        #expect(TerminalShape.of(descriptor: -1) == TerminalShape())
    }

    @Test("a frame writes over the last one, and cuts what does not fit")
    func frames() {
        #expect(ScreenFrame.draw(["a", "b"], height: 5) == "\u{1B}[Ha\u{1B}[K\r\nb\u{1B}[K\u{1B}[J")
        let cut = ScreenFrame.draw(["a", "b", "c", "d"], height: 3)
        #expect(cut == "\u{1B}[Ha\u{1B}[K\r\nb\u{1B}[K\r\n… 2 more lines\u{1B}[K\u{1B}[J")
    }
}

struct PlainNumberTests {
    @Test(
        "durations are said in two units at most",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (90_000, "1 d 1 h"),
        ] as [(UInt64, String)])
    func durations(seconds: UInt64, text: String) {
        #expect(PlainNumbers.duration(seconds: seconds) == text)
    }

    @Test(
        "sizes are said in powers of ten",
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (99_949, "99.9 kB"),
            (345_678, "345 kB"), (1_000_000, "1.0 MB"), (.max, "18446744 TB"),
        ] as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) {
        #expect(PlainNumbers.size(bytes) == text)
    }

    @Test("text is broken between words, and a word too long is cut")
    func wraps() {
        #expect(LineWrap.lines(of: "one two three", width: 9, indent: 2) == ["one two", "  three"])
        #expect(LineWrap.lines(of: "abcdefghijkl m", width: 6, indent: 2) == ["abcde…", "  m"])
    }
}
