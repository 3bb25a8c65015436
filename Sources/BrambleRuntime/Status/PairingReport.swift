internal import NodeCore
internal import Wire

/// How it stands with nodes that have no key in common with the one that reports.
public struct PairingReport: Codable, Hashable, Sendable {
    /// A node that asks to be let in. Nothing proves its name and its address; `bramble admit` gives the key to the owner of the fingerprint alone.
    public struct Asking: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Where it was heard last.
        public var address: String
        /// What `bramble admit` is given.
        public var fingerprint: String
    }

    /// `open` while nodes are gathered, `alone` if none was found, or `closed`.
    public var standing: String
    /// How many nodes have been found, this one included.
    public var found: Int
    /// For how many seconds yet nodes are gathered; nil if they are not.
    public var closesInSeconds: UInt64?
    /// What this node shows where it asks to be let in.
    public var fingerprint: String
    /// Those that ask here.
    public var asking: [Asking]

    enum CodingKeys: String, CodingKey {
        case standing, found, fingerprint, asking
        case closesInSeconds = "closes_in_seconds"
    }

    init(_ status: PairingStatus, at now: Instant) {
        standing = status.standing.rawValue
        found = status.found
        closesInSeconds = status.closesAt.map { now.elapsed(to: $0) }
        fingerprint = status.fingerprint
        asking = status.asking.map {
            Asking(name: $0.name, address: "\($0.address.ip)", fingerprint: $0.key.fingerprint)
        }
    }

    /// A line for people; nil if there is nothing to say.
    var text: String? {
        switch standing {
        case "open":
            let others = found > 1 ? "\(found) found" : "no other found yet"
            return
                "\(others); nodes without a key may join for \(PlainNumbers.duration(seconds: closesInSeconds ?? 0)) "
                + "yet (`bramble pair close` ends that); this node shows \(fingerprint)"
        case "alone":
            return "found nobody, and asks to be let in: `bramble admit \(fingerprint)` on a node of the cluster"
        default: return "closed; this node shows \(fingerprint)"
        }
    }

    /// What a person should do, as whole sentences.
    var warnings: [String] {
        asking.map {
            "\(VisibleText.of($0.name)) at \($0.address) has no key of this cluster and asks to be let in. If it is yours, and "
                + "its own status shows the same fingerprint: `sudo bramble admit \($0.fingerprint)`."
        }
    }
}
