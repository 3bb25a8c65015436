/// The local health multiplier (Lifeguard §IV-A): how far we have to doubt ourselves rather than others. 0 is healthy.
struct Awareness: Sendable, Equatable {
    private(set) var health = 0
    let worst: Int

    init(worst: Int) { self.worst = max(0, worst) }

    /// Something went wrong that may be our own fault.
    mutating func worsen(by amount: Int = 1) { health = min(worst, health + max(0, amount)) }

    /// Something worked.
    mutating func recover() { health = max(0, health - 1) }

    /// A timeout, stretched while we doubt ourselves.
    func stretch(_ timeout: Duration) -> Duration { timeout * (health + 1) }
}
