public import Wire

extension SWIM {
    /// When `deadlineReached` has to be called next; it may lie in the past.
    public var nextDeadline: Instant {
        // A node that leaves only goes on saying so.
        guard !isLeaving else { return news.isEmpty ? .distantFuture : nextGossip }
        var earliest = min(nextSync, stretchDeadline)
        // With nobody to ask, and no doubt about ourselves, there is no round; the first one met begins one at once.
        if probeList.count > 0 || awareness.health > 0 { earliest = min(earliest, nextProbe) }
        if !news.isEmpty { earliest = min(earliest, nextGossip) }
        for probe in probes { earliest = min(earliest, probe.nextDeadline) }
        for relay in relays { earliest = min(earliest, relay.nextDeadline) }
        for deadline in [suspicionDeadline, calls.nextDeadline, memory.deadline] {
            if let deadline { earliest = min(earliest, deadline) }
        }
        return earliest
    }

    /// Time has come to `nextDeadline`, or somewhat later.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        var actions: [Action] = []
        noticePause(at: now, into: &actions)
        if !isLeaving {
            advanceProbes(at: now, into: &actions)
            advanceRelays(at: now, into: &actions)
            advanceSuspicions(at: now, into: &actions)
            probeRound(at: now, into: &actions)
            periodicSync(at: now, into: &actions)
            advanceStretch(at: now, into: &actions)
            makeCalls(at: now, into: &actions)
        }
        gossip(at: now, into: &actions)
        if let store = memory.deadline, store <= now { storePeers(at: now, into: &actions) }
        return actions
    }

    /// Finds out that it was ourselves who stood still (hung, stopped, starved of CPU): then nobody else is to blame
    /// for what was not heard, so every probe begins anew and every suspect gets back the time that we missed.
    mutating func noticePause(at now: Instant, into actions: inout [Action]) {
        // What was due but not done since the last input does not count: then we were awake.
        let expected = max(nextDeadline, lastInput)
        lastInput = max(lastInput, now)
        let late = expected.duration(to: now)
        guard !isLeaving, late > configuration.probeInterval + configuration.probeInterval else { return }
        awareness.worsen()
        for var peer in roster.peers {
            guard let start = peer.suspicion?.start else { continue }
            peer.suspicion?.start = start.advanced(by: late)
            roster.set(peer)
        }
        // Its acknowledgement may have waited as we did.
        stretch = nil
        let targets = probes.map(\.target)
        probes = []
        relays = []
        for target in targets { probe(target, at: now, into: &actions) }
        nextProbe = now.advanced(by: awareness.stretch(configuration.probeInterval))
    }
}

extension Instant {
    /// Later than any deadline: 292 years.
    static var distantFuture: Instant { Instant(nanoseconds: .max) }
}
