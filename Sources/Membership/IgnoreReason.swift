extension SWIM {
    /// Why something that was received, or a part of it, had no effect.
    public enum IgnoreReason: String, Sendable, Hashable, CaseIterable {
        /// The kind is none of ours.
        case unknownKind
        /// The bytes cannot be decoded.
        case malformed
        /// The sender speaks another version of the protocol.
        case protocolVersion
        /// Our own message came back, as broadcasts do.
        case ownMessage
        /// Somebody else runs with this node's or another node's ID in the same run: a card was cloned.
        case duplicateIdentity
        /// It comes from a run of the sender that has ended.
        case olderSession
        /// It was meant for a node that had this address before.
        case notForUs
        /// It answers a question that is no longer open.
        case lateAnswer
        /// It asks for help, but the sender is no member here.
        case notAMember
        /// It is about a node that is not known here.
        case unknownTarget
        /// It is older than what is known here.
        case outdated
        /// It tells of a node without saying where that node is.
        case noAddress
        /// There is no room for more.
        case full
        /// It asks for something that a node that is leaving no longer does.
        case leaving
    }
}
