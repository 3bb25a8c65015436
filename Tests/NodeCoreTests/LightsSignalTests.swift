import Glibc
import NodeCore
import Testing
import Wire

@Suite("The table of signals")
struct LightsSignalTests {
    @Test("no two signals look alike, neither on three lights nor on the ACT light")
    func distinct() {
        #expect(Set(SignalTable.rows.map(\.lamps)).count == Signal.allCases.count)
        #expect(Set(SignalTable.rows.map(\.act)).count == Signal.allCases.count)
    }

    @Test("no colour asks a person to tell more than three patterns apart")
    func fewPatterns() {
        let rows = SignalTable.rows.filter { $0.signal != .identify }
        for colour in [\Lamps<Pattern>.green, \.yellow, \.red] {
            #expect(Set(rows.map { $0.lamps[keyPath: colour] }).subtracting([.off]).count <= 3)
        }
    }

    @Test("red is lit for trouble and for nothing else but identify")
    func red() {
        let trouble: Set<Signal> = [
            .duplicateIdentity, .blocked, .addressConflict, .split, .cannotServe, .isolated, .oneWay, .otherVersion,
            .otherKey, .narrow,
        ]
        let lit = Set(SignalTable.rows.filter { $0.lamps.red != .off }.map(\.signal))
        #expect(lit == trouble.union([.identify]))
    }

    @Test("dark means dead: every signal lights something")
    func neverDark() {
        for row in SignalTable.rows {
            #expect(row.act != .off)
            #expect([row.lamps.green, row.lamps.yellow, row.lamps.red].contains { $0 != .off })
        }
    }

    @Test(
        "of several signals that hold, the first by priority is shown",
        arguments: [
            ([.member, .cannotServe], .cannotServe),
            ([.leader, .addressConflict, .duplicateIdentity], .duplicateIdentity),
            ([.draining, .leader], .draining), ([.isolated, .draining], .isolated),
            ([.split, .identify], .identify), ([.alone, .starting], .starting), ([], .starting),
        ] as [([Signal], Signal)])
    func priority(_ holding: [Signal], _ shown: Signal) {
        #expect(Signal.first { holding.contains($0) } == shown)
    }

    @Test("the README prints the table as the code has it")
    func readme() throws {
        let readme = try #require(contents(of: packageFile("README.md")))
        let begin = try #require(readme.range(of: "<!-- signals -->\n"))
        let end = try #require(readme.range(of: "<!-- /signals -->", after: begin.upperBound))
        #expect(readme[begin.upperBound..<end.lowerBound] == SignalTable.markdown)
    }

    /// The path of a file at the package's root.
    private func packageFile(_ name: String, from here: String = #filePath) -> String {
        here.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/" + name
    }

    private func contents(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension String {
    /// Where `text` stands first, at or after `start`.
    fileprivate func range(of text: String, after start: Index? = nil) -> Range<Index>? {
        let rest = self[(start ?? startIndex)...]
        return rest.indices.lazy.filter { rest[$0...].hasPrefix(text) }.first.map { found in
            found..<index(found, offsetBy: text.count)
        }
    }
}

@Suite("The light controller")
struct LightControllerTests {
    let start = Instant(nanoseconds: 5_000_000_000)

    @Test("a signal shown again goes on undisturbed, and another begins anew")
    func show() {
        var lights = LightController(.starting, at: start)
        lights.show(.starting, at: start.advanced(by: .milliseconds(700)))
        #expect(lights.since == start)
        lights.show(.leader, at: start.advanced(by: .milliseconds(800)))
        #expect(lights.since == start.advanced(by: .milliseconds(800)))
        #expect(lights.nextDeadline == lights.since)
    }

    @Test("a starting node blinks green once a second and asks to be called at each change")
    func starting() throws {
        var lights = LightController(.starting, at: start)
        var greens: [Bool] = []
        var now = start
        for _ in 0..<4 {
            let levels = lights.levels(at: now)
            greens.append(levels.lamps.green)
            #expect(!levels.lamps.yellow && !levels.lamps.red)
            #expect(levels.act == levels.lamps.green)
            let next = try #require(lights.nextDeadline)
            #expect(now.duration(to: next) == .milliseconds(500))
            now = next
        }
        #expect(greens == [true, false, true, false])
    }

    @Test("a member's lights never change by themselves")
    func member() {
        var lights = LightController(.member, at: start)
        let levels = lights.levels(at: start)
        #expect(levels.lamps == Lamps(green: true, yellow: true, red: false))
        #expect(lights.nextDeadline == nil)
    }

    @Test("asked late, it gives the level of now and doesn't catch up")
    func late() {
        var lights = LightController(.identify, at: start)
        let late = start.advanced(by: .seconds(100) + .milliseconds(130))
        #expect(lights.levels(at: late).lamps == Lamps(green: false, yellow: false, red: false))
        #expect(lights.nextDeadline == start.advanced(by: .milliseconds(100_250)))
    }
}
