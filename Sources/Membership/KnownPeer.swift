public import Wire

/// A peer that was a member once: what is kept on disk so that a cluster finds together again after any outage.
public struct KnownPeer: Sendable, Hashable, Identifiable {
    /// The node ID.
    public var id: NodeID
    /// Where it was reached last.
    public var lastAddress: SocketAddress
    /// The name that it had, for people.
    public var name: String

    /// The peer `id`, last reached at `lastAddress`.
    public init(id: NodeID, lastAddress: SocketAddress, name: String) {
        self.id = id
        self.lastAddress = lastAddress
        self.name = name
    }

    /// Reads a line as `line` writes it; nil for anything else, so that a damaged line costs one peer only.
    public init?(line: some StringProtocol) {
        let fields = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard fields.count >= 2, let id = NodeID(fields[0]) else { return nil }
        guard let address = SocketAddress(String(fields[1]), defaultPort: 0), address.port != 0 else { return nil }
        self.init(id: id, lastAddress: address, name: fields.count == 3 ? String(fields[2]) : "")
    }

    /// The peer in one line: node ID, address and port, name. Control characters in the name become spaces, and so does
    /// whatever else may end a line.
    public var line: String {
        let unprintable: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
        let scalars = name.unicodeScalars.map { unprintable.contains($0.properties.generalCategory) ? " " : $0 }
        let printable = String(String.UnicodeScalarView(scalars))
        return printable.isEmpty ? "\(id) \(lastAddress)" : "\(id) \(lastAddress) \(printable)"
    }
}
