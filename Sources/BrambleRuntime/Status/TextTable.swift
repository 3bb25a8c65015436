/// Rows of cells, aligned in columns.
struct TextTable {
    private var rows: [[StyledText]] = []

    init(header: [String]) { rows.append(header.map { StyledText($0, .faint) }) }

    mutating func add(_ cells: [StyledText]) { rows.append(cells) }

    /// The lines, none wider than `width`: the widest columns are cut first, but none to fewer than six columns.
    func lines(width: Int, inColour: Bool) -> [String] {
        let gap = 2
        var widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].width : nil }.max() ?? 0
        }
        while widths.reduce(0, +) + gap * (widths.count - 1) > width,
            let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 6
        {
            widths[widest] -= 1
        }
        return rows.map { Self.line($0, widths: widths, limit: width, gap: gap, inColour: inColour) }
    }

    private static func line(
        _ cells: [StyledText], widths: [Int], limit: Int, gap: Int, inColour: Bool
    ) -> String {
        var line = ""
        var used = 0
        for (index, cell) in cells.enumerated() {
            let cut = cell.cut(to: min(widths[index], limit - used))
            guard cut.width > 0 || used + widths[index] < limit else { break }
            line += cut.rendered(inColour: inColour)
            used += cut.width
            guard cells[(index + 1)...].contains(where: { $0.width > 0 }) else { break }
            let padding = min(widths[index] - cut.width + gap, limit - used)
            line += String(repeating: " ", count: max(0, padding))
            used += max(0, padding)
        }
        return line
    }
}
