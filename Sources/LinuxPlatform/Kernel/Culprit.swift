internal import Glibc

/// Who may have changed something in the network: what the port of a netlink socket tells.
public enum Culprit {
    /// How many parents are named: `ip` says nothing, the DHCP client that ran it does.
    private static let mostParents = 3

    /// The programs behind a port, for people, such as `ip (process 812, started by dhclient-script, dhclient)`; nil when
    /// nothing is known of them.
    ///
    /// The kernel gives a process's first socket the process ID as its port (netlink(7)); a further socket gets a number
    /// above all process IDs. A process can choose another port or name, can have ended, and its ID can be another's by
    /// now, and procfs may be hidden from this one: this is a hint, not a proof. Reads files of procfs alone, which never waits for a disk.
    public static func name(ofPort port: UInt32) -> String? {
        guard port > 1, port <= 1 << 22, port != UInt32(getpid()) else { return nil }
        guard let first = process(port) else { return "a process that is gone or hidden (\(port))" }
        var parents: [String] = []
        var next = first.parent
        while parents.count < mostParents, next > 1, let parent = process(next) {
            parents.append(parent.name)
            next = parent.parent
        }
        let origin = parents.isEmpty ? "" : ", started by " + parents.joined(separator: ", ")
        return "\(first.name) (process \(port)\(origin))"
    }

    /// The name and the parent of a process, if it lives. Anyone can give a process any name.
    static func process(_ id: UInt32) -> (name: String, parent: UInt32)? {
        guard let stat = try? SmallFile.read("/proc/\(id)/stat"), let open = stat.firstIndex(of: "("),
            let close = stat.lastIndex(of: ")"), open < close
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        let name = stat[stat.index(after: open)..<close].unicodeScalars.map { scalar in
            scalar.isASCII && scalar.value > 32 && scalar.value < 127 ? Character(scalar) : "?"
        }
        return (String(name), fields.count > 1 ? UInt32(fields[1]) ?? 0 : 0)
    }
}
