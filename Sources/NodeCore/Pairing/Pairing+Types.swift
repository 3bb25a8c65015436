public import Wire

extension Pairing {
    /// The times.
    public struct Configuration: Hashable, Sendable {
        /// How long after the last newcomer a group closes.
        public var window = Duration.seconds(180)
        /// How long it is open at most, whoever comes.
        public var longestWindow = Duration.seconds(1800)
        /// The time between two announcements of an open node.
        public var announceInterval = Duration.seconds(1)
        /// The same of one that asks to be admitted.
        public var askInterval = Duration.seconds(5)
        /// The least time between two offers to one node.
        public var offerSpacing = Duration.milliseconds(500)
        /// Who was not heard for so long is not shown any more.
        public var memory = Duration.seconds(60)
        /// For how long a node that has joined others gathers with them at least: those that it was with come along.
        public var following = Duration.seconds(10)
        /// How many others are remembered.
        public var limit = 64

        /// The defaults.
        public init() {}
    }

    /// What the shell has to do, in this order.
    public enum Action: Hashable, Sendable {
        /// Send to this address.
        case send([UInt8], to: SocketAddress)
        /// Send to this address as soon as all is on the disk that was to be stored.
        case confirm([UInt8], to: SocketAddress)
        /// Send to everyone on every interface.
        case broadcast([UInt8])
        /// Keep this on disk in place of what was kept before.
        case store(PairingRecord)
        /// Seal with the key of this offer from now on, and open with no other. Where a person has wanted it, the members
        /// of this node's cluster come along, and their keys go on opening; others find the open group by themselves.
        case useKey(PairingOffer, bringsMembers: Bool)
        /// Tell the member at this address, sealed, that the group takes nobody in by itself any more; or all members.
        case sayComplete(to: SocketAddress?)
        /// Tell people.
        case tell(PairingEvent)
    }
}
