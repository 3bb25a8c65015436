public import Wire

extension SWIM {
    /// A member, by its key, that cannot be understood.
    public struct OtherVersion: Sendable, Hashable {
        /// Whose message it was.
        public let sender: Session
        /// Where it came from.
        public let source: SocketAddress
        /// The version of the message.
        public let version: UInt8
        /// When it came.
        public let at: Instant

        /// Whether the sender's version is later than ours, so that it is this node which is to be updated.
        public let isNewer: Bool
    }

    /// The version to speak to this node: the highest that both sides know. Whoever is no member here, and everybody at
    /// once, is spoken to in the lowest: a call is of use only if it is understood.
    func version(for node: NodeID?) -> UInt8 {
        let known = configuration.versions
        guard let peer = node.flatMap({ roster[$0] }), peer.state.isPresent,
            peer.record.info.versions.overlaps(known)
        else { return known.lowerBound }
        return min(known.upperBound, peer.record.info.versions.upperBound)
    }

    /// Notes whose message could not be read.
    mutating func noteOtherVersion(_ version: UInt8, of origin: Origin, at now: Instant) {
        otherVersions.removeAll { $0.sender.node == origin.sender.node }
        otherVersions.append(
            OtherVersion(
                sender: origin.sender, source: origin.source, version: version, at: now,
                isNewer: version > configuration.versions.upperBound))
        otherVersions = otherVersions.suffix(Self.mostOtherVersions)
    }

    private static var mostOtherVersions: Int { 8 }
}
