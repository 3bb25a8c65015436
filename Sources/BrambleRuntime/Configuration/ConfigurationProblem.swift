/// One thing that is wrong in a configuration file: where, what, what is allowed, and what to do.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// The file is refused.
        case error
        /// The file is used, but something in it will not do what its writer wants.
        case warning
    }

    /// How bad it is.
    public let severity: Severity
    /// The file, as it was named by whoever asked for it.
    public let file: String
    /// The line, counted from 1; nil if the problem has no place in the file.
    public let line: Int?
    /// The key, such as `floating.interval`; nil if the problem is not about one.
    public let path: String?
    /// The value as it stands in the file, for people; nil for a key that is missing, and always for secrets.
    public let value: String?
    /// What is wrong and what is allowed: a sentence without its full stop.
    public let complaint: String
    /// What to do about it: whole sentences; nil if that is plain from the complaint.
    public let advice: String?

    /// A problem at a place.
    public init(
        _ severity: Severity = .error, file: String, line: Int? = nil, path: String? = nil, value: String? = nil,
        complaint: String, advice: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.path = path
        self.value = value
        self.complaint = complaint
        self.advice = advice
    }

    /// One line for people, the same in logs and from `bramble check`:
    /// `bramble.toml:12: [floating] interval = "5ms": must be 10 ms to 40.95 s`.
    public var description: String {
        var text = line.map { "\(file):\($0): " } ?? "\(file): "
        if severity == .warning { text += "warning: " }
        if let setting { text += setting + ": " }
        text += complaint
        if let advice { text += ". " + advice }
        return VisibleText.of(text)
    }

    /// The setting as it is written in the file: `[floating] interval = "5ms"`.
    private var setting: String? {
        guard let path else { return nil }
        let name: String
        if let dot = path.firstIndex(of: ".") {
            name = "[\(path[..<dot])] \(path[path.index(after: dot)...])"
        } else {
            name = path
        }
        return value.map { "\(name) = \($0)" } ?? name
    }
}
