internal import Wire

/// Durations as people write them: `20ms`, `1s`, `1.5s`.
enum DurationText {
    /// Reads a number and a unit (`ms`, `s` or `min`), a blank between them or none; nil for anything else.
    ///
    /// At most nine digits before the point and six after it: no duration that a setting could want is longer.
    static func read(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[number.endIndex...].drop { $0 == " " }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...9).contains(whole.count), parts.count <= 2 else { return nil }
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard (1...6).contains(fraction.count), let units = Int64(whole), let millionths = Int64(padded(fraction))
        else {
            return nil
        }
        let nanosecondsPerUnit: Int64
        switch unit {
        case "ms": nanosecondsPerUnit = 1_000_000
        case "s": nanosecondsPerUnit = 1_000_000_000
        case "min": nanosecondsPerUnit = 60_000_000_000
        default: return nil
        }
        return .nanoseconds(units * nanosecondsPerUnit) + .nanoseconds(millionths * (nanosecondsPerUnit / 1_000_000))
    }

    /// Centiseconds as they are written in the file: `20ms`, `1s`, `1.5s`.
    static func write(centiseconds: UInt16) -> String {
        if centiseconds < 100 { return "\(centiseconds)0ms" }
        let rest = centiseconds % 100
        guard rest > 0 else { return "\(centiseconds / 100)s" }
        let digits = rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)")
        return "\(centiseconds / 100).\(digits)s"
    }

    /// A duration as it is written in the file: in seconds where that is a whole number, else in milliseconds.
    static func write(_ duration: Duration) -> String {
        let milliseconds = duration.wholeNanoseconds / 1_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    private static func padded(_ fraction: Substring) -> String {
        fraction + String(repeating: "0", count: 6 - fraction.count)
    }
}
