import Wire

/// What can be done to hosts and to the network.
enum Fault: Hashable, Sendable {
    /// The process is killed. Its kernel keeps the address until the lease ends.
    case crash(HostID)
    /// The plug is pulled.
    case powerOff(HostID)
    case hang(HostID)
    case resume(HostID)
    /// The process gets the processor for moments only, with stalls of up to so long, until it is `.fast` again.
    case slow(HostID, stalls: Duration)
    case fast(HostID)
    /// The process ends as asked.
    case stop(HostID)
    /// The process starts, wherever it was; a running one is killed first.
    case start(HostID, keepingDisk: Bool)
    /// The other host starts from a copy of this one's card.
    case copyCard(of: HostID, to: HostID)
    /// The host's monotonic clock is ahead by so much at once, as after a machine was held by its hypervisor.
    case jump(HostID, Duration)
    /// The host has another address from now on. It may hear of that itself, or not.
    case move(HostID, isTold: Bool = true)
    /// Nothing comes from the one to the other any more; the other way stays as it is.
    case cutOneWay(from: HostID, to: HostID)
    case mendOneWay(from: HostID, to: HostID)
    /// The hosts of one group no longer hear those of another, nor are heard.
    case partition([[HostID]])
    /// This partition is over; others may not be.
    case rejoin([[HostID]])
    /// What goes this way is held back for so long, and then comes at once.
    case clog(from: HostID, to: HostID, Duration)
    /// Every lifeline to the host breaks, though its process runs on.
    case breakLifelines(HostID)
    /// All ways are open again.
    case heal
    /// All ways are in this condition.
    case conditions(LinkConditions)
    /// The ways to and from this host are; nil: as all others.
    case conditionsAt(HostID, LinkConditions?)
    /// Someone without the key sends something there: what was heard before, changed or cut, or noise.
    case forge(HostID)
    case meddle(Meddling, HostID)
}

extension SimulatedNetwork {
    /// Lets `fault` happen now. One that can't happen, such as to hang a dead process, does nothing and isn't counted.
    mutating func apply(_ fault: Fault) {
        switch fault {
        case .crash(let id):
            if isAlive(id) { counters.kills += 1 }
            crash(id)
        case .powerOff(let id): powerOff(id)
        case .hang(let id): hang(id)
        case .resume(let id): resume(id)
        case .slow(let id, let stalls): slow(id, stalls)
        case .fast(let id): fast(id)
        case .stop(let id): stop(id)
        case .start(let id, let keepingDisk): start(id, keepingDisk: keepingDisk)
        case .copyCard(let id, let other): copyCard(of: id, to: other)
        case .jump(let id, let leap): jump(id, leap)
        case .move(let id, let isTold): move(id, isTold: isTold)
        case .cutOneWay(let from, let to):
            counters.partitions += 1
            note("cut: \(from) is not heard by \(to)")
            topology.close(from, to)
        case .mendOneWay(let from, let to):
            note("mended: \(from) is heard by \(to)")
            topology.reopen(from, to)
        case .partition(let groups):
            counters.partitions += 1
            note("partition: \(text(groups))")
            change(groups) { $0.close($1, $2) }
        case .rejoin(let groups):
            note("rejoined: \(text(groups))")
            change(groups) { $0.reopen($1, $2) }
        case .clog(let from, let to, let time): clog(from, to, time)
        case .breakLifelines(let id): breakLifelines(to: id)
        case .heal:
            note("all ways are open")
            topology.openAll()
        case .conditions(let conditions): topology.setAll(conditions)
        case .conditionsAt(let id, let conditions): topology.set(conditions, at: id)
        case .forge(let id): forge(at: id)
        case .meddle(let meddling, let id): meddle(meddling, id)
        }
        observe()
    }

    /// Starts every host that is not running, and resumes the hung ones.
    mutating func startAll() {
        for id in hosts {
            apply(.resume(id))
            if slots[id.index].state != .running { apply(.start(id, keepingDisk: true)) }
        }
    }

    /// Ends all faults, and puts every host back into service: what follows must come to rest.
    mutating func calm() {
        apply(.heal)
        apply(.conditions(.lan))
        for id in hosts { topology.set(nil, at: id) }
        for way in ways.indices { ways[way].cloggedUntil = nil }
        for id in hosts { apply(.fast(id)) }
        startAll()
        for id in hosts {
            for cure in [Meddling.resume, .cure] { command(id) { host, now in host.meddle(cure, at: now) } }
        }
    }

    private mutating func meddle(_ meddling: Meddling, _ id: HostID) {
        guard slots[id.index].state == .running else { return }
        switch meddling {
        case .drain: counters.drains += 1
        case .sicken: counters.sicknesses += 1
        case .rotateKey: counters.rotations += 1
        case .resume, .cure: break
        }
        note("\(id) is told: \(meddling)")
        command(id) { host, now in host.meddle(meddling, at: now) }
    }

    // MARK: - The network

    private mutating func forge(at target: HostID) {
        guard let heard = overheard.randomElement(using: &random), !heard.bytes.isEmpty else { return }
        var bytes = heard.bytes
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 2: bytes = (0..<Int.random(in: 1...1200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        default: bytes = Array(bytes.prefix(Int.random(in: 1...4, using: &random)))
        }
        forge(bytes, from: address(of: heard.from), to: target)
    }

    private func text(_ groups: [[HostID]]) -> String {
        groups.map { $0.map(\.description).joined(separator: " ") }.joined(separator: " | ")
    }

    /// Changes every way from a host of one group to one of another.
    private mutating func change(_ groups: [[HostID]], _ body: (inout Topology, HostID, HostID) -> Void) {
        var changed = topology
        for left in groups.indices {
            for right in groups.indices where right != left {
                for from in groups[left] {
                    for to in groups[right] { body(&changed, from, to) }
                }
            }
        }
        topology = changed
    }

    private mutating func clog(_ from: HostID, _ to: HostID, _ time: Duration) {
        note("the way from \(from) to \(to) is clogged for \(time)")
        let (way, end) = (topology.link(from, to), now.advanced(by: time))
        ways[way].cloggedUntil = end
        guard time > Self.longestClog else { return }
        topology.setStuck(way, true)
        queue.schedule(Frame(content: .unclogged, from: from, to: to), at: end)
    }

    /// A way that is clogged for longer counts as cut in that direction while it is: who waits for what comes over it has no
    /// way to tell the two apart.
    private static var longestClog: Duration { .seconds(1) }

    /// A clog has ended, unless another has begun meanwhile.
    mutating func unclog(_ from: HostID, _ to: HostID) {
        let way = topology.link(from, to)
        if ways[way].cloggedUntil.map({ $0 <= now }) ?? true { topology.setStuck(way, false) }
    }

    /// Connections do not survive the move: who held one to the host hears nothing of it, its own end at once.
    private mutating func move(_ id: HostID, isTold: Bool) {
        if slots[id.index].state == .running { counters.moves += 1 }
        slots[id.index].moves += 1
        note("\(id) moves to \(address(of: id).ip)")
        for other in hosts where other != id { slots[other.index].lifelines.removeAll { $0 == id } }
        breakLifelines(from: id)
        if isTold { command(id) { host, now in host.moved(at: now) } }
    }
}
