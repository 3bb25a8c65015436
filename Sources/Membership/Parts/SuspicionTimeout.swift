/// The arithmetic of how long a suspicion lasts (Lifeguard §IV-B), in whole numbers, so that it is the same everywhere.
enum SuspicionTimeout {
    /// Thousandths of the binary logarithm of 1, 2, … 8.
    private static let logarithms: [Int64] = [0, 1000, 1585, 2000, 2322, 2585, 2807, 3000]

    /// The smallest whole number that is not below log₂(n + 1).
    static func logarithm(_ members: Int) -> Int { Int.bitWidth - max(0, members).leadingZeroBitCount }

    /// The shortest suspicion among `members`: longer with more than seven, because news then needs more rounds.
    static func shortest(_ base: Duration, members: Int) -> Duration {
        base * max(3, logarithm(members)) / 3
    }

    /// From `longest` with no confirmation down to `shortest` with the `expected` number, steeply at first.
    ///
    /// With none expected, because nobody else can be reached, waiting longer would tell nothing: it is the shortest.
    static func duration(confirmations: Int, expected: Int, shortest: Duration, longest: Duration) -> Duration {
        let expected = min(expected, logarithms.count - 1)
        guard expected > 0, confirmations < expected else { return shortest }
        let share = logarithms[max(0, confirmations)] * 1000 / logarithms[expected]
        return longest - (longest - shortest) * Int(share) / 1000
    }
}
