/// Finds the member that a person means.
public enum NodeLookup {
    /// Why no member was found.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// No member has such a name or ID.
        case unknown(String, known: [String])
        /// Several members fit.
        case ambiguous(String, matches: [String])

        /// What is wrong and what to do, for people.
        public var description: String {
            switch self {
            case .unknown(let text, let known):
                "no node is called \(TOMLNode.quoted(text)). There are \(known.joined(separator: ", "))"
            case .ambiguous(let text, let matches):
                "\(TOMLNode.quoted(text)) fits \(matches.joined(separator: " and ")): name more of the ID"
            }
        }
    }

    /// The ID that `text` means: a whole ID, a name, or the first digits (four at least) of an ID, in this order.
    public static func find(_ text: String, among members: [(id: String, name: String)]) throws(Failure) -> String {
        let digits = text.lowercased()
        if let member = members.first(where: { $0.id == digits }) { return member.id }
        var matches = members.filter { $0.name == text }
        if matches.isEmpty, digits.utf8.count >= 4 { matches = members.filter { $0.id.hasPrefix(digits) } }
        let shown = (matches.isEmpty ? members : matches).map { "\($0.name) (\($0.id.prefix(8)))" }
        guard let match = matches.first else { throw .unknown(text, known: shown) }
        guard matches.count == 1 else { throw .ambiguous(text, matches: shown) }
        return match.id
    }
}
