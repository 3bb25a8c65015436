/// Numbers as people say them.
enum PlainNumbers {
    /// `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
    static func duration(seconds: UInt64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86400: pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: pair(seconds / 86400, "d", seconds % 86400 / 3600, "h")
        }
    }

    /// `512 bytes`, `34.5 kB`, `1.2 MB`: powers of ten, one digit after the point below 100.
    static func size(_ bytes: UInt64) -> String {
        guard bytes >= 1000 else { return count(bytes, "byte") }
        var unit = 0
        var tenths = bytes / 100
        let units = ["kB", "MB", "GB", "TB"]
        while tenths >= 10_000, unit < units.count - 1 {
            tenths /= 1000
            unit += 1
        }
        return tenths < 1000 ? "\(tenths / 10).\(tenths % 10) \(units[unit])" : "\(tenths / 10) \(units[unit])"
    }

    /// `1 node`, `3 nodes`.
    static func count(_ number: some BinaryInteger, _ word: String) -> String {
        number == 1 ? "1 \(word)" : "\(number) \(word)s"
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func pair(_ large: UInt64, _ unit: String, _ small: UInt64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
    }
}
