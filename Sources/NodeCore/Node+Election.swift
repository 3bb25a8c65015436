internal import Membership
internal import VRRP
internal import Wire

extension Node {
    /// How seldom a dead member's address gets an advertisement: one in fifty, a second at the default interval. It may
    /// live behind a cut that multicast does not cross; or its address may be another machine's by now.
    private static let deadShare: UInt64 = 50
    /// How seldom an advertisement goes to the group while every member is there: five times a second at the default interval.
    private static let groupShare: UInt64 = 10

    /// Draws the conclusions of what has been learned: priority, who may run, lights.
    mutating func settle(at now: Instant, into actions: inout [Action]) {
        guard !isStopped else { return }
        settleLease(at: now, into: &actions)
        settleKeys(at: now, into: &actions)
        settlePairing(at: now, into: &actions)
        for index in routers.indices {
            // By a copy: to hand over an element would copy the whole node, at every datagram.
            let router = routers[index]
            routers[index].router.setRank(rank(for: router))
            let eligible = mayRun(for: router, at: now)
            let runs = router.router.state != .initialize
            if eligible { stay(index) }
            if eligible && !runs {
                let reason: TransitionReason = isResumed ? .resumed : .started
                perform(
                    routers[index].router.startup(because: reason, at: now), of: index, at: now, into: &actions)
            } else if !eligible && runs {
                resign(index, because: reasonToResign(routers[index]), at: now, into: &actions)
            }
        }
        if routers.contains(where: { $0.router.state != .initialize }) { isResumed = false }
        chooseLifelines(into: &actions)
        considerSpread(at: now, into: &actions)
        if isStopping && routers.allSatisfy({ $0.router.state != .active }) {
            perform(membership.leave(at: now), at: now, into: &actions)
            isStopped = true
        }
        showSignal(at: now, into: &actions)
    }

    func mayRun(for router: FloatingRouter, at now: Instant) -> Bool {
        health.isServing && router.obstacle == nil && !isDraining && !isStopping && now >= settledAt
            && !isInConflict(router) && canAdvertise(router)
    }

    private func isInConflict(_ router: FloatingRouter) -> Bool {
        router.addresses.contains { conflicts[$0.ip] != nil }
    }

    /// Notes what stands against single addresses, and tells people.
    /// - Returns: whether anything has changed.
    mutating func note(_ obstacles: [IPAddress: Health.Reason], into actions: inout [Action]) -> Bool {
        var isNew = false
        for index in routers.indices {
            for address in routers[index].addresses {
                let noted = routers[index].note(obstacles[address.ip], against: address.ip)
                if noted.isNew { isNew = true }
                if noted.isNews { actions.append(.tell(.obstacle(address, obstacles[address.ip]))) }
            }
        }
        return isNew
    }

    private func reasonToResign(_ router: FloatingRouter) -> TransitionReason {
        if isInConflict(router) { return .addressConflict }
        if isStopping { return .stopping }
        if isDraining { return .draining }
        let reasons = health.reasons + [router.obstacle].compactMap { $0 }
        return reasons.contains { if case .linkDown = $0 { true } else { false } } ? .linkDown : .cannotServe
    }

