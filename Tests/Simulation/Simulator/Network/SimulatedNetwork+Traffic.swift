import Wire

extension SimulatedNetwork {
    /// Does what a host asked for.
    mutating func perform(_ actions: [HostAction], on id: HostID) {
        for action in actions {
            switch action {
            case .send(let bytes, let destination): send(bytes, from: id, to: destination)
            case .broadcast(let bytes) where carriesBroadcasts:
                for other in hosts where other != id { send(bytes, from: id, to: address(of: other)) }
            case .broadcast: break
            case .claim(let address): claim(address, on: id)
            case .announce(let address): announce(address, from: id)
            case .release(let address):
                removeAddress(address, from: id)
                note("\(id) releases \(address)")
            case .lifelines(let addresses): hold(addresses, on: id)
            case .askForSignOfLife(let address): askForSignOfLife(address, of: id)
            case .knock(let address): knock(at: address, of: id)
            case .store(let key, let bytes): slots[id.index].disk[key] = bytes
            case .note(let text): note("\(id) \(text)")
            }
        }
    }

    /// Takes an address off a host, which then no longer finds it on itself.
    mutating func removeAddress(_ address: IPAddress, from id: HostID) {
        hasChanged = true
        slots[id.index].leases[address] = nil
        if slots[id.index].neighbours[address] == id { slots[id.index].neighbours[address] = nil }
    }

    /// A datagram from someone without the key reaches `target`, as if it came from `source`.
    mutating func forge(_ bytes: [UInt8], from source: SocketAddress, to target: HostID) {
        let content = Frame.Content.datagram(bytes, from: source, forged: true)
        queue.schedule(Frame(content: content, from: target, to: target), at: now)
    }

    /// A datagram has come to the end of its way.
    mutating func arrive(_ frame: Frame) {
        if case .unclogged = frame.content { return unclog(frame.from, frame.to) }
        guard frame.from == frame.to || passes(frame) else { return }
        switch slots[frame.to.index].state {
        case .off: counters.undeliverable += 1
        case .dead: if !learn(frame) { counters.undeliverable += 1 }
        case .hung: if !learn(frame) { keep(frame) }
        case .running: if !learn(frame) { deliver(frame) }
        }
    }

    /// Gives a datagram to the process.
    mutating func deliver(_ frame: Frame) {
        if case .lifelineEnd = frame.content { return lifelineEnded(frame) }
        if case .refusal = frame.content {
            let address = address(of: frame.from)
            return command(frame.to) { host, now in host.lifelineRefused(address, at: now) }
        }
        if case .signOfLife = frame.content {
            let address = address(of: frame.from)
            return command(frame.to) { host, now in host.gaveSignOfLife(address, at: now) }
        }
        if case .knocked(let address, let answer) = frame.content {
            return command(frame.to) { host, now in host.knocked(address, answer, at: now) }
        }
        guard case .datagram(let bytes, let source, let forged) = frame.content else { return }
        counters.delivered += 1
        guard forged else {
            command(frame.to) { host, now in host.receive(bytes, from: source, at: now) }
            return
        }
        counters.forged += 1
        let before = programs[frame.to.index]?.fingerprint
        var answersOnly = true
        command(frame.to) { host, now in
            let actions = host.receive(bytes, from: source, at: now)
            answersOnly = actions.allSatisfy(\.isHarmless)
            return actions
        }
        let changed = !answersOnly || before != programs[frame.to.index]?.fingerprint
        forgeries.append(Forgery(to: frame.to, at: now, changedState: changed))
        note("\(frame.to) gets \(bytes.count) forged bytes\(changed ? ", and changes" : "")")
    }

    // MARK: - Sending

    private mutating func send(_ bytes: [UInt8], from id: HostID, to destination: SocketAddress) {
        guard let target = host(at: destination) else {
            counters.undeliverable += 1
            return
        }
        if overheard.count == 256 { overheard.removeFirst(64) }
        overheard.append((bytes, id, target))
        launch(Frame(content: .datagram(bytes, from: address(of: id), forged: false), from: id, to: target))
    }

    private mutating func announce(_ address: IPAddress, from id: HostID) {
        note("\(id) announces \(address)")
        point(id, to: id, for: address)
        for other in hosts where other != id {
            launch(Frame(content: .announcement(address), from: id, to: other))
        }
    }

