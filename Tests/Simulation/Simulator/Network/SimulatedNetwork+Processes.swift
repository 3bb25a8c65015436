import Wire

/// What becomes of processes and their machines.
extension SimulatedNetwork {
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
            slots[id.index].isHung = false
            slots[id.index].isStalled = false
        }
        waysChanged()
    }

    func isAlive(_ id: HostID) -> Bool { [.running, .hung].contains(slots[id.index].state) }

    mutating func crash(_ id: HostID) {
        guard isAlive(id) else { return }
        counters.crashes += 1
        setState(.dead, of: id, "is killed")
        endLifelines(to: id)
    }

    mutating func powerOff(_ id: HostID) {
        guard slots[id.index].state != .off else { return }
        counters.crashes += 1
        counters.powerCuts += 1
        slots[id.index].leases = [:]
        slots[id.index].neighbours = [:]
        setState(.off, of: id, "loses its power")
    }

    mutating func hang(_ id: HostID) {
        guard isAlive(id), !slots[id.index].isHung else { return }
        counters.hangs += 1
        slots[id.index].isHung = true
        if slots[id.index].state == .running { setState(.hung, of: id, "hangs") }
    }

    mutating func resume(_ id: HostID) {
        guard slots[id.index].isHung else { return }
        counters.resumes += 1
        slots[id.index].isHung = false
        if !slots[id.index].isStalled { goOn(id, "goes on") }
    }

    private mutating func goOn(_ id: HostID, _ text: String) {
        setState(.running, of: id, text)
        let unread = slots[id.index].socket
        slots[id.index].socket = []
        for frame in unread { deliver(frame) }
    }

    mutating func stop(_ id: HostID) {
        guard slots[id.index].state == .running else { return }
        note("\(id) is asked to stop")
        slots[id.index].isStopping = true
        command(id) { host, now in host.stop(at: now) }
    }

    /// A process that was asked to end has done so.
    mutating func hasEnded(_ id: HostID) {
        counters.stops += 1
        setState(.dead, of: id, "has stopped as asked")
        endLifelines(to: id)
    }

    mutating func start(_ id: HostID, keepingDisk: Bool) {
        crash(id)
        if slots[id.index].state == .off { slots[id.index].clock = uptime() }
        if !keepingDisk { slots[id.index].disk = [:] }
        if slots[id.index].boots > 0 {
            counters.restarts += 1
            counters.restartsWithoutDisk += keepingDisk ? 0 : 1
        }
        slots[id.index].boots += 1
        let boots = slots[id.index].boots
        let hostRandom = SeededGenerator(seed: random.next())
        programs[id.index] = boot(
            HostBoot(id: id, boots: boots, disk: slots[id.index].disk, random: hostRandom, now: time(on: id)))
        setState(.running, of: id, keepingDisk ? "starts" : "starts with an empty disk")
        command(id) { host, now in host.start(at: now) }
    }

    mutating func copyCard(of id: HostID, to other: HostID) {
        guard id != other else { return }
        counters.copies += 1
        note("\(other) gets a copy of the card of \(id)")
        slots[other.index].disk = slots[id.index].disk
        start(other, keepingDisk: true)
    }

    mutating func jump(_ id: HostID, _ leap: Duration) {
        guard slots[id.index].state == .running else { return }
        counters.clockJumps += 1
        note("the clock of \(id) leaps by \(leap)")
        slots[id.index].clock += leap
        slots[id.index].deadline = slots[id.index].deadline.map { max(now, $0.advanced(by: .zero - leap)) }
    }

    // MARK: - Slow hosts

    private static var shortestStall: Duration { .milliseconds(20) }

    mutating func slow(_ id: HostID, _ stalls: Duration) {
        guard slots[id.index].toggle == nil else { return }
        note("\(id) is slow, with stalls of up to \(stalls)")
        slots[id.index].longestStall = stalls
        slots[id.index].toggle = now
    }

    mutating func fast(_ id: HostID) {
        guard slots[id.index].toggle != nil else { return }
        slots[id.index].toggle = nil
        if slots[id.index].isStalled { takeTurn(id) }
        note("\(id) is no longer slow")
    }

    /// A slow host gets the processor, or loses it: for some ten milliseconds it runs, for longer it waits.
    mutating func takeTurn(_ id: HostID) {
        let stalls = !slots[id.index].isStalled
        if slots[id.index].toggle != nil {
            let longest = stalls ? max(slots[id.index].longestStall, Self.shortestStall) : .milliseconds(40)
            let shortest = stalls ? Self.shortestStall : .milliseconds(5)
            let time = Int64.random(in: shortest.wholeNanoseconds...longest.wholeNanoseconds, using: &random)
            slots[id.index].toggle = now.advanced(by: .nanoseconds(time))
        }
        slots[id.index].isStalled = stalls
        if stalls, slots[id.index].state == .running {
            counters.stalls += 1
            setState(.hung, of: id, "has no processor")
        } else if !stalls, slots[id.index].state == .hung, !slots[id.index].isHung {
            goOn(id, "has a processor")
        }
    }
}
