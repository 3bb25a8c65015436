/// How it stands with the address that the cluster asks a DHCP server for, as one node sees it.
public struct LeaseReport: Codable, Hashable, Sendable {
    /// What is going on.
    public enum State: String, Codable, Sendable {
        /// The cluster has an address from a server.
        case leased
        /// A node asks for one.
        case searching
        /// Nobody asks yet.
        case waiting
    }

    /// What is going on.
    public var state: State
    /// The address; without a lease, the one that the cluster had before.
    public var address: String?
    /// The server that gave it.
    public var server: String?
    /// For how many seconds it was given; nil for ever.
    public var leaseSeconds: UInt64?
    /// How many seconds of these are left.
    public var remainingSeconds: UInt64?
    /// In how many seconds its holder asks the server to renew it.
    public var renewalInSeconds: UInt64?
    /// The name of the node that asks.
    public var askedBy: String?
    /// How many of its questions were not answered.
    public var unanswered: Int?
    /// What stands in the way, as whole sentences.
    public var problem: String?
    /// The Ethernet address by which servers know the cluster, on wired links.
    public var hardwareAddress: String
    /// The client identifier by which they know it on any link, in hexadecimal.
    public var clientIdentifier: String

    /// A report of this state, under this identity.
    public init(state: State, hardwareAddress: String, clientIdentifier: String) {
        self.state = state
        self.hardwareAddress = hardwareAddress
        self.clientIdentifier = clientIdentifier
    }

    enum CodingKeys: String, CodingKey {
        case state, address, server, unanswered, problem
        case leaseSeconds = "lease_seconds"
        case remainingSeconds = "remaining_seconds"
        case renewalInSeconds = "renewal_in_seconds"
        case askedBy = "asked_by"
        case hardwareAddress = "hardware_address"
        case clientIdentifier = "client_identifier"
    }

    /// A line for people.
    var text: String {
        switch state {
        case .leased:
            let time = remainingSeconds.map { "for \(PlainNumbers.duration(seconds: $0)) more" } ?? "for ever"
            return "\(address ?? "?") from the DHCP server \(server ?? "?"), \(time)"
        case .searching:
            let before = address.map { "; it was \($0) before" } ?? ""
            return "\(askedBy ?? "a node") asks the network's DHCP server\(before)"
        case .waiting: return "none yet\(address.map { "; it was \($0) before" } ?? "")"
        }
    }
}
