internal import Glibc

/// A system call that failed: which one, why, and what a person can do about it.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, in words a person understands, such as `bind UDP port 7373`.
    public let call: String
    /// The kernel's error number (errno).
    public let code: Int32
    /// What to do about it, when that is known: a whole sentence.
    public let advice: String?

    /// The failure of `call` with error number `code`.
    public init(call: String, code: Int32, advice: String? = nil) {
        self.call = call
        self.code = code
        self.advice = advice
    }

    /// The failure of `call` with this thread's current `errno`: to be made right after the call.
    static func current(_ call: String, advice: String? = nil) -> SystemError {
        SystemError(call: call, code: errno, advice: advice)
    }

    /// The kernel's own words for the error number, such as `Permission denied`.
    public var reason: String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// One line for people: what failed, why, and what to do.
    public var description: String {
        let failure = "cannot \(call): \(reason)"
        guard let advice else { return failure }
        return "\(failure). \(advice)"
    }

    /// The same failure, with advice for people.
    func advising(_ advice: String?) -> SystemError { SystemError(call: call, code: code, advice: advice) }
}
