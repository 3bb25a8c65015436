/// The cluster's keys as one node has them. No key stands here: keys are named by fingerprint, and by the mark that
/// stands in clear in each datagram.
public struct KeyStatus: Codable, Hashable, Sendable {
    /// How far a change of keys has come.
    public enum Phase: String, Codable, Sendable {
        /// There is one key, and every node that is up has it.
        case settled
        /// A new key goes to the nodes; what is said to all is sealed with an older one.
        case spreading
        /// Every node that is up seals with the newest key; older ones still open, until they are dropped.
        case sealing
    }

    /// A key.
    public struct Name: Codable, Hashable, Sendable {
        /// What people compare: sixteen hexadecimal digits.
        public var fingerprint: String
        /// What stands in clear in each datagram that it seals: eight hexadecimal digits.
        public var mark: String

        /// A key of this fingerprint and mark.
        public init(fingerprint: String, mark: String) {
            self.fingerprint = fingerprint
            self.mark = mark
        }
    }

    /// A node that lacks the newest key.
    public struct Absentee: Codable, Hashable, Sendable {
        /// Its ID.
        public var id: String
        /// Its name.
        public var name: String
        /// Whether it is up.
        public var state: MemberStatus.State
        /// Whether its version can be given a key.
        public var canTakeKeys: Bool

        /// Whether it is alive or suspect.
        var isUp: Bool { state == .alive || state == .suspect }

        enum CodingKeys: String, CodingKey {
            case id, name, state
            case canTakeKeys = "can_take_keys"
        }
    }

    /// How far a change of keys has come.
    public var phase: Phase
    /// How often keys were changed or dropped.
    public var generation: UInt32
    /// The newest key.
    public var newest: Name
    /// Older keys, which still open; the newest of them first.
    public var older: [Name]
    /// Keys that were dropped; the last one last.
    public var dropped: [Name]
    /// The members that lack the newest key, those that are away too, and those of whom it is not known.
    public var lacking: [Absentee]
    /// The members that are up and have not dropped yet what this node has dropped.
    public var notDropped: [Absentee]
    /// Whether newer keys are on their way to this node's disk.
    public var isStoring: Bool
    /// What the keys in the configuration file are to these: `current`, `behind`, or `dropped` if none of them opens.
    public var file: String

    enum CodingKeys: String, CodingKey {
        case phase, generation, newest, older, dropped, lacking, file
        case notDropped = "not_dropped"
        case isStoring = "storing"
    }

    /// A line for people.
    var text: String {
        var parts = [newest.fingerprint]
        switch phase {
        case .settled: break
        case .spreading: parts.append("new, on its way to all nodes")
        case .sealing: parts.append("in use everywhere")
        }
        let awaited = lacking.filter(\.isUp).map { VisibleText.of($0.name) }
        let away = lacking.filter { !$0.isUp }.map { VisibleText.of($0.name) }
        if !awaited.isEmpty { parts.append("waits for \(PlainNumbers.list(awaited))") }
        if !older.isEmpty {
            let remedy = generation == 0 || !awaited.isEmpty || !away.isEmpty ? "" : " (`bramble key drop` ends that)"
            parts.append(
                "\(PlainNumbers.list(older.map(\.fingerprint))) still \(older.count == 1 ? "opens" : "open")\(remedy)")
        }
        if !away.isEmpty {
            let names = PlainNumbers.list(away)
            parts.append(
                older.isEmpty
                    ? "\(names) was away: put the line of `sudo bramble key show` into bramble.toml there before it starts"
                    : "\(names) is away, and is given the new key when it is back, unless the old one is dropped before"
            )
        }
        if file == "behind" {
            parts.append("bramble.toml names an older one: `bramble key show` says what to put there")
        }
        return parts.joined(separator: "; ")
    }
}
