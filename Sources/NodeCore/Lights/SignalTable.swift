/// The one table of signals: what the lights show for each, and what a person should think. The code shows it, the
/// README prints it, the tests hold the two together.
///
/// Green is this node: steady serves, a heartbeat leads, slow is not in service. Yellow is the cluster: steady is
/// together, slow is incomplete, fast meets others, dark is none. Red is trouble: steady is a node, slow the network, fast is two of
/// something of which there may be only one; yellow then tells of what.
public enum SignalTable {
    /// One signal's line.
    public struct Row: Hashable, Sendable {
        /// The signal.
        public let signal: Signal
        /// Its name for people.
        public let name: String
        /// What the three lights do.
        public let lamps: Lamps<Pattern>
        /// What the board's own ACT light does when it has to stand for all three.
        public let act: Pattern
        /// What it means, and what to do if anything.
        public let meaning: String
    }

    /// All lines, in order of priority.
    public static let rows: [Row] = Signal.allCases.map(row)

    /// The line of `signal`.
    public static func row(_ signal: Signal) -> Row {
        switch signal {
        case .identify:
            line(signal, "identify", .fast, .fast, .fast, act: .fast, "This is the machine that you asked for.")
        case .duplicateIdentity:
            line(
                signal, "duplicate identity", .off, .off, .fast, act: .flashes(7),
                "Another machine uses this node's identity, as after copying a card. The newer one takes a new one.")
        case .addressConflict:
            line(
                signal, "address conflict", .steady, .steady, .fast, act: .flashes(6),
                "A stranger on this network has the floating address. Give one of the two another address.")
        case .split:
            line(
                signal, "split", .steady, .slow, .fast, act: .flashes(5),
                "The nodes hear each other only in part. Check switches, Wi-Fi and firewalls between them.")
        case .cannotServe:
            line(
                signal, "cannot serve", .off, .off, .steady, act: .flashes(4),
                "This node can't serve the site; others do. `bramble status` says why.")
        case .isolated:
            line(
                signal, "isolated", .steady, .off, .slow, act: .flashes(3),
                "This node hears none of the others: they are off, or its own cable, switch port or Wi-Fi is at fault.")
        case .blocked:
            line(
                signal, "udp blocked", .steady, .slow, .steady, act: .flashes(8),
                "Another node is reached by TCP but not by UDP. Open the port in firewalls and between Wi-Fi clients.")
        case .oneWay:
            line(
                signal, "one way", .steady, .slow, .slow, act: .flashes(9),
                "This node and another hear each other in one direction only. Check firewalls and switches.")
        case .otherVersion:
            line(
                signal, "other version", .steady, .fast, .steady, act: .flashes(10),
                "A node with another version of Bramble is not understood. Put the same version on all nodes.")
        case .otherKey:
            line(
                signal, "other key", .steady, .fast, .slow, act: .flashes(11),
                "Nodes are heard that have another key, and none that has this one's. Give them all one key.")
        case .narrow:
            line(
                signal, "small mtu", .steady, .steady, .slow, act: .flashes(12),
                "Large datagrams do not reach another node. Check the MTU of the interfaces between the two.")
        case .draining:
            line(
                signal, "draining", .slow, .steady, .off, act: .wink,
                "Taken out of service by a person, or about to stop.")
        case .pairing:
            line(
                signal, "pairing", .slow, .slow, .off, act: .flashes(2),
                "Looks for others that have no key either, and makes a cluster with them. Takes three minutes.")
        case .starting:
            line(signal, "starting", .slow, .off, .off, act: .slow, "Not ready yet. Takes seconds.")
        case .asking:
            line(
                signal, "asking", .heartbeat, .fast, .off, act: .flashes(13),
                "Serves the site by itself, and asks to be let into a cluster: `bramble admit` there.")
        case .joining:
            line(signal, "joining", .steady, .fast, .off, act: .long, "Serves the site, and is meeting the others.")
        case .alone:
            line(
                signal, "alone", .heartbeat, .off, .off, act: .flashes(1),
                "Serves the site and leads, for it has found no one else.")
        case .leaderOfFewer:
            line(
                signal, "leader of fewer", .heartbeat, .slow, .off, act: .limp,
                "Serves the site and leads, but another node is dead. `bramble status` says which.")
        case .memberOfFewer:
            line(
                signal, "member of fewer", .steady, .slow, .off, act: .doubleWink,
                "Serves the site and would take over, but another node is dead. `bramble status` says which.")
        case .leader:
            line(
                signal, "leader", .heartbeat, .steady, .off, act: .heartbeat,
                "All is well: serves the site, and holds a floating address.")
        case .member:
            line(
                signal, "member", .steady, .steady, .off, act: .steady,
                "All is well: serves the site, and would take over.")
        }
    }

    /// The table in Markdown, as it stands in the README.
    public static var markdown: String {
        let head = "| Signal | Green | Yellow | Red | ACT light alone | What it means |\n|---|---|---|---|---|---|\n"
        let dark = "| (none) | off | off | off | off | The daemon or the machine is dead, or has no power. |\n"
        return head + rows.map(markdown).joined() + dark
    }

    private static func markdown(_ row: Row) -> String {
        let cells =
            [row.name]
            + [row.lamps.green, row.lamps.yellow, row.lamps.red, row.act].map(\.name) + [row.meaning]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    private static func line(
        _ signal: Signal, _ name: String, _ green: Pattern, _ yellow: Pattern, _ red: Pattern, act: Pattern,
        _ meaning: String
    ) -> Row {
        Row(
            signal: signal, name: name, lamps: Lamps(green: green, yellow: yellow, red: red), act: act,
            meaning: meaning)
    }
}
