internal import Wire

/// What happens in the states.
extension VirtualRouter {
    var ownTimers: Timers { Timers(interval: configuration.interval, priority: priority) }

    func advertisement(priority: UInt8) -> Advertisement {
        Advertisement(
            virtualRouterID: configuration.virtualRouterID, priority: priority, interval: configuration.interval,
            addresses: configuration.addresses)
    }

    func reasonToIgnore(_ advertisement: Advertisement, from sender: TieBreaker, at now: Instant) -> IgnoreReason? {
        if case .initialize = phase { return .notRunning }
        guard advertisement.virtualRouterID == configuration.virtualRouterID else {
            return .otherRouter(advertisement.virtualRouterID)
        }
        guard advertisement.addresses.first?.isIPv4 == configuration.addresses.first?.isIPv4 else {
            return .otherFamily
        }
        if sender == tieBreaker { return .ownEcho }
        if priority == 255 { return .addressOwner }
        guard case .active(let active) = phase, let predecessor = active.predecessor else { return nil }
        let isOld = predecessor.node == sender && now < predecessor.until
        return isOld && advertisement.priority != Advertisement.resignation ? .predecessor : nil
    }

    mutating func notice(_ advertisement: Advertisement) -> [Action] {
        var now: [Disagreement] = []
        if advertisement.interval != configuration.interval { now.append(.interval(advertisement.interval)) }
        let theirs = advertisement.addresses
        if theirs != configuration.addresses, Set(theirs) != Set(configuration.addresses) {
            now.append(.addresses(theirs))
        }
        defer { disagreements = now }
        return now.filter { !disagreements.contains($0) }.map { .noticed($0) }
    }

    mutating func heard(
        _ advertisement: Advertisement, from sender: TieBreaker, as backup: Backup, at now: Instant
    ) -> [Action] {
        let resigned = advertisement.priority == Advertisement.resignation
        if resigned, let active = backup.heard?.node, active != sender { return [.ignored(.notActive)] }
        if configuration.preempt, now >= preemptsFrom, advertisement.priority < priority, !resigned {
            var backup = backup
            backup.forgetActive()
            phase = .backup(backup)
            return [.ignored(.lowerPriority)]
        }
        let interval = resigned ? backup.interval : advertisement.interval
        if let heard = backup.heard, heard.node != sender { recent = Lateness() }
        if let late = backup.lateness(of: sender, at: now) { recent.note(late, allowing: configuration.allowance) }
        phase = .backup(
            Backup(
                waitingFrom: now, interval: interval, priority: priority, rank: rank, resigned: resigned, heard: sender,
                asks: asks))
        return []
    }

    mutating func heard(
        _ advertisement: Advertisement, from sender: TieBreaker, as active: Active, at now: Instant
    ) -> [Action] {
        let isRival = advertisement.priority != Advertisement.resignation
        if isRival, active.successor == sender {
            waitAsBackup(interval: advertisement.interval, at: now, heard: sender)
            return [.relinquish, .transition(from: .active, to: .backup, reason: .handedOver)]
        }
        if (advertisement.priority, sender) > (priority, tieBreaker) {
            waitAsBackup(interval: advertisement.interval, at: now, heard: sender)
            let reason: TransitionReason =
                advertisement.priority > priority ? .higherPriority(advertisement.priority) : .higherTieBreaker
            let lastWord = self.advertisement(priority: priority)
            return [.release, .advertise(lastWord), .transition(from: .active, to: .backup, reason: reason)]
        }
        var active = active
        active.announcements.restart(at: now)
        let announce = active.announcements.isDue(at: now)
        return advertise(active, at: now) + (announce ? [.announce] : [])
    }

    private mutating func waitAsBackup(interval: UInt16, at now: Instant, heard node: TieBreaker? = nil) {
        phase = .backup(
            Backup(
                waitingFrom: now, interval: interval, priority: priority, rank: rank, heard: node, asks: asks))
    }

    mutating func becomeActive(
        from before: RouterState, because reason: TransitionReason, at now: Instant
    ) -> [Action] {
        var announcements = Announcements(configuration.announcements, from: now)
        _ = announcements.isDue(at: now)
        return [.claim] + advertise(Active(at: now, announcements), at: now)
            + [.announce, .transition(from: before, to: .active, reason: reason)]
    }

    /// Sends an advertisement in Active, and begins to wait for the next.
    mutating func advertise(_ active: Active, at now: Instant) -> [Action] {
        var active = active
        active.advertised = now
        phase = .active(active)
        return [.advertise(advertisement(priority: active.askedAt == nil ? priority : Advertisement.question))]
    }

    /// Before any event: an Active router that overslept asks, or goes to Backup first (rows 20, 31, 32).
    mutating func wakeUp(at now: Instant, hearing rival: Advertisement? = nil) -> [Action] {
        guard case .active(var active) = phase else { return [] }
        let hearsRival = rival.map { $0.priority != Advertisement.resignation } ?? false
        let slept = active.advertised.duration(to: now)
        // For as long as its peers wait before they replace one that can't even answer.
        guard slept >= (asks ? ownTimers.unanswered : ownTimers.activeDown) else {
            // It asked, and this is the answer.
            return hearsRival && active.askedAt != nil ? giveWay(after: slept, telling: false, at: now) : []
        }
        if slept >= configuration.patience { return giveWay(after: slept, telling: true, at: now) }
        if hearsRival { return giveWay(after: slept, telling: false, at: now) }
        active.askedAt = now
        return advertise(active, at: now)
    }

    mutating func giveWay(after slept: Duration, telling: Bool, at now: Instant) -> [Action] {
        waitAsBackup(interval: configuration.interval, at: now)
        let farewell: [Action] = telling ? [.advertise(advertisement(priority: Advertisement.resignation))] : []
        return [.release] + farewell + [.transition(from: .active, to: .backup, reason: .overslept(slept))]
    }
}
