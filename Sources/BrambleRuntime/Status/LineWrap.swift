/// Breaks text into lines between words.
enum LineWrap {
    /// Lines of at most `width` columns, all but the first indented; a word that is longer is cut.
    static func lines(of text: String, width: Int, indent: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var isAtStart = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if line.contains(where: { $0 != " " }), line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += (isAtStart ? "" : " ") + word
            }
            isAtStart = false
        }
        return (lines + [line]).map { $0.count > width ? $0.prefix(width - 1) + "…" : $0 }
    }
}
