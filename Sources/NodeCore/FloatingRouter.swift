internal import VRRP
internal import Wire

/// A virtual router with its floating addresses, and what this node knows of who holds them.
struct FloatingRouter: Sendable {
    /// Its addresses, of one IP version: one in sealed mode, in standard mode any number. They move together.
    let addresses: [FloatingAddress]
    var router: VirtualRouter
    /// The node that was last heard to be Active, or this one.
    var holder: NodeID?
    /// Where the machine is that was last heard to be Active, if no member is known to have that address: in standard
    /// mode. It may be a member all the same, which advertises for IPv6 from an address that gossip does not know.
    var outsider: IPAddress?
    /// When the holder is no longer believed in, unless it is heard again.
    var holderExpiresAt: Instant?
    /// Since when, and how lately, another Active node was heard while this one is Active too.
    private var rival: (since: Instant, last: Instant)?
    /// When an advertisement of another node came in last.
    var rivalHeardAt: Instant?
    /// When the lease of the address is to be renewed; only while Active.
    var renewAt: Instant?
    /// The hand-over that is under way.
    var handover: Handover?
    /// The hand-over to this node that is under way.
    var succession: Succession?
    /// Where the gossip of the node is that this one handed over to last, until it is Active again.
    var heir: SocketAddress?
    /// Whether, since it became Active, nobody wanted to take over.
    var isUnwanted = false
    /// What stands against holding single addresses here.
    private(set) var obstacles: [IPAddress: Health.Reason] = [:]
    /// The obstacles that people were told of last.
    private var toldObstacles: [IPAddress: Health.Reason] = [:]
    /// The last transitions, the newest last.
    private(set) var history: [NodeSnapshot.Transition] = []
    /// How many transitions there have been.
    private(set) var transitions: UInt64 = 0

    /// How many there have been for each reason, by the state that they led to.
    private(set) var reasons: [NodeSnapshot.TransitionCount.Kind: UInt64] = [:]

    /// How many transitions are remembered.
    static let historyLimit = 64
    /// How long a holder that is not heard is still named: four of its intervals (centiseconds), and at least a second.
    static func memory(_ interval: UInt16) -> Duration { max(.seconds(1), .milliseconds(40 * Int(interval))) }

    private init(_ addresses: [FloatingAddress], configuration: Node.Configuration, node: NodeID) {
        self.addresses = addresses
        router = VirtualRouter(
            VirtualRouter.Configuration(
                virtualRouterID: addresses.first?.virtualRouterID ?? 1, addresses: Self.listed(addresses.map(\.ip)),
                interval: configuration.interval, preempt: configuration.preempt,
                preemptDelay: configuration.preemptDelay, patience: configuration.patience,
                allowance: configuration.mode == .sealed ? configuration.allowance : .zero),
            priority: configuration.priority, tieBreaker: TieBreaker(node))
    }

    /// The virtual routers of these addresses: one for each VRID and IP version, in the order of the addresses.
    static func routers(
        of addresses: [FloatingAddress], configuration: Node.Configuration, node: NodeID
    ) -> [FloatingRouter] {
        var groups: [[FloatingAddress]] = []
        for address in addresses {
            if let index = groups.firstIndex(where: { $0.first?.sharesRouter(with: address) == true }) {
                groups[index].append(address)
            } else {
                groups.append([address])
            }
        }
        return groups.map { FloatingRouter($0, configuration: configuration, node: node) }
    }

    /// Whether an advertisement speaks of this virtual router: VRIDs are counted for each IP version by itself.
    func isMeant(by advertisement: Advertisement) -> Bool {
        router.configuration.virtualRouterID == advertisement.virtualRouterID
            && addresses.first?.ip.isIPv4 == advertisement.addresses.first?.isIPv4
    }

