internal import Wire

/// How much a node computes for others in a second: a small processor has other work.
///
/// What a person asked for has a share of its own, so that no stranger uses it up; and no address has all that is there for
/// strangers.
struct AgreementBudget: Sendable {
    /// How many agreements there are for strangers, and as many more for those that a person named.
    static let limit = 20
    /// How many of them one address has.
    static let limitPerAddress = 5

    private var from = Instant.zero
    private var named = 0
    private var strangers: [IPAddress: Int] = [:]
    private var sum = 0

    /// Whether there is time for one more.
    mutating func allows(_ source: IPAddress, isNamed: Bool, at now: Instant) -> Bool {
        if from.advanced(by: .seconds(1)) <= now {
            self = AgreementBudget()
            from = now
        }
        if isNamed {
            named += 1
            return named <= Self.limit
        }
        guard sum < Self.limit, strangers[source, default: 0] < Self.limitPerAddress else { return false }
        sum += 1
        strangers[source, default: 0] += 1
        return true
    }
}
