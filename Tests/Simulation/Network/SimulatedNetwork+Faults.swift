import Wire

/// What can be done to hosts and to the network.
enum Fault: Hashable, Sendable {
    /// The process is killed. Its kernel keeps the address until the lease ends.
    case crash(HostID)
    /// The plug is pulled.
    case powerOff(HostID)
    case hang(HostID)
    case resume(HostID)
    /// The process ends as asked.
    case stop(HostID)
    /// The process starts, wherever it was; a running one is killed first.
    case start(HostID, keepingDisk: Bool)
    /// Nothing comes from the one to the other any more; the other way stays as it is.
    case cutOneWay(from: HostID, to: HostID)
    /// The hosts of one group no longer hear those of another, nor are heard.
    case partition([[HostID]])
    /// Every lifeline to the host breaks, though its process runs on.
    case breakLifelines(HostID)
    /// All ways are open again.
    case heal
    case conditions(LinkConditions)
    /// Someone without the key changed a bit of a datagram that was heard, and sends it there.
    case forge(HostID)
}

extension SimulatedNetwork {
    /// Lets `fault` happen now. One that can't happen, such as to hang a dead process, does nothing and isn't counted.
    mutating func apply(_ fault: Fault) {
        switch fault {
        case .crash(let id): crash(id)
        case .powerOff(let id): powerOff(id)
        case .hang(let id): hang(id)
        case .resume(let id): resume(id)
        case .stop(let id): stop(id)
        case .start(let id, let keepingDisk): start(id, keepingDisk: keepingDisk)
        case .cutOneWay(let from, let to):
            counters.partitions += 1
            note("cut: \(from) is not heard by \(to)")
            topology.setOpen(false, from, to)
        case .partition(let groups): partition(groups)
        case .breakLifelines(let id): breakLifelines(to: id)
        case .heal:
            note("all ways are open")
            topology.openAll()
        case .conditions(let conditions): topology.setAll(conditions)
        case .forge(let id): forge(at: id)
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

    /// Ends all faults: what follows must come to rest.
    mutating func calm() {
        apply(.heal)
        apply(.conditions(.lan))
        startAll()
    }

    // MARK: - Processes

    private mutating func setState(_ state: ProcessState, of id: HostID, _ text: String) {
        note("\(id) \(text)")
        slots[id.index].state = state
        if state == .dead || state == .off {
            programs[id.index] = nil
            slots[id.index].sight = Sight()
            slots[id.index].deadline = nil
            slots[id.index].socket = []
            slots[id.index].lifelines = []
            slots[id.index].isStopping = false
        }
        findParts()
    }

    private func isAlive(_ id: HostID) -> Bool { [.running, .hung].contains(slots[id.index].state) }

    private mutating func crash(_ id: HostID) {
        guard isAlive(id) else { return }
        counters.crashes += 1
        setState(.dead, of: id, "is killed")
        endLifelines(to: id)
    }

    private mutating func powerOff(_ id: HostID) {
        guard slots[id.index].state != .off else { return }
        counters.crashes += 1
        slots[id.index].leases = [:]
        slots[id.index].neighbours = [:]
        setState(.off, of: id, "loses its power")
    }

    private mutating func hang(_ id: HostID) {
        guard slots[id.index].state == .running else { return }
        counters.hangs += 1
        setState(.hung, of: id, "hangs")
    }

    private mutating func resume(_ id: HostID) {
        guard slots[id.index].state == .hung else { return }
        counters.resumes += 1
        setState(.running, of: id, "goes on")
        let unread = slots[id.index].socket
        slots[id.index].socket = []
        for frame in unread { deliver(frame) }
    }

    private mutating func stop(_ id: HostID) {
        guard slots[id.index].state == .running else { return }
        note("\(id) is asked to stop")
        slots[id.index].isStopping = true
        command(id) { host, now in host.stop(at: now) }
    }

    /// A process that was asked to end has done so.
    mutating func hasEnded(_ id: HostID) {
        setState(.dead, of: id, "has stopped as asked")
        endLifelines(to: id)
    }

    private mutating func start(_ id: HostID, keepingDisk: Bool) {
        crash(id)
        if !keepingDisk { slots[id.index].disk = [:] }
        if slots[id.index].boots > 0 {
            counters.restarts += 1
            counters.restartsWithoutDisk += keepingDisk ? 0 : 1
        }
        slots[id.index].boots += 1
        let boots = slots[id.index].boots
        let hostRandom = SeededGenerator(seed: random.next())
        programs[id.index] = boot(
            HostBoot(id: id, boots: boots, disk: slots[id.index].disk, random: hostRandom, now: now))
        setState(.running, of: id, keepingDisk ? "starts" : "starts with an empty disk")
        command(id) { host, now in host.start(at: now) }
    }

    // MARK: - The network

    private mutating func forge(at target: HostID) {
        guard let heard = overheard.randomElement(using: &random), !heard.bytes.isEmpty else { return }
        var bytes = heard.bytes
        bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        forge(bytes, from: heard.from.address, to: target)
    }

    private mutating func partition(_ groups: [[HostID]]) {
        counters.partitions += 1
        note("partition: \(groups.map { $0.map(\.description).joined(separator: " ") }.joined(separator: " | "))")
        for left in groups.indices {
            for right in groups.indices where right != left {
                for from in groups[left] {
                    for to in groups[right] { topology.setOpen(false, from, to) }
                }
            }
        }
    }
}