    /// Which of two nodes is rather to hold these addresses: the one with the higher weight. For each virtual router
    /// the nodes stand in another order, so that a lost node's addresses are spread over those that are left
    /// (rendezvous hashing; Thaler and Ravishankar, 1998).
    func weight(of node: NodeID) -> UInt64 {
        let number = UInt64(router.configuration.virtualRouterID) << 1 | (addresses.first?.ip.isIPv4 == true ? 1 : 0)
        var random = SeededGenerator(seed: node.high ^ (node.low &* 0x9E37_79B9_7F4A_7C15) ^ number << 32)
        return random.next()
    }

    /// The members that can take over, the best first: by priority, then by weight.
    func successors(in company: Company) -> [Company.Other] {
        company.candidates.map { ($0, weight(of: $0.node)) }
            .sorted { ($0.0.priority, $0.1) > ($1.0.priority, $1.1) }.map(\.0)
    }

    /// The place of `node` among those who wait for the holder's end.
    func rank(of node: NodeID, in company: Company) -> Int {
        let own = (router.priority, weight(of: node))
        return company.candidates.count { $0.node != holder && ($0.priority, weight(of: $0.node)) > own }
    }

    /// In the order of an advertisement: a virtual router's link-local address is its first (RFC 9568 §5.2.9).
    private static func listed(_ addresses: [IPAddress]) -> [IPAddress] {
        addresses.filter(\.isLinkLocal) + addresses.filter { !$0.isLinkLocal }
    }

    /// Whether its addresses are of IPv4.
    var isIPv4: Bool { addresses.first?.ip.isIPv4 == true }

    /// Whether somebody of the group is heard to hold the addresses, or this node does.
    var isHeld: Bool { holder != nil || outsider != nil }

    /// Whether one of its addresses is this one.
    func holds(_ ip: IPAddress) -> Bool { addresses.contains { $0.ip == ip } }

    /// What stands against holding its addresses here; those that come together go together.
    var obstacle: Health.Reason? { addresses.lazy.compactMap { self.obstacles[$0.ip] }.first }

    /// Notes what stands against an address.
    /// - Returns: whether that is new, and whether people should know: that it is still being asked for is no news.
    mutating func note(_ obstacle: Health.Reason?, against ip: IPAddress) -> (isNew: Bool, isNews: Bool) {
        guard obstacle != obstacles[ip] else { return (false, false) }
        obstacles[ip] = obstacle
        guard obstacle != .starting, obstacle != toldObstacles[ip] else { return (true, false) }
        toldObstacles[ip] = obstacle
        return (true, true)
    }

    /// The time between two of its advertisements.
    var interval: Duration { .milliseconds(10 * Int(router.configuration.interval)) }

    /// The time that one step of a hand-over may take: an interval, but what a kernel does for it takes its time; and a
    /// holder that has to go must not wait for ages where advertisements are rare.
    var handoverStep: Duration { min(max(interval, .milliseconds(20)), .milliseconds(100)) }

    var nextDeadline: Instant? {
        var earliest = router.nextDeadline
        func consider(_ deadline: Instant?) {
            if let deadline { earliest = min(earliest ?? deadline, deadline) }
        }
        consider(renewAt)
        consider(handover?.nextAt)
        consider(succession?.until)
        consider(holderExpiresAt)
        consider(rival?.last.advanced(by: rivalMemory))
        return earliest
    }

    /// Whether two nodes hold the address, and have done so for longer than the election takes to settle it.
    var isContested: Bool {
        guard let rival else { return false }
        return rival.since.duration(to: rival.last) > rivalMemory
    }

    private var rivalMemory: Duration { Self.memory(router.configuration.interval) }

    /// Another Active node was heard while this one is Active.
    mutating func heardRival(at now: Instant) { rival = (rival?.since ?? now, now) }

    /// The rival has fallen silent, or this node has stepped down.
    mutating func forgetRival(at now: Instant) {
        guard let last = rival?.last else { return }
        if router.state != .active || last.advanced(by: rivalMemory) <= now { rival = nil }
    }

    mutating func remember(_ transition: NodeSnapshot.Transition) {
        transitions += 1
        reasons[.init(to: transition.to, reason: transition.reason.name), default: 0] += 1
        if history.count == Self.historyLimit { history.removeFirst() }
        history.append(transition)
    }
}
