/// What the shell knows of this node's ability to serve. A node with a reason not to serve does not run for Active.
public struct Health: Hashable, Sendable {
    /// Why a node cannot serve; each with the words that a person reads.
    public enum Reason: Hashable, Sendable {
        /// The daemon has started and has not yet checked itself.
        case starting
        /// There is no release to serve.
        case noSite(String)
        /// The node's own request to its web server was not answered as it should be.
        case httpUnanswered(String)
        /// The store cannot be read.
        case storeUnreadable(String)
        /// No interface has a carrier.
        case linkDown(String)
        /// An interface that the configuration names is not there.
        case noSuchInterface(String)
        /// The kernel refuses to give this node a floating address.
        case cannotClaim(String)

        /// Whether it is a link that is down, and nothing else.
        public var isLinkDown: Bool { if case .linkDown = self { true } else { false } }

        /// A word for metrics and the API.
        public var name: String {
            switch self {
            case .starting: "starting"
            case .noSite: "no_site"
            case .httpUnanswered: "http_unanswered"
            case .storeUnreadable: "store_unreadable"
            case .linkDown: "link_down"
            case .noSuchInterface: "no_such_interface"
            case .cannotClaim: "cannot_claim"
            }
        }

        /// What a person reads.
        public var text: String {
            switch self {
            case .starting: "starting: the first self-check has not ended yet"
            case .noSite(let detail), .httpUnanswered(let detail), .storeUnreadable(let detail),
                .linkDown(let detail), .noSuchInterface(let detail), .cannotClaim(let detail):
                detail
            }
        }
    }

    /// Every reason that holds now; empty on a healthy node.
    public var reasons: [Reason]

    /// Health with these reasons against it.
    public init(_ reasons: [Reason]) { self.reasons = reasons }

    /// Nothing is wrong.
    public static let healthy = Health([])
    /// The state before the first self-check.
    public static let starting = Health([.starting])

    /// Whether the node may serve.
    public var isServing: Bool { reasons.isEmpty }
}
