/// How late the Active node's advertisements were in the last while: the greatest lateness, which fades.
struct Lateness: Sendable {
    /// After so many advertisements in time, a third of it is left.
    private static let memory = 1024
    /// No more is remembered than so many times what is allowed for anyhow.
    private static let mostAllowances = 5

    private(set) var greatest = Duration.zero

    /// An advertisement came so much later than expected; in time if negative.
    mutating func note(_ late: Duration, allowing allowance: Duration) {
        greatest = min(max(greatest - greatest / Self.memory, late), allowance * Self.mostAllowances)
    }

    /// What to allow for: what was seen, and this at least. The rest of Active_Down is the margin. In steps of a half of
    /// it, so that Backups that saw nearly the same go on taking their turns by rank.
    func allowance(atLeast least: Duration) -> Duration {
        var allowance = least
        while allowance < greatest { allowance += least / 2 }
        return allowance
    }
}
