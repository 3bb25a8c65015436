internal import Membership
public import VRRP
public import Wire

/// The addresses that a node's advertisements leave from in standard mode; nil where it has none.
///
/// They are the first address of the interface for IPv4, its link-local address for IPv6 (RFC 9568 §5.1.1.1, §5.1.2.1),
/// and never floating ones.
public struct PrimaryAddresses: Hashable, Sendable {
    /// The IPv4 address.
    public var ipv4: IPAddress?
    /// The IPv6 link-local address.
    public var ipv6: IPAddress?

    /// These addresses.
    public init(ipv4: IPAddress? = nil, ipv6: IPAddress? = nil) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// That of one IP version.
    public subscript(isIPv4 isIPv4: Bool) -> IPAddress? { isIPv4 ? ipv4 : ipv6 }
}

/// Which senders say what otherwise than this node's configuration, of what people have been told. Anybody on the LAN can
/// advertise in standard mode: two that disagree with each other, or one under many names, must not fill the log.
struct Disagreements: Sendable {
    private struct Topic: Hashable {
        let source: IPAddress
        let virtualRouterID: UInt8
        let isOfInterval: Bool
    }

    private var told: [Topic: (last: Disagreement, times: Int)] = [:]
    /// There are not so many honest ones; of further ones nobody is told.
    static let most = 64
    /// Nor does an honest one change its word so often.
    static let mostTimes = 4

    /// Whether this sender's word is another than the one that people know; they know it from now on.
    mutating func isNews(_ disagreement: Disagreement, in virtualRouterID: UInt8, from source: IPAddress) -> Bool {
        let isOfInterval = if case .interval = disagreement { true } else { false }
        let topic = Topic(source: source, virtualRouterID: virtualRouterID, isOfInterval: isOfInterval)
        guard let before = told[topic] else {
            guard told.count < Self.most else { return false }
            told[topic] = (disagreement, 1)
            return true
        }
        guard before.last != disagreement, before.times < Self.mostTimes else { return false }
        told[topic] = (disagreement, before.times + 1)
        return true
    }
}

/// Standard mode: the group of a floating address may hold others than nodes. They know neither node IDs nor ranks, so
/// equal priorities are settled by the primary addresses alone (RFC 9568 §6.4.3), and no Backup waits longer for its
/// rank. Nor do they know lifelines and successors: addresses move by advertisements alone.
extension Node {
    /// An advertisement came as a packet of its own, and was found to be in order (`Advertisement.decode`).
    public mutating func receive(
        _ advertisement: Advertisement, from source: IPAddress, at now: Instant
    ) -> [Action] {
        guard !isStopped else { return [] }
        guard configuration.mode == .standard else {
            ignored.count("advertisement without a seal, but this node's mode is sealed")
            return []
        }
        guard let index = routers.firstIndex(where: { $0.isMeant(by: advertisement) }) else {
            ignored.count("advertisement of a virtual router that is not configured here")
            return []
        }
        var actions: [Action] = []
        let heard = routers[index].router.receive(advertisement, from: TieBreaker(source), at: now).filter {
            guard case .noticed(let disagreement) = $0 else { return true }
            return disagreements.isNews(disagreement, in: advertisement.virtualRouterID, from: source)
        }
        perform(heard, of: index, at: now, into: &actions)
        if source != primary[isIPv4: source.isIPv4] {
            noteHolder(index, advertisement, source: source, at: now, into: &actions)
        }
        settle(at: now, into: &actions)
        return actions
    }

    /// The addresses that this node's advertisements leave from are these now. Without one, it does not run for the
    /// floating addresses of that IP version.
    public mutating func update(primary: PrimaryAddresses, at now: Instant) -> [Action] {
        guard !isStopped, configuration.mode == .standard, primary != self.primary else { return [] }
        self.primary = primary
        for index in routers.indices {
            guard let address = primary[isIPv4: routers[index].isIPv4] else { continue }
            routers[index].router.setTieBreaker(TieBreaker(address))
        }
        var actions: [Action] = []
        settle(at: now, into: &actions)
        return actions
    }

    /// Whether this node's advertisements for a virtual router have an address to leave from.
    func canAdvertise(_ router: FloatingRouter) -> Bool {
        configuration.mode == .sealed || primary[isIPv4: router.isIPv4] != nil
    }

    /// This node's place among those who wait for the holder's end: none where others than nodes wait, too, for their
    /// skew is that of the RFC.
    func rank(for router: FloatingRouter) -> Int {
        configuration.mode == .sealed ? router.rank(of: session.node, in: company) : 0
    }

    private mutating func noteHolder(
        _ index: Int, _ advertisement: Advertisement, source: IPAddress, at now: Instant, into actions: inout [Action]
    ) {
        routers[index].rivalHeardAt = now
        guard routers[index].router.state != .active else {
            if advertisement.priority != Advertisement.resignation { routers[index].heardRival(at: now) }
            return
        }
        let member = company.nodes[source]
        if advertisement.priority == Advertisement.resignation {
            let isHolder = member.map { $0 == routers[index].holder } ?? (routers[index].outsider == source)
            if isHolder { setHolder(index, nil, until: nil, into: &actions) }
            return
        }
        for address in routers[index].addresses { conflicts[address.ip] = nil }
        let until = now.advanced(by: FloatingRouter.memory(advertisement.interval))
        if let member { return setHolder(index, member, until: until, into: &actions) }
        setOutsider(index, source, until: until, into: &actions)
    }

    private mutating func setOutsider(
        _ index: Int, _ outsider: IPAddress, until: Instant, into actions: inout [Action]
    ) {
        routers[index].holderExpiresAt = until
        routers[index].holder = nil
        guard routers[index].outsider != outsider else { return }
        routers[index].outsider = outsider
        actions += routers[index].addresses.map { .tell(.outsider($0, outsider)) }
    }
}
