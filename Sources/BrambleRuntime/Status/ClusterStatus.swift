/// The cluster as one node sees it.
public struct ClusterStatus: Codable, Hashable, Sendable {
    /// The fingerprint of the key that seals what is said to all; nil without a key.
    public var keyFingerprint: String?
    /// The keys, and who has which; nil without a key.
    public var keys: KeyStatus?
    /// All members that are known, this node included, by ID.
    public var members: [MemberStatus]

    /// All of it.
    public init(
        keyFingerprint: String? = nil, members: [MemberStatus]
    ) {
        self.keyFingerprint = keyFingerprint
        self.members = members
    }

    enum CodingKeys: String, CodingKey {
        case members, keys
        case keyFingerprint = "key_fingerprint"
    }
}

/// A member of the cluster.
public struct MemberStatus: Codable, Hashable, Sendable {
    /// SWIM's words for whether a member lives.
    public enum State: String, Codable, Sendable {
        case alive, suspect, dead, left
    }

    /// Its ID: 32 hexadecimal digits.
    public var id: String
    /// Its name for people.
    public var name: String
    /// Where it is heard from, such as `192.168.1.21:7373`.
    public var address: String
    /// Whether it lives.
    public var state: State
    /// How long it has been in this state, in seconds.
    public var sinceSeconds: UInt64
    /// Whether it says that it may serve.
    public var isServing: Bool
    /// Whether it has been taken out of service.
    public var isDraining: Bool
    /// The first digits of the release that it serves; nil if it has none.
    public var release: String?
    /// Whether it is the node that answers.
    public var isSelf: Bool

    /// All of it.
    public init(
        id: String, name: String, address: String, state: State, sinceSeconds: UInt64, isServing: Bool,
        isDraining: Bool, release: String? = nil, isSelf: Bool
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.state = state
        self.sinceSeconds = sinceSeconds
        self.isServing = isServing
        self.isDraining = isDraining
        self.release = release
        self.isSelf = isSelf
    }

    enum CodingKeys: String, CodingKey {
        case id, name, address, state, release
        case sinceSeconds = "since_seconds"
        case isServing = "serving"
        case isDraining = "draining"
        case isSelf = "self"
    }
}
