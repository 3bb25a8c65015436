internal import VRRP
internal import Wire

/// A floating address with its virtual router, and what this node knows of who holds it.
struct FloatingRouter: Sendable {
    let address: FloatingAddress
    var router: VirtualRouter
    /// The node that was last heard to be Active, or this one.
    var holder: NodeID?
    /// When the holder is no longer believed in, unless it is heard again.
    var holderExpiresAt: Instant?
    /// Since when, and how lately, another Active node was heard while this one is Active too.
    private var rival: (since: Instant, last: Instant)?
    /// When the lease of the address is to be renewed; only while Active.
    var renewAt: Instant?
    /// What stands against holding this address here.
    var obstacle: Health.Reason?
    /// The obstacle that people were told of last.
    var toldObstacle: Health.Reason?
    /// The last transitions, the newest last.
    private(set) var history: [NodeSnapshot.Transition] = []
    /// How many transitions there have been.
    private(set) var transitions: UInt64 = 0

    /// How many transitions are remembered.
    static let historyLimit = 64
    /// How long a holder that is not heard is still named: four of its intervals (centiseconds), and at least a second.
    static func memory(_ interval: UInt16) -> Duration { max(.seconds(1), .milliseconds(40 * Int(interval))) }

    init(_ address: FloatingAddress, configuration: Node.Configuration, node: NodeID) {
        self.address = address
        router = VirtualRouter(
            VirtualRouter.Configuration(
                virtualRouterID: address.virtualRouterID, addresses: [address.ip], interval: configuration.interval,
                preempt: configuration.preempt),
            priority: configuration.priority, tieBreaker: TieBreaker(node))
    }

    var nextDeadline: Instant? {
        var earliest = router.nextDeadline
        func consider(_ deadline: Instant?) {
            if let deadline { earliest = min(earliest ?? deadline, deadline) }
        }
        consider(renewAt)
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
        if history.count == Self.historyLimit { history.removeFirst() }
        history.append(transition)
    }
}
