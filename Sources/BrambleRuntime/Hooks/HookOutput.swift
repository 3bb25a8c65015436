/// Makes lines for the log out of what a hook prints: bounded in length and number, and with nothing that a terminal
/// obeys.
struct HookOutput: Sendable {
    private var rest: [UInt8] = []
    private var isCutting = false
    private var count = 0
    /// How many lines were left out.
    private(set) var leftOut = 0

    /// The longest line that is shown (bytes); what goes beyond is cut off.
    static let longestLine = 500
    /// How many lines of one run are shown.
    static let mostLines = 50

    /// The lines that are whole now.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let line = endLine() { lines.append(line) }
            } else if rest.count < Self.longestLine {
                rest.append(byte)
            } else {
                isCutting = true
            }
        }
        return lines
    }

    /// What is left at the end without a line end.
    mutating func finish() -> [String] { rest.isEmpty ? [] : endLine().map { [$0] } ?? [] }

    private mutating func endLine() -> String? {
        defer {
            rest = []
            isCutting = false
        }
        guard count < Self.mostLines else {
            leftOut += 1
            return nil
        }
        count += 1
        return VisibleText.of(String(decoding: rest, as: UTF8.self)) + (isCutting ? "…" : "")
    }
}
