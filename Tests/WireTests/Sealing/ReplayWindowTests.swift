import Testing
@testable import Wire

@Suite("The replay window")
struct ReplayWindowTests {
    struct Row: CustomTestStringConvertible {
        let says: String
        let start: UInt64
        let steps: [(UInt64, ReplayWindow.Verdict)]
        var testDescription: String { says }
    }

    private static let width = ReplayWindow.width

    private static let table = [
        Row(says: "the first number is used up", start: 0, steps: [(0, .replayed), (1, .fresh), (1, .replayed)]),
        Row(
            says: "what came before the start is too old", start: 5,
            steps: [(4, .tooOld), (0, .tooOld), (5, .replayed)]),
        Row(
            says: "numbers may come in any order", start: 0,
            steps: [(9, .fresh), (3, .fresh), (7, .fresh), (3, .replayed), (9, .replayed), (8, .fresh), (8, .replayed)]),
        Row(
            says: "the window is as wide as it says", start: 0,
            steps: [(width, .fresh), (0, .tooOld), (1, .fresh), (1, .replayed), (width + 1, .fresh), (1, .tooOld)]),
        Row(
            says: "a jump clears what it passes", start: 0,
            steps: [
                (63, .fresh), (64, .fresh), (2048 + 63, .fresh), (2048 + 64, .fresh), (64, .tooOld), (2048, .fresh),
            ]),
        Row(
            says: "a jump far beyond the ring clears all of it", start: 1,
            steps: [(1 << 40, .fresh), ((1 << 40) - 1, .fresh), (1 << 40, .replayed), (2, .tooOld)]),
        Row(
            says: "the last number there is", start: .max - 1,
            steps: [(.max, .fresh), (.max, .replayed), (.max - 1, .replayed), (0, .tooOld)]),
        Row(
            says: "a jump from the first to the last", start: 0,
            steps: [(.max, .fresh), (.max - width + 1, .fresh), (.max - width, .tooOld)]),
    ]

    @Test("each number is judged as the table says", arguments: table)
    func rows(row: Row) {
        var window = ReplayWindow(startingAt: row.start)
        for (sequence, expected) in row.steps {
            #expect(window.verdict(on: sequence) == expected, "\(sequence)")
            #expect(window.accept(sequence) == (expected == .fresh), "\(sequence)")
        }
    }

    @Test("the window is at least 1,024 wide")
    func isWide() { #expect(ReplayWindow.width >= 1024) }

    @Test("in any order and at any pace, it agrees with a plain set", arguments: [1, 2, 3, 4] as [UInt64])
    func agreesWithSet(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let start = UInt64.random(in: 0...5000, using: &random)
        var window = ReplayWindow(startingAt: start)
        var seen: Set<UInt64> = [start]
        var highest = start
        for _ in 0..<3000 {
            let reach = UInt64.random(in: 1...2500, using: &random)
            let sequence = UInt64.random(in: (highest - min(highest, reach))...(highest + reach / 8), using: &random)
            let tooOld = sequence < start || sequence + Self.width <= highest
            let expected: ReplayWindow.Verdict = tooOld ? .tooOld : seen.contains(sequence) ? .replayed : .fresh
            #expect(window.verdict(on: sequence) == expected)
            if window.accept(sequence) { seen.insert(sequence) }
            highest = max(highest, sequence)
        }
    }

    @Test("judging a number changes nothing")
    func judgingChangesNothing() {
        let window = ReplayWindow(startingAt: 3)
        let before = window
        _ = window.verdict(on: 4000)
        #expect(window == before)
        #expect(window.verdict(on: 4) == .fresh)
    }
}

@Suite("Bounded tables")
struct BoundedTableTests {
    @Test("the longest unused makes room")
    func eviction() {
        var table = BoundedTable<Int, String>(limit: 3)
        for key in 1...3 { table.insert("\(key)", for: key) }
        #expect(table.use(1) { $0 += "!" } != nil)
        table.insert("4", for: 4)
        #expect(table.peek(2) == nil)
        #expect(table.peek(1) == "1!")
        #expect(table.count == 3)
        _ = table.peek(3)
        table.insert("5", for: 5)
        #expect(table.peek(3) == nil, "a look is no use")
    }

    @Test("a key that is there already takes no room")
    func replacing() {
        var table = BoundedTable<Int, Int>(limit: 2)
        table.insert(1, for: 1)
        table.insert(2, for: 2)
        table.insert(3, for: 2)
        #expect(table.peek(1) == 1)
        #expect(table.peek(2) == 3)
        let absent: Void? = table.use(9) { $0 += 1 }
        #expect(absent == nil)
    }
}
