/// One thing that `bramble check` looked at: how it is, and what to do about it.
public struct Finding: Hashable, Sendable, Codable {
    /// How it is.
    public enum Mark: String, Hashable, Sendable, Codable {
        /// As it should be.
        case good
        /// It works, but not as well as it could, or not for everybody.
        case warning
        /// Something will not work.
        case problem

        /// The mark that people see.
        public var symbol: String {
            switch self {
            case .good: "✓"
            case .warning: "!"
            case .problem: "✗"
            }
        }
    }

    /// How it is.
    public var mark: Mark
    /// What was looked at, in a word or two, such as `site`.
    public var subject: String
    /// What was found.
    public var found: String
    /// What works in spite of it; nil for what is good.
    public var unaffected: String?
    /// What to do; nil for what is good.
    public var advice: String?

    /// As it should be.
    public static func good(_ subject: String, _ found: String) -> Finding {
        Finding(mark: .good, subject: subject, found: found)
    }

    /// It works, but not as well as it could.
    public static func warning(
        _ subject: String, _ found: String, unaffected: String? = nil, advice: String
    ) -> Finding {
        Finding(mark: .warning, subject: subject, found: found, unaffected: unaffected, advice: advice)
    }

    /// Something will not work.
    public static func problem(
        _ subject: String, _ found: String, unaffected: String? = nil, advice: String
    ) -> Finding {
        Finding(mark: .problem, subject: subject, found: found, unaffected: unaffected, advice: advice)
    }
}

/// Everything that `bramble check` found.
public struct CheckReport: Hashable, Sendable, Codable {
    /// The configuration file that was read; nil if there is none.
    public var file: String?
    /// What was found, the configuration first.
    public var findings: [Finding]

    /// Whether everything will work: `bramble check` then exits with 0.
    public var isGood: Bool { findings.allSatisfy { $0.mark != .problem } }

    /// The report as people read it.
    public func text(shape: TerminalShape) -> String {
        var lines = findings.flatMap { Self.lines($0, shape: shape) }
        let problems = findings.count { $0.mark == .problem }
        let warnings = findings.count { $0.mark == .warning }
        let summary =
            problems == 0 && warnings == 0
            ? "everything is as it should be"
            : "\(PlainNumbers.count(problems, "problem")), \(PlainNumbers.count(warnings, "warning"))"
        lines += ["", StyledText(summary, problems > 0 ? .bad : .strong).rendered(inColour: shape.hasColour)]
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(_ finding: Finding, shape: TerminalShape) -> [String] {
        let style: StyledText.Style =
            switch finding.mark {
            case .good: .good
            case .warning: .caution
            case .problem: .bad
            }
        let mark = StyledText(finding.mark.symbol, style).rendered(inColour: shape.hasColour)
        var paragraphs = ["\(finding.subject): \(finding.found)"]
        if let unaffected = finding.unaffected { paragraphs.append("  Still works: \(unaffected)") }
        if let advice = finding.advice { paragraphs.append("  To do: \(advice)") }
        let wrapped = paragraphs.flatMap {
            LineWrap.lines(of: VisibleText.of($0), width: shape.width - 2, indent: 4)
        }
        return wrapped.enumerated().map { ($0 == 0 ? mark : " ") + " " + $1 }
    }
}
