public import DHCP
internal import Wire

/// Where a node can ask for an address.
public struct LeaseLink: Hashable, Sendable {
    /// The interface's own Ethernet address, where the link takes no frames from another: then it stands in the
    /// messages, and answers come by broadcast. Nil where frames may come from the cluster's own.
    public var ownHardwareAddress: [UInt8]?
    /// The IPv4 networks of the link.
    public var networks: [DHCPClient.Network]
    /// The IPv4 addresses that this machine has for itself.
    public var taken: Set<UInt32>

    /// A link with all that is known of it.
    public init(ownHardwareAddress: [UInt8]?, networks: [DHCPClient.Network], taken: Set<UInt32>) {
        self.ownHardwareAddress = ownHardwareAddress
        self.networks = networks
        self.taken = taken
    }
}

/// A DHCP message on its way out.
public struct DHCPRequest: Hashable, Sendable {
    /// What UDP carries, from port 68 to port 67.
    public var message: [UInt8]
    /// Where it goes.
    public var destination: DHCPClient.Destination
    /// The Ethernet address that the frame comes from.
    public var hardwareAddress: [UInt8]
}

/// What one node knows of the cluster's lease, and its part in it.
///
/// Only one node need speak with the server at a time: the holder of the address, or while there is none the one that
/// searches. Two that do it at once get the same address, for they are one client to the server.
struct LeaseKeeper: Sendable {
    /// The VRID of the leased address.
    let virtualRouterID: UInt8
    /// What is known.
    var record: LeaseRecord
    /// What was stored last.
    var stored: LeaseRecord?
    /// The client; nil while others speak with the server.
    var client: DHCPClient?
    /// Where this node can ask.
    var link: LeaseLink?
    /// Why it cannot.
    var linkProblem = "the network has not been looked at yet"
    /// When this node begins to search, unless another does.
    var searchAt: Instant?
    /// When this node says again what it knows, while it is the one that speaks with the server.
    var speakAt: Instant?
    /// The address for which there is a virtual router.
    var floated: FloatingAddress?
    /// When this node declined addresses that somebody else uses.
    private var declined: [Instant] = []
    /// Another node that searches.
    var searcher: Searcher?
    /// What was wrong with the last offer here.
    var flaw: DHCPLease.Flaw?
    /// Whether people have been told that nobody answers.
    var hasToldOfSilence = false
    var random: SeededGenerator

    /// Another node that searches, and until when that is believed.
    struct Searcher: Sendable {
        let node: NodeID
        let search: LeaseMessage.Search
        let until: Instant
    }

    /// How often the one that speaks with the server tells the others what it knows.
    static let repetition = Duration.seconds(3)
    /// How long a searcher that is not heard is believed in.
    static let memory = Duration.seconds(10)
    /// How long a node listens to the others before it searches; a node of a lower rank gives those before it more.
    static let listening = Duration.seconds(1)
    static let step = Duration.seconds(5)
    /// After how many questions in vain, a minute or so, a node lets another one ask; and for how long, if none does.
    static let longestSilence = 4
    static let rest = Duration.seconds(60)

    /// A node that hears nothing of its own cluster takes the holder for a stranger; it must not decline its way through
    /// all that the server has. Three addresses in an hour are enough for machines that are in the way.
    mutating func mayDecline(at now: Instant) -> Bool {
        declined.removeAll { $0.advanced(by: .seconds(3600)) <= now }
        guard declined.count < 3 else { return false }
        declined.append(now)
        return true
    }

    init(virtualRouterID: UInt8, remembered: LeaseRecord?, key: ClusterKey, random: SeededGenerator) {
        self.virtualRouterID = virtualRouterID
        record = remembered ?? LeaseRecord(identity: LANIdentity(of: key))
        record.isLive = false
        stored = remembered
        self.random = random
    }

    /// The address that may be used.
    var address: FloatingAddress? {
        record.liveLease.map { FloatingAddress(ip: .v4($0.address), virtualRouterID: virtualRouterID) }
    }

    /// This node's search, if it is the one that searches.
    var search: LeaseMessage.Search? {
        guard let client, client.lease == nil else { return nil }
        return LeaseMessage.Search(unanswered: UInt16(clamping: client.unanswered), flaw: flaw)
    }

    var nextDeadline: Instant? {
        [client?.nextDeadline, searchAt, client == nil ? nil : speakAt, searcher?.until, record.liveLease?.expiresAt]
            .compactMap { $0 }.min()
    }

    /// A new client on this link, which knows the addresses that members have.
    mutating func makeClient(on link: LeaseLink, members: [SocketAddress]) -> DHCPClient {
        let identity = DHCPClient.Identity(
            clientIdentifier: record.identity.clientIdentifier,
            hardwareAddress: link.ownHardwareAddress ?? record.identity.hardwareAddress,
            wantsBroadcast: link.ownHardwareAddress != nil, hostName: "bramble")
        return DHCPClient(
            identity, place: Self.place(link, members), random: SeededGenerator(seed: random.next()))
    }

    static func place(_ link: LeaseLink, _ members: [SocketAddress]) -> DHCPClient.Place {
        var taken = link.taken
        for case .v4(let address) in members.map(\.ip) { taken.insert(address) }
        return DHCPClient.Place(networks: link.networks, taken: taken)
    }
}
