/// Redraws a full screen without flicker: nothing is cleared before it is written over.
public struct ScreenFrame: Sendable {
    /// To the alternate screen, with the cursor hidden: what was on the terminal stays untouched (xterm, DECSET 1049).
    public static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    /// Back to the terminal as it was.
    public static let leave = "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"

    /// One frame: the cursor home, each line with its rest erased, then everything below erased. What does not fit is
    /// cut at the bottom, and the last line says so.
    public static func draw(_ lines: [String], height: Int) -> String {
        var shown = lines
        if lines.count > height, height > 0 {
            shown = lines.prefix(height - 1) + ["… \(lines.count - height + 1) more lines"]
        }
        return "\u{1B}[H" + shown.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
    }
}
