internal import Membership
internal import VRRP
internal import Wire

extension Node {
    /// How seldom a dead member's address gets an advertisement: one in fifty, a second at the default interval. It may
    /// live behind a cut that multicast does not cross; or its address may be another machine's by now.
    private static let deadShare: UInt64 = 50

    /// Draws the conclusions of what has been learned: priority, who may run, lights.
    mutating func settle(at now: Instant, into actions: inout [Action]) {
        guard !isStopped else { return }
        for index in routers.indices {
            routers[index].router.setRank(company.rank)
            let eligible = mayRun(for: routers[index].address, at: now)
            let runs = routers[index].router.state != .initialize
            if eligible && !runs {
                perform(routers[index].router.startup(at: now), of: index, at: now, into: &actions)
            } else if !eligible && runs {
                perform(
                    routers[index].router.shutdown(reason: reasonToResign(routers[index].address), at: now), of: index,
                    at: now, into: &actions)
            }
        }
        showSignal(at: now, into: &actions)
    }

    private func mayRun(for address: FloatingAddress, at now: Instant) -> Bool {
        health.isServing && obstacle(to: address) == nil && !isDraining && now >= settledAt
            && conflicts[address.ip] == nil
    }

    private func obstacle(to address: FloatingAddress) -> Health.Reason? {
        routers.first { $0.address == address }?.obstacle
    }

    /// Notes what stands against single addresses, and tells people; that an address is still being asked for is no
    /// news.
    /// - Returns: whether anything has changed.
    mutating func note(_ obstacles: [IPAddress: Health.Reason], into actions: inout [Action]) -> Bool {
        var isNew = false
        for index in routers.indices {
            let obstacle = obstacles[routers[index].address.ip]
            guard obstacle != routers[index].obstacle else { continue }
            isNew = true
            routers[index].obstacle = obstacle
            guard obstacle != .starting, obstacle != routers[index].toldObstacle else { continue }
            routers[index].toldObstacle = obstacle
            actions.append(.tell(.obstacle(routers[index].address, obstacle)))
        }
        return isNew
    }

    private func reasonToResign(_ address: FloatingAddress) -> TransitionReason {
        if conflicts[address.ip] != nil { return .addressConflict }
        if isDraining { return .draining }
        let reasons = health.reasons + [obstacle(to: address)].compactMap { $0 }
        return reasons.contains { if case .linkDown = $0 { true } else { false } } ? .linkDown : .cannotServe
    }

    mutating func receiveAdvertisement(
        _ payload: [UInt8], sender: Session, at now: Instant, into actions: inout [Action]
    ) {
        let advertisement: Advertisement
        do {
            advertisement = try Advertisement.decode(sealed: payload.dropFirst())
        } catch {
            return ignored.count("malformed advertisement")
        }
        guard let index = routers.firstIndex(where: { $0.address.virtualRouterID == advertisement.virtualRouterID })
        else { return ignored.count("advertisement of a virtual router that is not configured here") }
        perform(
            routers[index].router.receive(advertisement, from: TieBreaker(sender.node), at: now), of: index, at: now,
            into: &actions)
        noteHolder(index, advertisement, sender: sender.node, at: now, into: &actions)
    }

    mutating func routerDeadline(_ index: Int, at now: Instant, into actions: inout [Action]) {
        if let due = routers[index].router.nextDeadline, due <= now {
            perform(routers[index].router.deadlineReached(at: now), of: index, at: now, into: &actions)
        }
        if let due = routers[index].renewAt, due <= now {
            actions.append(.claim(routers[index].address))
            routers[index].renewAt = now.advanced(by: configuration.renewal)
        }
        if let due = routers[index].holderExpiresAt, due <= now { setHolder(index, nil, until: nil, into: &actions) }
        routers[index].forgetRival(at: now)
    }

    /// Carries out what a virtual router wants.
    mutating func perform(
        _ wanted: [VirtualRouter.Action], of index: Int, at now: Instant, into actions: inout [Action]
    ) {
        let address = routers[index].address
        for action in wanted {
            switch action {
            case .advertise(let advertisement): advertise(advertisement, into: &actions)
            case .claim:
                actions.append(.claim(address))
                routers[index].renewAt = now.advanced(by: configuration.renewal)
            case .release:
                actions.append(.release(address))
                routers[index].renewAt = nil
            case .announce: actions.append(.announce(address))
            case .transition(let from, let to, let reason):
                routers[index].remember(.init(from: from, to: to, reason: reason, at: now))
                actions.append(.tell(.transition(address, from: from, to: to, reason)))
                if to == .active { setHolder(index, session.node, until: nil, into: &actions) }
                if from == .active { setHolder(index, nil, until: nil, into: &actions) }
            case .noticed(let disagreement): actions.append(.tell(.disagreement(address, disagreement)))
            case .ignored(let reason): ignored.count("advertisement: \(reason)")
            }
        }
    }

    /// An advertisement goes to the group, for nodes that are not known here, and to every known member, for networks
    /// that lose multicast.
    private mutating func advertise(_ advertisement: Advertisement, into actions: inout [Action]) {
        let payload = [MessageKind.advertisement] + advertisement.encoded(checksum: .none)
        send(payload, to: .group, into: &actions)
        for address in company.present { send(payload, to: .address(address), into: &actions) }
        advertisements += 1
        guard advertisements % Self.deadShare == 0 else { return }
        for address in company.dead { send(payload, to: .address(address), into: &actions) }
    }

    private mutating func noteHolder(
        _ index: Int, _ advertisement: Advertisement, sender: NodeID, at now: Instant, into actions: inout [Action]
    ) {
        guard routers[index].router.state != .active else {
            if advertisement.priority != 0 { routers[index].heardRival(at: now) }
            return
        }
        if advertisement.priority == 0 {
            if routers[index].holder == sender { setHolder(index, nil, until: nil, into: &actions) }
            return
        }
        conflicts[routers[index].address.ip] = nil
        setHolder(index, sender, until: now.advanced(by: FloatingRouter.memory(advertisement.interval)), into: &actions)
    }

    private mutating func setHolder(_ index: Int, _ holder: NodeID?, until: Instant?, into actions: inout [Action]) {
        routers[index].holderExpiresAt = until
        guard routers[index].holder != holder else { return }
        routers[index].holder = holder
        actions.append(.tell(.holder(routers[index].address, holder)))
    }
}
