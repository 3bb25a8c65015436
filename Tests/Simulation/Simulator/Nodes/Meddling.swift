import NodeCore
import Wire

/// What people and the surroundings do to a node while the network has its own faults.
enum Meddling: Hashable, Sendable {
    case drain, resume
    /// The node can no longer serve, or can again.
    case sicken, cure
    /// `bramble key rotate`, to the key that follows from this number.
    case rotateKey(UInt64)
}

extension NodeHost {
    mutating func meddle(_ meddling: Meddling, at now: Instant) -> [HostAction] {
        switch meddling {
        case .drain, .resume: setDraining(meddling == .drain, at: now)
        case .sicken: setHealth(Health([.storeUnreadable("the card is worn out")]), at: now)
        case .cure: setHealth(.healthy, at: now)
        case .rotateKey(let number):
            changeKeys(at: now) { (node) throws(KeyRefusal) in try node.rotateKey(to: sampleKey(number), at: now) }
        }
    }
}
