public import Wire

extension Pairing {
    /// Another node, as it presents itself from one address.
    public struct Other: Hashable, Sendable {
        /// What it is known by.
        public let key: PairingKey
        /// Where it was heard.
        public let address: SocketAddress
        /// Its name for people. Nothing proves it.
        public private(set) var name: String
        /// The group that it is in, by its own word.
        public internal(set) var group: UInt64
        /// Whether it joins others by itself.
        public private(set) var isOpen: Bool
        /// Whether its group is a cluster already.
        public private(set) var isEstablished: Bool
        /// Whether it takes the key of whoever admits it.
        public private(set) var asks: Bool
        /// When it was heard last.
        public private(set) var heard: Instant
        /// What offers to it have to name.
        private(set) var nonce: PairingNonce
        /// Our last offer to it, until it is accepted, and when it was.
        var offered: PairingNonce?
        var offeredAt: Instant?
        /// Whether its last announcement was answered: one datagram is answered by one.
        var isAnswered = false

        init(
            key: PairingKey, _ announcement: PairingMessage.Announcement, _ nonce: PairingNonce,
            _ address: SocketAddress, at now: Instant
        ) {
            (self.key, self.nonce, self.address, heard) = (key, nonce, address, now)
            (name, group) = (announcement.name, announcement.group)
            (isOpen, isEstablished) = (announcement.isOpen, announcement.isEstablished)
            asks = announcement.asks
        }

        /// Takes over what a newer announcement says.
        mutating func update(by newer: Other) {
            var next = newer
            (next.offered, next.offeredAt) = (offered, offeredAt)
            self = next
        }
    }
}

/// Something of pairing that people are told.
public enum PairingEvent: Hashable, Sendable {
    /// Another node has joined; so many are in the group now.
    case found(Pairing.Other, count: Int)
    /// This node has joined another group.
    case joined(UInt64)
    /// The group takes nobody in by itself any more; whether this node is all of it.
    case closed(isAlone: Bool)
    /// The group gathers nodes again.
    case opened
    /// A node asks to be admitted.
    case asks(Pairing.Other)
    /// A cluster that was asked for admission has a key that this one has dropped.
    case offersDroppedKey
    /// What the group is could not be written to the disk.
    case notStored

    /// How loud it is.
    var level: Event.Level {
        switch self {
        case .asks, .offersDroppedKey, .notStored: .warning
        case .found, .joined, .closed, .opened: .notice
        }
    }

    /// The line that a person reads.
    public var text: String {
        switch self {
        case .found(let other, let count):
            "pairing: \(other.name) (\(other.key.fingerprint)) has joined; \(count) found"
        case .joined: "pairing: this node has joined others and has their key now"
        case .closed(true): "pairing is over: nobody was found. A cluster can admit this node (`bramble admit` there)"
        case .closed(false): "pairing is over: whoever comes now has to be let in, by `bramble admit`"
        case .opened: "pairing: nodes without a key may join again"
        case .offersDroppedKey:
            "the cluster that was to admit this node has a key that was dropped here, so nobody goes there. Nothing has "
                + "changed. Run `bramble key rotate` there, and join again"
        case .notStored:
            "what this node has agreed on by pairing could not be written to the disk, and a restart undoes it. If the node has "
                + "just joined others, it is not said to have paired, and lets nobody in, until it is written; it is tried again. "
                + "Make room under [node] data"
        case .asks(let other):
            "\(other.name) at \(other.address.ip) asks to be let in; if it is yours: "
                + "bramble admit \(other.key.fingerprint)"
        }
    }
}

/// Why a datagram of pairing had no effect.
public enum PairingIgnoreReason: String, Hashable, Sendable, CaseIterable {
    /// It cannot be decoded.
    case malformed
    /// Our own broadcast.
    case ownEcho
    /// For another node, or for an earlier run of this one.
    case notForUs
    /// It does not open.
    case forged
    /// A group offers its key that this node does not join.
    case notWanted
    /// There were too many in this second, or there is no room to remember the sender.
    case tooMany
    /// The sender's key agrees with every secret.
    case badKey
}
