/// One broken rule.
struct Violation: Hashable, CustomStringConvertible {
    let file: String
    let line: Int
    let rule: String

    var description: String { "\(file):\(line): \(rule)" }
}

/// Checks one source file against the rules of the layers.
struct LayerChecker {
    /// The path from the package's root, such as `Sources/Wire/Instant.swift`.
    let file: String
    private let source: String
    private let tokens: [Token]

    static func check(_ source: String, file: String) -> [Violation] {
        let checker = LayerChecker(file: file, source: source)
        return checker.imports() + checker.purity() + checker.everywhere()
    }

    private init(file: String, source: String) {
        self.file = file
        self.source = source
        tokens = SourceTokens.of(source)
    }

    private var target: String { file.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    private func text(_ index: Int) -> String { tokens.indices.contains(index) ? tokens[index].text : "" }

    private func violation(_ index: Int, _ rule: String) -> Violation {
        Violation(file: file, line: tokens[index].line, rule: rule)
    }

    /// Every import must be in the table.
    private func imports() -> [Violation] {
        guard let allowed = Layer.allowedImports(of: target) else {
            return [Violation(file: file, line: 1, rule: "\(target) is in no layer")]
        }
        return tokens.indices.compactMap { index in
            guard text(index) == "import", text(index - 1) != "." else { return nil }
            let kinds: Set = ["class", "enum", "func", "let", "protocol", "struct", "typealias", "var"]
            let module = text(kinds.contains(text(index + 1)) ? index + 2 : index + 1)
            return allowed.contains(module) ? nil : violation(index, "\(target) may not import \(module)")
        }
    }

    private static let banned: Set = [
        "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "Thread", "clock_gettime",
    ]
    private static let needsGenerator: Set = ["random", "randomElement", "shuffle", "shuffled"]

    /// No clock, no task, no unseeded randomness in a pure target.
    private func purity() -> [Violation] {
        guard Layer.isPure(target) else { return [] }
        return tokens.indices.compactMap { index in
            let word = text(index)
            if Self.banned.contains(word) {
                let isAllowed =
                    word == "SystemRandomNumberGenerator" && Layer.mayUseSystemRandomness.contains(file)
                return isAllowed ? nil : violation(index, "a pure target uses \(word)")
            }
            if word == "Date", text(index + 1) == "(" { return violation(index, "a pure target reads the date") }
            if startsTask(index) { return violation(index, "a pure target starts a task") }
            if drawsUnseeded(index) { return violation(index, "a pure target calls .\(word) without using:") }
            return nil
        }
    }

    /// `Task {`, `Task(priority: …) {`, `Task<…>…`, `Task.detached`, `Task.immediate`.
    private func startsTask(_ index: Int) -> Bool {
        guard text(index) == "Task" else { return false }
        if ["{", "(", "<"].contains(text(index + 1)) { return true }
        return text(index + 1) == "." && ["detached", "immediate", "init"].contains(text(index + 2))
    }

    private func drawsUnseeded(_ index: Int) -> Bool {
        guard Self.needsGenerator.contains(text(index)), text(index - 1) == ".", text(index + 1) == "(" else {
            return false
        }
        var depth = 0
        for next in (index + 1)..<tokens.count {
            if text(next) == "(" { depth += 1 }
            if text(next) == ")" { depth -= 1 }
            if depth == 0 { break }
            if depth == 1, text(next) == "using", text(next + 1) == ":" { return false }
        }
        return true
    }

    /// What is banned in all sources.
    private func everywhere() -> [Violation] {
        tokens.indices.compactMap { index in
            let word = text(index)
            if ["try", "as"].contains(word), text(index + 1) == "!" { return violation(index, "\(word)! can crash") }
            if word == "unchecked", text(index - 1) == "@", text(index + 1) == "Sendable", !hasProof(index) {
                return violation(index, "@unchecked Sendable without a `// Proof:` comment before it")
            }
            return nil
        }
    }

    /// Whether the comment lines right above the token's line hold a proof.
    private func hasProof(_ index: Int) -> Bool {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let above = lines.prefix(tokens[index].line - 1).reversed().lazy.map { $0.drop { $0 == " " } }
        return above.prefix { $0.hasPrefix("//") }.contains { $0.contains("// Proof:") }
    }
}
