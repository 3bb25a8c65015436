/// Rows of cells, aligned in columns.
struct TextTable {
    private var rows: [[StyledText]] = []

    init(header: [String]) { rows.append(header.map { StyledText($0, .faint) }) }

    mutating func add(_ cells: [StyledText]) { rows.append(cells) }

    /// The lines, none wider than `width`: first the last column is cut, then columns are left out from the right, and
    /// only what then is still too wide is cut everywhere. The first columns are those that matter.
    func lines(width: Int, inColour: Bool) -> [String] {
        let widths = fitted(to: width)
        return rows.map { Self.line(Array($0.prefix(widths.count)), widths: widths, limit: width, inColour: inColour) }
    }

    private func fitted(to width: Int) -> [Int] {
        var widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].width : nil }.max() ?? 0
        }
        while let last = widths.last, Self.total(widths) > width {
            let room = width - (Self.total(widths) - last)
            if room >= Self.leastLast {
                widths[widths.count - 1] = room
            } else if widths.count > 2 {
                widths.removeLast()
            } else if let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 1 {
                widths[widest] -= 1
            } else {
                break
            }
        }
        return widths
    }

    private static let gap = 2
    /// A column that is cut to less than this says nothing.
    private static let leastLast = 16

    private static func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + gap * max(0, widths.count - 1) }

    private static func line(
        _ cells: [StyledText], widths: [Int], limit: Int, inColour: Bool
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
