import Glibc
import Testing

@testable import BrambleRuntime

@Suite("Words for people on a terminal")
struct TerminalTextTests {
    private static let text =
        "this node asks to be let in: run `bramble admit` on the node that shows its fingerprint\nand wait"

    @Test("a terminal gets lines that fit, broken between words", arguments: [40, 60, 80, 200] as [UInt16])
    func terminal(columns: UInt16) throws {
        // The macros of <sys/ioctl.h> for these are none that Swift reads.
        let (unlock, numberOf): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        let primary = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(primary >= 0)
        defer { close(primary) }
        var (locked, number): (Int32, UInt32) = (0, 0)
        try #require(ioctl(primary, unlock, &locked) == 0 && ioctl(primary, numberOf, &number) == 0)
        let secondary = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        try #require(secondary >= 0)
        defer { close(secondary) }
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(secondary, UInt(TIOCSWINSZ), &size) == 0)
        let lines = TerminalShape.text(Self.text, for: secondary).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= Int(columns) })
        #expect(lines.count == [40: 4, 60: 3, 80: 3, 200: 2][columns], "\(lines)")
        let words = lines.joined(separator: " ").split(separator: " ")
        #expect(words == Self.text.split { $0 == " " || $0 == "\n" }, "no word is lost")
    }

    @Test("a program gets the text as it is")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(TerminalShape.text(Self.text, for: ends[1]) == Self.text)
    }
}
