import Wire

/// One question to a member whether it is there.
struct Probe: Sendable, Equatable {
    let target: NodeID
    let sequence: UInt32
    /// When help is asked for; nil once that has been done.
    var helpAt: Instant?
    let failsAt: Instant
    /// Whether it has no more time than a healthy node gives.
    let isPrompt: Bool
    var helpers: [NodeID] = []
    /// Helpers that have said that they are there, but got no answer either.
    var refusals: [NodeID] = []

    var nextDeadline: Instant { helpAt ?? failsAt }
}

extension SWIM {
    /// Begins a round if it is time.
    mutating func probeRound(at now: Instant, into actions: inout [Action]) {
        guard nextProbe <= now else { return }
        if probeList.count == 0 {
            // With nobody to ask, nothing says that we are unwell.
            awareness.recover()
        }
        for _ in 0..<min(configuration.probesPerInterval, probeList.count) {
            guard let target = probeList.next(using: &random) else { break }
            probe(target, at: now, into: &actions)
        }
        nextProbe = now.advanced(by: awareness.stretch(configuration.probeInterval))
    }

    /// Probes a member, unless that is going on already. `isUrgent`: in no more time than a healthy node takes.
    mutating func probe(_ target: NodeID, isUrgent: Bool = false, at now: Instant, into actions: inout [Action]) {
        guard !isLeaving, let peer = roster[target], peer.state.isPresent else { return }
        guard !probes.contains(where: { $0.target == target }) else { return }
        let stretch = isUrgent ? 1 : awareness.health + 1
        let probe = Probe(
            target: target, sequence: nextSequence(), helpAt: now.advanced(by: configuration.probeTimeout * stretch),
            failsAt: now.advanced(by: configuration.probeInterval * stretch), isPrompt: stretch == 1)
        probes.append(probe)
        send(.ping(sequence: probe.sequence, target: target), to: peer, into: &actions)
    }

    /// Asks for help, and gives up, where it is time.
    mutating func advanceProbes(at now: Instant, into actions: inout [Action]) {
        for index in probes.indices where probes[index].helpAt.map({ $0 <= now }) == true {
            askForHelp(index, at: now, into: &actions)
        }
        let failed = probes.filter { $0.failsAt <= now }
        probes.removeAll { $0.failsAt <= now }
        for probe in failed { fail(probe, at: now, into: &actions) }
    }

    /// Asks others to ping the target, and asks it once more ourselves: either datagram may just have been lost.
    private mutating func askForHelp(_ index: Int, at now: Instant, into actions: inout [Action]) {
        let probe = probes[index]
        let others = roster.peers.filter { $0.state == .alive && $0.node != probe.target }
        let helpers = others.shuffled(using: &random).prefix(configuration.indirectProbes)
        probes[index].helpAt = nil
        probes[index].helpers = helpers.map(\.node)
        guard let peer = roster[probe.target] else { return }
        send(.ping(sequence: probe.sequence, target: probe.target), to: peer, into: &actions)
        // A refusal has to be here before the probe fails: it tells a silent target from silent helpers (Lifeguard).
        let patience = now.duration(to: probe.failsAt) * 8 / 10
        let request = Message.Body.pingRequest(
            sequence: probe.sequence, target: probe.target,
            patience: UInt16(clamping: patience.wholeNanoseconds / 1_000_000))
        for helper in helpers { send(request, to: helper, into: &actions) }
    }

    /// Nobody has heard the target. Helpers that were silent too are probed right away: if several nodes crashed at
    /// once, all are found out in this one round.
    private mutating func fail(_ failed: Probe, at now: Instant, into actions: inout [Action]) {
        let silent = failed.helpers.filter { !failed.refusals.contains($0) }
        // A healthy node that hears nothing does not begin to doubt itself in the middle of finding out.
        for helper in silent { probe(helper, isUrgent: failed.isPrompt, at: now, into: &actions) }
        awareness.worsen(by: failed.helpers.isEmpty ? 1 : silent.count)
        accuse(failed.target, at: now, into: &actions)
    }

    /// Somebody answered: the target itself, or a helper in its name, with what it knows of the target.
    mutating func acknowledged(
        _ number: UInt32, by origin: Origin, with records: [Record], at now: Instant, into actions: inout [Action]
    ) {
        let node = origin.sender.node
        guard number != 0, !stretchAcknowledged(number, by: node) else { return }
        if let index = probes.firstIndex(where: { $0.isOpen(number, to: node) }) {
            let target = probes.remove(at: index).target
            ways.answered(target, directly: target == node, at: now)
            awareness.recover()
            if target != node { followDetour(to: target, by: origin, records, at: now, into: &actions) }
        } else if !passOn(number, by: node, into: &actions) {
            actions.append(.ignored(.lateAnswer))
        }
    }

    /// A helper is there but has not heard the target.
    mutating func refused(_ number: UInt32, by node: NodeID, into actions: inout [Action]) {
        guard let index = probes.firstIndex(where: { $0.sequence == number && $0.helpers.contains(node) }) else {
            return actions.append(.ignored(.lateAnswer))
        }
        if !probes[index].refusals.contains(node) { probes[index].refusals.append(node) }
    }

    /// A number for a question; never 0, which asks for nothing.
    mutating func nextSequence() -> UInt32 {
        sequence = sequence == .max ? 1 : sequence + 1
        return sequence
    }
}

extension Probe {
    fileprivate func isOpen(_ number: UInt32, to node: NodeID) -> Bool {
        sequence == number && (target == node || helpers.contains(node))
    }
}
