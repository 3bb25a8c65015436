internal import Wire

/// A floating address as one node sees it.
public struct FloatingStatus: Codable, Hashable, Sendable {
    /// The VRRP states (RFC 9568 §6.4).
    public enum State: String, Codable, Sendable {
        case initialize = "Initialize"
        case backup = "Backup"
        case active = "Active"
    }

    /// A change of state.
    public struct Transition: Codable, Hashable, Sendable {
        /// The state before.
        public var from: State
        /// The state after.
        public var to: State
        /// Why, for people.
        public var reason: String
        /// How long ago, in seconds.
        public var agoSeconds: UInt64

        /// All of it.
        public init(
            from: State, to: State, reason: String, agoSeconds: UInt64
        ) {
            self.from = from
            self.to = to
            self.reason = reason
            self.agoSeconds = agoSeconds
        }

        enum CodingKeys: String, CodingKey {
            case from, to, reason
            case agoSeconds = "ago_seconds"
        }
    }

    /// The address.
    public var address: String
    /// The VRID of its virtual router (RFC 9568 §5.2.3).
    public var routerID: UInt8
    /// This node's state in it.
    public var state: State
    /// The node that holds it; nil if none is heard.
    public var holderID: String?
    /// The name of that node.
    public var holderName: String?
    /// Where the machine is that holds it, if no member is known to have that address: in standard mode.
    public var holderAddress: String?
    /// The priority that this node has in it now.
    public var priority: UInt8
    /// The time between advertisements, in milliseconds.
    public var intervalMilliseconds: UInt32
    /// The last changes of this node's state, newest last.
    public var transitions: [Transition]

    /// All of it.
    public init(
        address: String, routerID: UInt8, state: State, holderID: String? = nil, holderName: String? = nil,
        holderAddress: String? = nil, priority: UInt8, intervalMilliseconds: UInt32, transitions: [Transition]
    ) {
        self.address = address
        self.routerID = routerID
        self.state = state
        self.holderID = holderID
        self.holderName = holderName
        self.holderAddress = holderAddress
        self.priority = priority
        self.intervalMilliseconds = intervalMilliseconds
        self.transitions = transitions
    }

    /// Whether somebody of the group is heard to hold it.
    var isHeld: Bool { holderID != nil || holderAddress != nil }

    /// Whether this text is the address, in whatever way it is written.
    public func hasAddress(_ text: String) -> Bool { IPAddress(text).map { $0 == IPAddress(address) } ?? false }

    enum CodingKeys: String, CodingKey {
        case address, state, priority, transitions
        case routerID = "router_id"
        case holderID = "holder_id"
        case holderName = "holder_name"
        case holderAddress = "holder_address"
        case intervalMilliseconds = "interval_milliseconds"
    }
}
