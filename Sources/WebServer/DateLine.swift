internal import Glibc
internal import NIOCore

/// The lines that end each response's head but for `Connection`: `X-Served-By`, and `Date`, which is made once a second.
struct CommonLines {
    private let servedBy: String
    private var second: Int = .min
    private(set) var bytes = ByteBuffer()

    /// What of the node's name may not stand in a field becomes a hyphen.
    init(node: String) {
        let name = node.utf8.map { $0 > 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "-") }
        servedBy = "X-Served-By: \(String(decoding: name, as: UTF8.self))\r\n"
    }

    /// Brings the date up to date.
    mutating func refresh() {
        var now = timespec()
        // RFC 9110 §6.6.1: the wall clock, right or wrong; a node without a battery-backed one has no better.
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        guard now.tv_sec != second else { return }
        second = now.tv_sec
        bytes = ByteBuffer(string: "\(servedBy)Date: \(Self.date(second))\r\n")
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7) for a number of seconds since 1970.
    static func date(_ second: Int) -> String {
        var time = time_t(second)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = "\(days[Int(parts.tm_wday)]), \(padded(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        let clock = "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
        return "\(day) \(parts.tm_year + 1900) \(clock) GMT"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
