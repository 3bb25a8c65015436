extension TransitionReason {
    /// A word for metrics and the API.
    public var name: String {
        switch self {
        case .started: "started"
        case .resumed: "resumed"
        case .ownsAddresses: "owns_addresses"
        case .activeSilent: "active_silent"
        case .activeHung: "active_hung"
        case .activeResigned: "active_resigned"
        case .activeEnded: "active_ended"
        case .tookOver: "took_over"
        case .handedOver: "handed_over"
        case .higherPriority: "higher_priority"
        case .higherTieBreaker: "higher_tie_breaker"
        case .overslept: "overslept"
        case .stopping: "stopping"
        case .draining: "draining"
        case .cannotServe: "cannot_serve"
        case .linkDown: "link_down"
        case .addressConflict: "address_conflict"
        case .duplicateIdentity: "duplicate_identity"
        case .leaseEnded: "lease_ended"
        }
    }
}
