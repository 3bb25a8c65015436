public import Membership
public import VRRP
public import Wire

/// What a node knows at one instant, for status pages, metrics and tests.
public struct NodeSnapshot: Sendable {
    /// A change of state of a virtual router.
    public struct Transition: Hashable, Sendable {
        /// The state before.
        public let from: RouterState
        /// The state after.
        public let to: RouterState
        /// Why.
        public let reason: TransitionReason
        /// When.
        public let at: Instant
    }

    /// How often a virtual router went to a state for a reason.
    public struct TransitionCount: Hashable, Sendable {
        /// Which transitions are counted together.
        public struct Kind: Hashable, Sendable {
            /// The state that they led to.
            public let to: RouterState
            /// The word for the reason.
            public let reason: String
        }

        /// Which transitions they are.
        public let kind: Kind
        /// How many there were.
        public let count: UInt64
    }

    /// A trouble that holds now.
    public struct TroubleReport: Hashable, Sendable {
        /// What it is.
        public let trouble: Trouble
        /// What happened, and what to do.
        public let text: String
        /// Since when it holds.
        public let since: Instant
    }

    /// A floating address as seen from this node.
    public struct Floating: Sendable {
        /// The address.
        public let address: FloatingAddress
        /// This node's state in its virtual router.
        public let state: RouterState
        /// The priority that this node has in it now.
        public let priority: UInt8
        /// The node that holds it, if one is heard.
        public let holder: NodeID?
        /// Where the machine is that holds it, if no member is known to have that address: in standard mode.
        public let outsider: IPAddress?
        /// What stands against holding this address here, if anything.
        public let obstacle: Health.Reason?
        /// The MAC address of the stranger who has it, if one does.
        public let stranger: String?
        /// The most that the leader's advertisements were late in the last while.
        public let lateness: Duration
        /// How many transitions there have been.
        public let transitions: UInt64
        /// How many for each reason, in a fixed order.
        public let reasons: [TransitionCount]
        /// The last 64 of them, the newest last.
        public let history: [Transition]

        /// Whether somebody of the group is heard to hold it, or this node does.
        public var isHeld: Bool { holder != nil || outsider != nil }
    }

    /// This run of this node.
    public let session: Session
    /// The cluster's keys as this node has them.
    public let keyRing: KeyRing
    /// The key that seals what this node says to all.
    let key: ClusterKey
    /// Whether all that are present have the newest key and seal with it.
    public let keysAreSettled: Bool
    /// Whether newer keys are on their way to the disk, or cannot get there.
    public let keysArePending: Bool
    /// The members that lack the newest key, as far as this node knows, whether they are up or not.
    public let keyless: [KeyRefusal.Absentee]
    /// When it started.
    public let startedAt: Instant
    /// What stands against its serving.
    public let health: Health
    /// Whether it has been taken out of service.
    public let isDraining: Bool
    /// What its lights show.
    public let signal: Signal
    /// All members, this one included, sorted by node ID.
    public let members: [Member]
    /// The floating addresses, in the order of the configuration.
    public let floating: [Floating]
    /// How it stands with the address that a DHCP server gives; nil if it is not asked.
    public let lease: LeaseStatus?
    /// What is wrong between this node and others, what harms most first.
    public let troubles: [TroubleReport]
    /// How it stands with nodes that have no key; nil where nobody is let in.
    public let pairing: PairingStatus?
    /// How many datagrams were dropped, by reason.
    public let drops: DropCounts
    /// How many messages were ignored, by reason.
    public let ignored: IgnoreCounts
    /// Lifeguard's local health: 0 is good.
    public let localHealth: Int

    /// The fingerprint of the key that seals. Derived when it is asked for: snapshots are made many times a second.
    public var keyFingerprint: String { key.fingerprint }
}

extension Node {
    /// What the node knows now.
    public var snapshot: NodeSnapshot {
        NodeSnapshot(
            session: session, keyRing: keys.ring, key: keys.groupKey, keysAreSettled: keys.isSettled,
            keysArePending: keys.pending != nil, keyless: keyless, startedAt: startedAt, health: health,
            isDraining: isDraining, signal: shown ?? .starting,
            members: membership.members,
            floating: routers.flatMap { router in
                router.addresses.map {
                    .init(
                        address: $0, state: router.router.state, priority: router.router.priority,
                        holder: router.holder, outsider: router.outsider, obstacle: router.obstacle,
                        stranger: conflicts[$0.ip]?.owner, lateness: router.router.lateness,
                        transitions: router.transitions,
                        reasons: router.reasons.map { NodeSnapshot.TransitionCount(kind: $0.key, count: $0.value) }
                            .sorted {
                                ($0.kind.to.rawValue, $0.kind.reason) < ($1.kind.to.rawValue, $1.kind.reason)
                            },
                        history: router.history)
                }
            },
            lease: leaseStatus, troubles: troubleReports, pairing: pairingStatus, drops: link.drops, ignored: ignored,
            localHealth: membership.localHealth)
    }
}
