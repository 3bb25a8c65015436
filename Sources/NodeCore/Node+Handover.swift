internal import VRRP
public import Wire

extension Node {
    /// Hands floating addresses over to other nodes, and stays in service: all of them, or the one named.
    ///
    /// - Returns: nil when this node holds no such address. If nobody takes over, it keeps what it has and says so.
    public mutating func resign(_ ip: IPAddress? = nil, at now: Instant) -> [Action]? {
        let held = routers.indices.filter { index in
            routers[index].router.state == .active && (ip.map { routers[index].holds($0) } ?? true)
        }
        guard !isStopped, !held.isEmpty else { return nil }
        var actions: [Action] = []
        for index in held where !beginHandover(index, .moving, at: now, into: &actions) {
            actions += routers[index].addresses.map { .tell(.handover($0, to: nil)) }
        }
        return actions
    }

    /// Lets go of a virtual router's addresses: by handing them over, where the node can still wait for that.
    mutating func resign(_ index: Int, because reason: TransitionReason, at now: Instant, into actions: inout [Action])
    {
        if routers[index].router.state == .active, reason.leavesTime, !routers[index].isUnwanted {
            if routers[index].handover?.purpose == .leaving { return }
            if beginHandover(index, .leaving, at: now, into: &actions) { return }
        }
        perform(routers[index].router.shutdown(reason: reason, at: now), of: index, at: now, into: &actions)
    }

    /// Asks the best of those who have not been asked yet to take over; or `only` this one.
    /// - Returns: false when there is no one.
    @discardableResult
    mutating func beginHandover(
        _ index: Int, _ purpose: Handover.Purpose, only: NodeID? = nil, after refused: [NodeID] = [],
        at now: Instant, into actions: inout [Action]
    ) -> Bool {
        guard configuration.mode == .sealed, refused.count < Handover.mostSuccessors else { return false }
        let successors = routers[index].successors(in: company).filter {
            $0.address != nil && !refused.contains($0.node) && (only ?? $0.node) == $0.node
        }
        guard let successor = successors.first else { return false }
        routers[index].handover = Handover(
            purpose, to: successor, after: refused, step: routers[index].handoverStep, at: now)
        routers[index].router.handOver(to: TieBreaker(successor.node))
        actions += routers[index].addresses.map { .tell(.handover($0, to: successor.node)) }
        offer(index, into: &actions)
        return true
    }

    private mutating func offer(_ index: Int, into actions: inout [Action]) {
        guard let address = routers[index].handover?.successor.address else { return }
        send(RouterReference(routers[index]).message(MessageKind.offer), to: .address(address), into: &actions)
    }

    /// The successor has not advertised yet: ask again, or another.
    mutating func carryOnHandover(_ index: Int, at now: Instant, into actions: inout [Action]) {
        guard var handover = routers[index].handover, handover.nextAt <= now else { return }
        guard handover.isExhausted else {
            handover.offeredAgain(step: routers[index].handoverStep, at: now)
            routers[index].handover = handover
            return offer(index, into: &actions)
        }
        let refused = handover.refused + [handover.successor.node]
        if handover.purpose == .spreading {
            unwilling[handover.successor.node] = now.advanced(by: Self.unwillingFor)
        } else if beginHandover(index, handover.purpose, after: refused, at: now, into: &actions) {
            return
        }
        callOff(index)
        if handover.purpose == .leaving { routers[index].isUnwanted = true }
        actions += routers[index].addresses.map { .tell(.handover($0, to: nil)) }
    }

    private mutating func callOff(_ index: Int) {
        routers[index].handover = nil
        routers[index].router.handOver(to: nil)
    }

    /// A holder that may stay need not leave, and whoever did not want it then may want it the next time.
    mutating func stay(_ index: Int) {
        routers[index].isUnwanted = false
        if routers[index].handover?.purpose == .leaving { callOff(index) }
    }

    /// The holder asks this node to take over. A node that may not run says nothing, and another is asked.
    mutating func receiveOffer(
        _ payload: [UInt8], from source: SocketAddress, sender: Session, at now: Instant, into actions: inout [Action]
    ) {
        guard let index = router(of: payload) else { return }
        let mayTake = mayRun(for: routers[index], at: now) && configuration.mode == .sealed
        switch routers[index].router.state {
        case .active: answerQuestion(from: source, into: &actions)
        case .backup where mayTake && [nil, sender.node].contains(routers[index].holder):
            guard routers[index].succession == nil else { return }
            routers[index].succession = Succession(
                sender.node, routers[index].addresses, step: routers[index].handoverStep, at: now)
            actions += routers[index].addresses.map { .adopt($0, from: source) }
        case .initialize, .backup: ignored.count("offer that this node cannot take")
        }
    }

    /// What `adopt` asked for is done, or cannot be done: the address may be claimed.
    public mutating func adopted(_ ip: IPAddress, at now: Instant) -> [Action] {
        guard !isStopped, let index = routers.firstIndex(where: { $0.holds(ip) }) else { return [] }
        routers[index].succession?.awaited.removeAll { $0 == ip }
        guard routers[index].succession?.awaited.isEmpty == true else { return [] }
        var actions: [Action] = []
        succeed(index, at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Takes over, unless something has come between.
    mutating func succeed(_ index: Int, at now: Instant, into actions: inout [Action]) {
        guard let succession = routers[index].succession else { return }
        routers[index].succession = nil
        guard mayRun(for: routers[index], at: now), [nil, succession.predecessor].contains(routers[index].holder) else {
            return
        }
        perform(
            routers[index].router.succeed(TieBreaker(succession.predecessor), at: now), of: index, at: now,
            into: &actions)
    }

    /// This node answers for a relinquished address no more. The successor is told, so that it announces the address
    /// once more; also by a node that has stopped.
    public mutating func relinquished(_ ip: IPAddress) -> [Action] {
        guard let index = routers.firstIndex(where: { $0.holds(ip) }), let heir = routers[index].heir else { return [] }
        var actions: [Action] = []
        send(RouterReference(routers[index]).message(MessageKind.handedOver), to: .address(heir), into: &actions)
        return actions
    }

    mutating func receiveHandedOver(_ payload: [UInt8], at now: Instant, into actions: inout [Action]) {
        guard let index = router(of: payload) else { return }
        perform(routers[index].router.announceAgain(at: now), of: index, at: now, into: &actions)
    }

    private mutating func router(of payload: [UInt8]) -> Int? {
        guard let reference = try? RouterReference(message: payload) else {
            ignored.count("malformed hand-over")
            return nil
        }
        guard let index = routers.firstIndex(where: { RouterReference($0) == reference }) else {
            ignored.count("hand-over of a virtual router that is not configured here")
            return nil
        }
        return index
    }
}

extension TransitionReason {
    /// Whether a holder that has to go for this reason can wait until another has taken over.
    fileprivate var leavesTime: Bool {
        switch self {
        case .stopping, .draining, .cannotServe: true
        default: false
        }
    }
}
