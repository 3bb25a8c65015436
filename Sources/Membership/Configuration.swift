extension SWIM {
    /// Every number that the protocol is tuned by.
    public struct Configuration: Sendable, Equatable {
        /// The versions of the protocol that are spoken, 1 to 15. Raised only when older nodes could no longer make sense of
        /// the bytes: an addition needs no new version. The lowest goes when nobody is left who speaks no other.
        public var versions: ClosedRange<UInt8>
        /// The time between two rounds of probes, and by which a probe has failed.
        public var probeInterval: Duration
        /// How long the direct answer to a probe may take before other members are asked to help.
        public var probeTimeout: Duration
        /// How many members are probed in each round.
        public var probesPerInterval: Int
        /// How many members are asked to probe for us (k in the SWIM paper).
        public var indirectProbes: Int
        /// How long a suspect has to refute when nobody else is left to confirm the suspicion, or all have.
        public var shortestSuspicion: Duration
        /// How many times the shortest suspicion the longest one lasts, while confirmations are awaited.
        public var suspicionStretch: Int
        /// How many independent confirmations bring a suspicion down to its shortest; at most 7.
        public var expectedConfirmations: Int
        /// How often a member that our own probe missed is told that we suspect it.
        public var suspectPingInterval: Duration
        /// The worst local health; timeouts are stretched by one more than the health.
        public var worstHealth: Int
        /// The least time between two rounds of gossip.
        public var gossipInterval: Duration
        /// How many members each round of gossip goes to.
        public var gossipFanout: Int
        /// How often news is sent: this many times the binary logarithm of the cluster's size (λ in the SWIM paper).
        public var retransmitFactor: Int
        /// The time between two exchanges of everything with a member drawn at random.
        public var syncInterval: Duration
        /// The least time between two such exchanges with one peer that we begin because we met it.
        public var syncSpacing: Duration
        /// How many records such exchanges may carry in each round of probes, beside those of the first.
        public var recordsPerInterval: Int
        /// The time between two looks whether a datagram of full length reaches a member drawn at random.
        public var stretchInterval: Duration
        /// How long such a datagram's acknowledgement may take, and the time to the next attempt if it stays away.
        public var stretchTimeout: Duration
        /// The first pause between two calls to a peer that does not answer; each is twice as long as the one before.
        public var firstCall: Duration
        /// The longest pause between calls to strangers: the broadcast and the configured addresses.
        public var strangerCall: Duration
        /// The pause that calls to dead and lost peers end up with.
        public var lostCall: Duration
        /// The pause between calls to peers that left on their own account.
        public var leftCall: Duration
        /// How long changes are gathered before the known peers are stored.
        public var storeDelay: Duration
        /// The least time between two stores.
        public var storeSpacing: Duration
        /// How long a live member's address must have been silent before another address of its own replaces it.
        public var addressHold: Duration
        /// How long an address that we heard a member from outweighs what others say about it, and what it broadcasts.
        public var addressTrust: Duration
        /// The most bytes of one payload, the kind included.
        public var payloadLimit: Int
        /// The most members and known peers that are kept, ourselves included.
        public var memberLimit: Int

        /// Two to fifty nodes on one local network.
        ///
        /// A crash is confirmed at most 1.5 s later with two to four nodes, also when all but one crash at once:
        /// at most 600 ms until somebody's probe comes round, 200 ms until it has failed, 600 ms of suspicion.
        public static let lan = Configuration(
            versions: 1...1,
            // A local round trip takes 1 ms, over poor wireless 50 ms: an answer in 100 ms is normal, none is not.
            probeInterval: .milliseconds(200),
            probeTimeout: .milliseconds(100),
            // Two a round: with three nodes everyone is probed in each round. 20 small datagrams a second.
            probesPerInterval: 2,
            // The SWIM paper's choice; a false alarm then needs four lost paths.
            indirectProbes: 3,
            // At 20 % loss a suspect and its accuser exchange a dozen datagrams in this time: one in 10⁷ is not heard.
            shortestSuspicion: .milliseconds(600),
            // 1.8 s while others, who may well see the suspect, have not confirmed.
            suspicionStretch: 3,
            expectedConfirmations: 3,
            suspectPingInterval: .milliseconds(100),
            // Lifeguard's choice (S = 8): timeouts grow up to eightfold.
            worstHealth: 7,
            // Three rounds reach 50 members; there is no gossip when there is no news.
            gossipInterval: .milliseconds(75),
            gossipFanout: 3,
            // 8 transmissions with 2 or 3 members, 24 with 50.
            retransmitFactor: 4,
            // Only repairs what gossip lost, which is rare.
            syncInterval: .seconds(10),
            syncSpacing: .milliseconds(100),
            // Ten nodes may all meet at once; each of a hundred meets one at a time.
            recordsPerInterval: 100,
            // 1,200 bytes a node and half a minute: nothing. Eight attempts in doubt, so it is told within a minute
            // of the first.
            stretchInterval: .seconds(30),
            stretchTimeout: .seconds(1),
            // Cards that are plugged in together meet in the first second; one small broadcast every 10 s for ever.
            firstCall: .milliseconds(100),
            strangerCall: .seconds(10),
            lostCall: .seconds(30),
            // It will call us when it is back; this is only in case that call is lost for ever.
            leftCall: .seconds(300),
            // A cluster that forms is one write; after that one a minute at most spares the card.
            storeDelay: .seconds(1),
            storeSpacing: .seconds(60),
            // Longer than a probe round, so that a node with two addresses does not seem to move to and fro.
            addressHold: .seconds(1),
            addressTrust: .seconds(30),
            // 1,200 bytes of datagram less the seal.
            payloadLimit: 1100,
            memberLimit: 1024)
    }
}
