import NodeCore
import Wire

/// What people and the surroundings do to nodes while the network has its own faults.
enum Meddling: Hashable, Sendable {
    case drain, resume
    /// The node can no longer serve, or can again.
    case sicken, cure
    /// The other host is started from a copy of this one's card.
    case copyCard
    case nothing
}

extension SimulatedNetwork where Host == NodeHost {
    /// Runs through the plan, and lets one of `kinds` happen to a host after each of its faults. Returns what did.
    mutating func runMeddling(_ plan: FaultPlan, with kinds: [Meddling]) -> [Meddling] {
        var random = SeededGenerator(seed: seed ^ 0x3EDD)
        return plan.steps.map { step in
            run(for: step.wait)
            apply(step.fault)
            let meddling = kinds.randomElement(using: &random) ?? .nothing
            let order = hosts.shuffled(using: &random)
            meddle(meddling, order[0], other: order[1])
            return meddling
        }
    }

    /// Ends all faults, and puts every node back into service.
    mutating func calmAll() {
        calm()
        for id in hosts {
            meddle(.resume, id, other: id)
            meddle(.cure, id, other: id)
        }
    }

    private mutating func meddle(_ meddling: Meddling, _ id: HostID, other: HostID) {
        switch meddling {
        case .drain, .resume: command(id) { host, now in host.setDraining(meddling == .drain, at: now) }
        case .sicken:
            command(id) { host, now in host.setHealth(Health([.storeUnreadable("the card is worn out")]), at: now) }
        case .cure: command(id) { host, now in host.setHealth(.healthy, at: now) }
        case .copyCard:
            note("\(other) gets a copy of the card of \(id)")
            slots[other.index].disk = slots[id.index].disk
            apply(.start(other, keepingDisk: true))
        case .nothing: break
        }
    }
}
