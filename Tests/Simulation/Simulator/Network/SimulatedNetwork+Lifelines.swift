import NodeCore
import Wire

/// Lifelines, as kernels keep them: an established one ends when a process does, whatever the loss, for TCP repeats;
/// the other side then asks for a new one, and is refused where nobody listens.
extension SimulatedNetwork {
    /// Holds lifelines to these hosts alone. They are there at once.
    mutating func hold(_ addresses: [SocketAddress], on id: HostID) {
        slots[id.index].lifelines = addresses.compactMap { host(at: $0) }
    }

    /// The process of `id` is gone, but its kernel is there to say so.
    mutating func endLifelines(to id: HostID) {
        for other in hosts where slots[other.index].lifelines.contains(id) {
            guard tell(other, .lifelineEnd, by: id) else { continue }
            counters.lifelinesEnded += 1
        }
    }

    mutating func breakLifelines(from id: HostID) {
        for other in slots[id.index].lifelines {
            note("the lifeline from \(id) to \(other) breaks")
            tell(id, .lifelineEnd, by: other)
        }
    }

    mutating func breakLifelines(to id: HostID) {
        for other in hosts where slots[other.index].lifelines.contains(id) {
            note("the lifeline from \(other) to \(id) breaks")
            guard tell(other, .lifelineEnd, by: id) else { continue }
            counters.lifelinesBroken += 1
        }
    }

    /// The other end of a lifeline has ended: a new one is asked for.
    mutating func lifelineEnded(_ frame: Frame) {
        let address = address(of: frame.from)
        command(frame.to) { host, now in host.lifelineBroke(address, at: now) }
        if slots[frame.from.index].state == .dead { tell(frame.to, .refusal, by: frame.from) }
    }

    /// A kernel acknowledges whatever its process does, as long as that is there. What is lost on the way is repeated, but
    /// too late to matter.
    mutating func askForSignOfLife(_ address: SocketAddress, of id: HostID) {
        guard let target = host(at: address), slots[id.index].lifelines.contains(target),
            slots[target.index].state == .running || slots[target.index].state == .hung,
            !happens(topology[id, target].loss), !happens(topology[target, id].loss)
        else { return }
        if tell(id, .signOfLife, by: target) { counters.signsOfLife += 1 }
    }

    /// Kernels answer knocks, whatever their processes do; where nobody answers, the own kernel gives up after three seconds.
    mutating func knock(at address: SocketAddress, of id: HostID) {
        var (answer, time) = (Knock.unreachable, Duration.seconds(3))
        if let target = host(at: address), slots[target.index].state != .off, topology.isOpen(id, target),
            topology.isOpen(target, id)
        {
            (answer, time) = (slots[target.index].state == .dead ? .refused : .accepted, .milliseconds(2))
        }
        counters.knocks += 1
        queue.schedule(Frame(content: .knocked(address, answer), from: id, to: id), at: now.advanced(by: time))
    }

    @discardableResult
    private mutating func tell(_ id: HostID, _ content: Frame.Content, by sender: HostID) -> Bool {
        guard topology.isOpen(sender, id), topology.isOpen(id, sender) else { return false }
        let conditions = topology[sender, id]
        queue.schedule(
            Frame(content: content, from: sender, to: id), at: now.advanced(by: conditions.delay + conditions.jitter))
        ways[topology.link(sender, id)].underWay += 1
        return true
    }
}
