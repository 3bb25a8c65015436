import Wire

/// What was seen of the ways to other members, beyond whether they live.
struct Ways: Sendable {
    private struct Evidence: Sendable {
        /// Since when, and until when, it kept accusing us although we had refuted that.
        var accused: (since: Instant, last: Instant)?
        /// How many of our last probes were answered through others alone.
        var detours = 0
        /// When the first of them was.
        var detoured = Instant.zero
        /// How many large datagrams in a row it did not acknowledge.
        var lostLarge = 0
    }

    /// An accusation is stale news, unless it goes on for so long, with no longer pause than this.
    private static let stubborn = Duration.seconds(3)
    private static let pause = Duration.seconds(2)
    /// So many probes in a row find no direct way. At 20 % loss that happens once in 20,000 rounds.
    private static let mostDetours = 5
    /// So many large datagrams in a row are lost. At 20 % loss that happens once in 3,000 attempts.
    private static let mostLost = 8

    private var evidence: [NodeID: Evidence] = [:]

    /// It holds us for suspect or dead by an older statement of ours than our last.
    mutating func accused(by node: NodeID, at now: Instant) {
        let before = evidence[node]?.accused
        let goesOn = before.map { $0.last.advanced(by: Self.pause) >= now } ?? false
        evidence[node, default: Evidence()].accused = (goesOn ? before?.since ?? now : now, now)
    }

    /// It answered a probe, by itself or through another.
    mutating func answered(_ node: NodeID, directly: Bool, at now: Instant) {
        if directly {
            // Who answers a probe itself has heard it.
            evidence[node]?.accused = nil
            evidence[node]?.detours = 0
        } else {
            var found = evidence[node] ?? Evidence()
            if found.detours == 0 { found.detoured = now }
            found.detours += 1
            evidence[node] = found
        }
    }

    /// A large datagram was acknowledged, or was not although it lives.
    mutating func large(to node: NodeID, arrived: Bool) {
        if arrived { evidence[node]?.lostLarge = 0 } else { evidence[node, default: Evidence()].lostLarge += 1 }
    }

    /// Whether a large datagram was lost on the way there, but not yet so many that it can't be chance.
    func isInDoubt(_ node: NodeID) -> Bool { (1..<Self.mostLost).contains(evidence[node]?.lostLarge ?? 0) }

    /// Whether so many large datagrams were lost that only small ones seem to pass.
    func isNarrow(_ node: NodeID) -> Bool { (evidence[node]?.lostLarge ?? 0) >= Self.mostLost }

    /// Whether several probes in a row found no direct way, so that it may have another address. At 20 % loss two in a row
    /// do so once in 60 rounds.
    func isElsewhere(_ node: NodeID) -> Bool { evidence[node].map { $0.detours >= 2 } ?? false }

    mutating func forget(_ node: NodeID) { evidence[node] = nil }

    /// What follows for a member that was last heard at `heard`; nil if its way is well.
    func fault(with node: NodeID, heard: Instant?, at now: Instant) -> WayFault? {
        guard let found = evidence[node] else { return nil }
        if let accused = found.accused, accused.since.advanced(by: Self.stubborn) <= accused.last,
            now <= accused.last.advanced(by: Self.pause)
        {
            return .unheard
        }
        if found.detours >= Self.mostDetours {
            // So many rounds were turns enough for it to probe us.
            let isHeard = heard.map { found.detoured < $0 } ?? false
            return isHeard ? .unheard : .unhearing
        }
        return found.lostLarge >= Self.mostLost ? .narrow : nil
    }
}
