/// A rule that a node on the network breaks, to show that a checker notices.
enum Flaw: Hashable, Sendable, CaseIterable {
    case neverClaims
    case neverRenews
    case neverLetsGo
    case neverAnnounces
    /// Its lights stay as they are, once it is a member.
    case frozenLights
    /// Does what a datagram says that no key has sealed.
    case obeysStrangers
    /// Hears nothing any more once it has heard junk, as a receiver does that ends with the first error.
    case deafenedByJunk
    /// Seals with a key of its own.
    case otherKey
    /// Seals with a new key at once, whoever has it.
    case sealsTooSoon
    /// Says that it has a new key on its disk, and has not.
    case forgetsKeys
}

/// Breaks one rule, or none, in what a node wants done.
struct Spoiler: Sendable {
    let flaw: Flaw?
    private var claimed: HostAction?

    init(_ flaw: Flaw?) { self.flaw = flaw }

    mutating func spoil(_ actions: [HostAction]) -> [HostAction] {
        var spoiled = flaw == .neverLetsGo ? [claimed].compactMap { $0 } : []
        for action in actions {
            switch (action, flaw) {
            case (.claim, .neverClaims), (.release, .neverLetsGo), (.announce, .neverAnnounces): continue
            case (.claim, .neverRenews) where claimed != nil: continue
            case (.claim, _): claimed = action
            case (.release, _): claimed = nil
            default: break
            }
            spoiled.append(action)
        }
        return spoiled
    }
}
