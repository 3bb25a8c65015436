/// The lifelines of one node: connections over which nothing flows, and whose end shows that a process has died.
public struct LifelineStatus: Codable, Hashable, Sendable {
    /// The other end of lifelines.
    public struct End: Codable, Hashable, Sendable {
        /// Its ID; nil where only its address is known.
        public var id: String?
        /// Its name; nil if no member is known there.
        public var name: String?
        /// Its address, without the port.
        public var address: String
        /// `held`, `calling` (an attempt is under way) or `waiting` (for the next attempt).
        public var state: String
        /// How many connections there are.
        public var count: Int

        /// All of it.
        public init(id: String? = nil, name: String? = nil, address: String, state: String, count: Int) {
            self.id = id
            self.name = name
            self.address = address
            self.state = state
            self.count = count
        }
    }

    /// Whether others can hold lifelines to this node.
    public var isListening: Bool
    /// Those that others hold to this node, by address.
    public var heldByOthers: [End]
    /// Those that this node holds, or wants to hold, to others.
    public var toOthers: [End]
    /// How many connections were turned away, because there was no place for them or because they talked.
    public var turnedAway: UInt64

    /// All of it.
    public init(isListening: Bool, heldByOthers: [End], toOthers: [End], turnedAway: UInt64) {
        self.isListening = isListening
        self.heldByOthers = heldByOthers
        self.toOthers = toOthers
        self.turnedAway = turnedAway
    }

    enum CodingKeys: String, CodingKey {
        case isListening = "listening"
        case heldByOthers = "held_by_others"
        case toOthers = "to_others"
        case turnedAway = "turned_away"
    }
}