    mutating func receiveAdvertisement(
        _ payload: [UInt8], sender: Session, at now: Instant, into actions: inout [Action]
    ) {
        guard configuration.mode == .sealed else {
            return ignored.count("sealed advertisement, but this node's mode is standard")
        }
        let advertisement: Advertisement
        do {
            advertisement = try Advertisement.decode(sealed: payload.dropFirst())
        } catch {
            return ignored.count("malformed advertisement")
        }
        guard let index = routers.firstIndex(where: { $0.isMeant(by: advertisement) }) else {
            return ignored.count("advertisement of a virtual router that is not configured here")
        }
        lifelines.heard(sender.node)
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
            if !routers[index].router.isInDoubt { actions += routers[index].addresses.map { .claim($0) } }
            routers[index].renewAt = now.advanced(by: configuration.renewal)
        }
        if let due = routers[index].holderExpiresAt, due <= now { setHolder(index, nil, until: nil, into: &actions) }
        routers[index].forgetRival(at: now)
        carryOnHandover(index, at: now, into: &actions)
        if let due = routers[index].succession?.until, due <= now { succeed(index, at: now, into: &actions) }
    }

    /// Carries out what a virtual router wants.
    mutating func perform(
        _ wanted: [VirtualRouter.Action], of index: Int, at now: Instant, into actions: inout [Action]
    ) {
        let addresses = routers[index].addresses
        for action in wanted {
            switch action {
            case .advertise(let advertisement): advertise(advertisement, into: &actions)
            case .claim:
                actions += addresses.map { .claim($0) }
                routers[index].renewAt = now.advanced(by: configuration.renewal)
            case .release:
                actions += addresses.map { .release($0) }
                routers[index].renewAt = nil
            case .relinquish:
                actions += addresses.map { .relinquish($0) }
                routers[index].renewAt = nil
                routers[index].heir = routers[index].handover?.successor.address
            case .askForSignOfLife:
                guard let holder = routers[index].holder else {
                    routers[index].router.activeCannotBeAsked()
                    continue
                }
                actions.append(.askForSignOfLife(holder))
            case .announce: actions += addresses.map { .announce($0) }
            case .transition(let from, let to, let reason):
                routers[index].remember(.init(from: from, to: to, reason: reason, at: now))
                actions += addresses.map { .tell(.transition($0, from: from, to: to, reason)) }
                routers[index].isUnwanted = false
                routers[index].succession = nil
                if to == .active { routers[index].heir = nil }
                if from == .active { routers[index].handover = nil }
                if to == .active { setHolder(index, session.node, until: nil, into: &actions) }
                if from == .active { setHolder(index, nil, until: nil, into: &actions) }
            case .noticed(let disagreement):
                actions += addresses.prefix(1).map { .tell(.disagreement($0, disagreement)) }
            case .ignored(let reason): ignored.count("advertisement: \(reason)")
            }
        }
    }

    /// An advertisement goes to every known member, for networks that lose multicast, and to the group, for nodes that
    /// are not known here: every time if some may be there, else now and then. It is sealed once, which is
    /// most of the work; who gets it twice leaves out the copy.
    private mutating func advertise(_ advertisement: Advertisement, into actions: inout [Action]) {
        guard configuration.mode == .sealed else { return actions.append(.advertise(advertisement)) }
        var destinations = company.presentAddresses.map { Destination.address($0) }
        // Who speaks another version of membership is no member, and is not to run against a holder that it can hear.
        let isHeardBeyond = company.isLost || diagnosis.holds(\.isOfOtherVersion)
        if destinations.isEmpty || isHeardBeyond || advertisements % Self.groupShare == 0 {
            destinations.append(.group)
        }
        if advertisements % Self.deadShare == 0 { destinations += company.dead.map { .address($0) } }
        advertisements += 1
        send(Self.message(of: advertisement), to: destinations, into: &actions)
    }

    static func message(of advertisement: Advertisement) -> [UInt8] {
        [MessageKind.advertisement] + advertisement.encoded(checksum: .none)
    }

    private mutating func noteHolder(
        _ index: Int, _ advertisement: Advertisement, sender: NodeID, at now: Instant, into actions: inout [Action]
    ) {
        routers[index].rivalHeardAt = now
        guard routers[index].router.state != .active else {
            if advertisement.priority != 0 { routers[index].heardRival(at: now) }
            return
        }
        if advertisement.priority == 0 {
            if routers[index].holder == sender { setHolder(index, nil, until: nil, into: &actions) }
            return
        }
        for address in routers[index].addresses { conflicts[address.ip] = nil }
        if routers[index].succession?.predecessor != sender { routers[index].succession = nil }
        setHolder(index, sender, until: now.advanced(by: FloatingRouter.memory(advertisement.interval)), into: &actions)
    }

    mutating func setHolder(_ index: Int, _ holder: NodeID?, until: Instant?, into actions: inout [Action]) {
        routers[index].holderExpiresAt = until
        guard routers[index].holder != holder || routers[index].outsider != nil else { return }
        routers[index].holder = holder
        spreadAt = nil
        routers[index].outsider = nil
        actions += routers[index].addresses.map { .tell(.holder($0, holder)) }
    }
}
