/// How late advertisements were in the last while: the greatest lateness, which fades.
struct Lateness: Sendable {
    /// After so many advertisements in time, a third of it is left.
    private static let memory = 1024
    /// No more is allowed for than so many times what is allowed for anyhow.
    private static let mostAllowances = 5

    private(set) var greatest = Duration.zero

    /// An advertisement came so much later than expected; in time if negative.
    mutating func note(_ late: Duration) { greatest = max(greatest - greatest / Self.memory, late) }

    /// What to allow for: what was seen, within bounds. The rest of Active_Down is the margin.
    func allowance(atLeast least: Duration) -> Duration { min(max(greatest, least), least * Self.mostAllowances) }
}
