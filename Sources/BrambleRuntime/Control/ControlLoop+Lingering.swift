internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

/// A floating address that another node answers for by now, and that is kept here for what is under way.
struct Lingering {
    let interface: UInt32
    let begunAt: Instant
    /// When it ends, whatever is under way.
    let deadline: Instant
    /// By when questions for it must go unanswered here; nil when they do.
    var silentBy: Instant?
    /// When its lease is to be renewed.
    var renewAt: Instant
    /// How many connections to it there were when they were last counted.
    var underWay: Int?

    /// Clients that have not heard of the move yet come here still; by then the successor has announced the address
    /// three times.
    static let shortest = Duration.milliseconds(300)
    /// The time for silencing it. Two nodes answering is worse than a connection cut off.
    static let patience = Duration.milliseconds(250)
    static let renewal = Duration.milliseconds(250)
    /// The web server cuts off what it has at the end of its own time; its last word needs the address.
    static let reserve = Duration.milliseconds(200)
}

/// Planned moves: no connection is cut off at either end (`HandoverRules`).
extension ControlLoop {
    static func handoverKeeper(_ setup: ControlSetup) -> HandoverKeeper? {
        // With a MAC address that moves along, two nodes would send from one: the switch would not know where it is.
        let node = setup.nodeConfiguration
        let hasAddresses = !node.floating.isEmpty || node.leasedRouterID != nil
        guard hasAddresses, node.mode == .sealed, !setup.configuration.floating.virtualMAC else { return nil }
        let longest = setup.configuration.http.drainTimeout + Lingering.reserve + .seconds(1)
        return try? HandoverKeeper(
            port: setup.configuration.cluster.port, longest: longest, mailbox: setup.mailbox, facts: setup.facts,
            logger: setup.logger)
    }

    private func link(on index: UInt32?) -> HandoverRules.Link? {
        interfaces.first { $0.index == index }.flatMap { HandoverRules.Link($0, floating: Set(floating.map(\.ip))) }
    }

    // MARK: - The successor

    /// Prepares to take an address over. The answer comes by the mailbox in any case, in a later turn.
    func adopt(_ address: FloatingAddress, from holder: SocketAddress) {
        guard let handover, let link = link(on: place(of: address)?.index) else {
            return setup.mailbox.post(.adopted(address.ip))
        }
        handover.post(.adopt(address.ip, on: link, from: holder.ip))
    }

    func adopted(_ ip: IPAddress, at now: Instant) {
        perform(node.adopted(ip, at: now))
        // It came to nothing, but the rules speak for this node: back to silence.
        guard let kept = lingering[ip], let link = link(on: kept.interface) else { return }
        handover?.post(.silence(ip, on: link))
    }

    /// This node has the address again: it is to speak, and what lingered is its own.
    func claimed(_ ip: IPAddress) {
        guard lingering.removeValue(forKey: ip) != nil else { return }
        handover?.post(.speak(ip))
        followLingering()
    }

    // MARK: - The former holder

    /// Lets an address go that another node answers for: at once, or when what is under way is finished.
    func linger(_ address: FloatingAddress) {
        guard let handover, let interface = held[address.ip], let link = link(on: interface) else {
            release(address)
            return perform(node.relinquished(address.ip))
        }
        let now = MonotonicClock.now()
        let deadline = now.advanced(by: setup.configuration.http.drainTimeout + Lingering.reserve)
        held[address.ip] = nil
        lingering[address.ip] = Lingering(
            interface: interface, begunAt: now, deadline: deadline,
            silentBy: now.advanced(by: Lingering.patience), renewAt: now.advanced(by: Lingering.renewal))
        handover.post(.silence(address.ip, on: link))
        if let stopsAt { self.stopsAt = max(stopsAt, deadline) }
    }

    func silenced(_ ip: IPAddress, _ isSilent: Bool) {
        guard var kept = lingering[ip] else { return }
        if isSilent {
            kept.silentBy = nil
            lingering[ip] = kept
            // From here on each response is the last of its connection, whose next one finds the new holder.
            followLingering()
        } else {
            stopLingering(ip)
        }
        perform(node.relinquished(ip))
    }

    func noteUnderWay(_ counts: [IPAddress: Int], at now: Instant) {
        for (ip, count) in counts { lingering[ip]?.underWay = count }
        lingerOn(at: now)
    }

    var nextLingering: Instant? {
        lingering.values.map { min($0.deadline, $0.renewAt, $0.silentBy ?? $0.deadline) }.min()
    }

    /// Renews the leases, and lets go of what is finished.
    func lingerOn(at now: Instant) {
        for (ip, kept) in lingering {
            let isFinished = kept.underWay == 0 && kept.begunAt.advanced(by: Lingering.shortest) <= now
            let isTooLoud = kept.silentBy.map { $0 <= now } ?? false
            if isFinished || kept.deadline <= now || isTooLoud {
                stopLingering(ip)
                if isTooLoud { perform(node.relinquished(ip)) }
            } else if kept.renewAt <= now {
                lingering[ip]?.renewAt = now.advanced(by: Lingering.renewal)
                if let error = addresses.claim(ip, on: kept.interface, validFor: Self.lease) {
                    logger.debug("\(error)")
                }
            }
        }
    }

    func stopLingering(_ ip: IPAddress) {
        guard let kept = lingering.removeValue(forKey: ip) else { return }
        if let error = addresses.release(ip, on: kept.interface) {
            logger.warning("\(error); its lease ends within a second")
        }
        handover?.post(.speak(ip))
        switch kept.underWay {
        case .none: break
        case .some(0): logger.info("\(ip): nothing is under way here any more")
        case .some(let count):
            logger.notice("\(ip): \(PlainNumbers.count(count, "connection")) not finished in time, and cut off")
        }
        followLingering()
    }

    /// While an address lingers, the web server finishes with its clients.
    func followLingering() {
        let isOut = node.snapshot.isDraining || stopsAt != nil
        let lingers = lingering.values.contains { $0.silentBy == nil }
        setup.drain.set(isOut ? .bounded : lingers ? .politely : .off)
    }
}