    private mutating func claim(_ address: IPAddress, on id: HostID) {
        if slots[id.index].leases[address] == nil {
            note("\(id) claims \(address)")
            hasChanged = true
        }
        slots[id.index].leases[address] = now.advanced(by: lease)
    }

    /// Puts a frame on its way; here the network is unkind to it.
    private mutating func launch(_ frame: Frame) {
        let way = topology.link(frame.from, frame.to)
        let conditions = topology[frame.from, frame.to]
        ways[way].sent += 1
        counters.sent += 1
        var frame = frame
        frame.sequence = ways[way].sent
        guard topology.isOpen(frame.from, frame.to) else { return countCut(frame) }
        if happens(conditions.loss) {
            counters.lost += 1
            return
        }
        let isHeldBack = happens(conditions.reordering)
        if isHeldBack { counters.heldBack += 1 }
        schedule(frame, conditions, later: isHeldBack ? conditions.heldBack : .zero)
        if happens(conditions.duplication) {
            frame.isCopy = true
            schedule(frame, conditions, later: .zero)
        }
        // An eavesdropper repeats datagrams. No switch repeats an announcement seconds later, and whoever can forge them
        // needs no old ones.
        if case .datagram = frame.content, happens(conditions.replay) {
            frame.isReplay = true
            schedule(frame, conditions, later: upTo(conditions.replayDelay))
        }
    }

    private mutating func schedule(_ frame: Frame, _ conditions: LinkConditions, later: Duration) {
        let way = topology.link(frame.from, frame.to)
        guard ways[way].underWay < conditions.capacity else {
            counters.overflowed += 1
            return
        }
        ways[way].underWay += 1
        let time = conditions.delay + upTo(conditions.jitter)
        if time > FaultCounters.longDelay { counters.delayed += 1 }
        var arrival = now.advanced(by: time + later)
        if let open = ways[way].cloggedUntil, arrival < open {
            counters.clogged += 1
            arrival = open
        }
        queue.schedule(frame, at: arrival)
    }

    private mutating func countCut(_ frame: Frame) {
        counters.cut += 1
        guard !topology.isOpen(frame.to, frame.from) else { return counters.cutOneWay += 1 }
        let isInPart = hosts.contains { third in
            third != frame.from && third != frame.to && topology.isOpen(frame.from, third)
                && topology.isOpen(third, frame.to)
        }
        if isInPart { counters.cutInPart += 1 } else { counters.cutInWhole += 1 }
    }

    // MARK: - Arriving

    /// Whether it gets out of the way that it was put on; counts what happened to it there.
    private mutating func passes(_ frame: Frame) -> Bool {
        let way = topology.link(frame.from, frame.to)
        ways[way].underWay -= 1
        guard topology.isOpen(frame.from, frame.to) else {
            countCut(frame)
            return false
        }
        if frame.isReplay {
            counters.replayed += 1
        } else if frame.isCopy {
            counters.duplicated += 1
        } else if frame.sequence < ways[way].delivered {
            counters.reordered += 1
        }
        ways[way].delivered = max(ways[way].delivered, frame.sequence)
        return true
    }

    /// An announcement is for the kernel, whatever the process does. False for a datagram.
    private mutating func learn(_ frame: Frame) -> Bool {
        guard case .announcement(let address) = frame.content else { return false }
        point(frame.to, to: frame.from, for: address)
        return true
    }

    private mutating func point(_ id: HostID, to target: HostID, for address: IPAddress) {
        guard slots[id.index].neighbours[address] != target else { return }
        slots[id.index].neighbours[address] = target
        hasChanged = true
    }

    private mutating func keep(_ frame: Frame) {
        guard slots[frame.to.index].socket.count < socketCapacity else {
            counters.unread += 1
            return
        }
        slots[frame.to.index].socket.append(frame)
    }

    // MARK: - Chance

    mutating func happens(_ probability: Double) -> Bool {
        // No draw for what can't happen: a scenario keeps its numbers when an unused fault is added.
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func upTo(_ duration: Duration) -> Duration {
        let most = duration.wholeNanoseconds
        return most > 0 ? .nanoseconds(Int64.random(in: 0...most, using: &random)) : .zero
    }
}
