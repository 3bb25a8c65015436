/// What is wrong with a value, before it is known where it stands.
struct Complaint: Error {
    let text: String
    let advice: String?

    init(_ text: String, advice: String? = nil) {
        self.text = text
        self.advice = advice
    }
}

/// Reads settings out of a document, and collects everything that is wrong instead of stopping at the first.
///
/// It remembers each key that it was asked for: whatever else is in the file is unknown.
struct SettingReader {
    private let file: String
    private let document: TOMLDocument
    private var known: [(table: String, keys: [String])] = []
    private(set) var problems: [ConfigurationProblem] = []

    init(_ document: TOMLDocument, file: String) {
        self.document = document
        self.file = file
    }

    /// Reads one value; without it, or if it is wrong, `target` stays as it is.
    mutating func read<Value>(
        _ table: String, _ key: String, into target: inout Value, isSecret: Bool = false,
        _ convert: (TOMLNode) throws(Complaint) -> Value
    ) {
        guard let node = node(table, key) else { return }
        do {
            target = try convert(node)
        } catch {
            report("\(table).\(key)", isSecret ? nil : node, error)
        }
    }

    /// Reads a list; each wrong element and each that repeats an earlier one is a problem of its own.
    mutating func readList<Value: Hashable>(
        _ table: String, _ key: String, into target: inout [Value], isSecret: Bool = false,
        _ convert: (TOMLNode) throws(Complaint) -> Value
    ) {
        guard let node = node(table, key) else { return }
        let path = "\(table).\(key)"
        guard case .array(let elements) = node else {
            let example = isSecret ? nil : node.text.map { "Write \(key) = [\($0)]." }
            report(path, isSecret ? nil : node, Complaint("must be a list, this is \(node.kind)", advice: example))
            return
        }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            do throws(Complaint) {
                let value = try convert(element)
                if let first = values.firstIndex(of: value) {
                    throw Complaint("is the same as \(key)[\(first)]", advice: "List each one once.")
                }
                values.append(value)
            } catch {
                report("\(path)[\(index)]", isSecret ? nil : element, error)
            }
        }
        target = values
    }

    /// Whether the file has this key.
    func has(_ table: String, _ key: String) -> Bool {
        if case .table(let values)? = document.root[table] { values[key] != nil } else { false }
    }

    /// Whether something is wrong with a key whose path begins so.
    func hasErrors(in prefix: String) -> Bool {
        problems.contains { $0.severity == .error && $0.path?.hasPrefix(prefix) == true }
    }

    /// Reports a problem with a setting.
    mutating func report(
        _ path: String, _ node: TOMLNode?, _ complaint: Complaint, severity: ConfigurationProblem.Severity = .error
    ) {
        problems.append(
            ConfigurationProblem(
                severity, file: file, line: document.locator.line(of: path), path: path, value: node?.text,
                complaint: complaint.text, advice: complaint.advice))
    }

    /// Reports each table and key that nothing asked for.
    mutating func reportUnknown() {
        for (name, node) in document.root.sorted(by: { $0.key < $1.key }) {
            guard let table = known.first(where: { $0.table == name }) else {
                reportStranger(name, node)
                continue
            }
            guard case .table(let values) = node else {
                let complaint = Complaint("must be a table, this is \(node.kind)", advice: "Write [\(name)] on a line.")
                report(name, node, complaint)
                continue
            }
            for key in values.keys.sorted() where !table.keys.contains(key) {
                report("\(name).\(key)", nil, unknownKey(key, in: table))
            }
        }
    }

    private mutating func reportStranger(_ name: String, _ node: TOMLNode) {
        if case .table = node {
            let tables = known.map(\.table)
            let list = tables.map { "[\($0)]" }.joined(separator: ", ")
            let complaint = "is no table of this file"
            if let nearest = NearestName.find(name, among: tables) {
                report("[\(name)]", at: name, Complaint(complaint, advice: "Did you mean [\(nearest)]?"))
            } else {
                report("[\(name)]", at: name, Complaint(complaint, advice: "There are \(list)."))
            }
        } else if let home = known.first(where: { $0.keys.contains(name) })?.table {
            report(name, at: name, Complaint("stands outside of any table", advice: "It belongs under [\(home)]."))
        } else {
            let list = known.map { "[\($0.table)]" }.joined(separator: ", ")
            let complaint = Complaint(
                "stands outside of any table, and no table has a key of this name", advice: "There are \(list).")
            report(name, at: name, complaint)
        }
    }

    private mutating func report(_ shown: String, at path: String, _ complaint: Complaint) {
        problems.append(
            ConfigurationProblem(
                file: file, line: document.locator.line(of: path), path: shown, complaint: complaint.text,
                advice: complaint.advice))
    }

    private func unknownKey(_ key: String, in table: (table: String, keys: [String])) -> Complaint {
        let complaint = "is no key of [\(table.table)]"
        if let nearest = NearestName.find(key, among: table.keys) {
            return Complaint(complaint, advice: "Did you mean \(nearest)?")
        }
        if let home = known.first(where: { $0.keys.contains(key) })?.table {
            return Complaint(complaint, advice: "It belongs under [\(home)].")
        }
        return Complaint(complaint, advice: "There are \(table.keys.joined(separator: ", ")).")
    }

    private mutating func node(_ table: String, _ key: String) -> TOMLNode? {
        if let index = known.firstIndex(where: { $0.table == table }) {
            known[index].keys.append(key)
        } else {
            known.append((table, [key]))
        }
        guard case .table(let values)? = document.root[table] else { return nil }
        return values[key]
    }
}
