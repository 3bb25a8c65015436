internal import Wire

/// When a lifeline is tried again, and what a refusal means.
///
/// Right after the end of a connection a few attempts follow each other closely. One alone could get lost: while a
/// process dies, its kernel drops what comes between the end of its connections and that of its listener, and TCP would
/// ask again only after a second. From then on there is a back-off.
struct LifelineSchedule {
    /// For how long each of the close attempts is given a chance (milliseconds). The sum is more than a machine
    /// is silent until the others conclude that it is gone; after that nobody needs to know.
    static let patience: [Int] = [4, 8, 16, 32, 64]
    /// For how long any other attempt is given a chance.
    static let longPatience = Duration.seconds(3)
    static let firstPause = Duration.milliseconds(100)
    static let longestPause = Duration.seconds(5)
    /// A connection that stood for so long has come to stay.
    static let standing = Duration.seconds(1)

    /// What to do next.
    enum Step: Hashable {
        /// Try now, and give it up at this instant.
        case call(until: Instant)
        /// Try at this instant.
        case wait(until: Instant)
    }

    /// How many of the close attempts have been made; nil while they are not under way.
    private(set) var closeAttempts: Int?
    private var pause = firstPause

    /// Whether a refusal now follows the end of a connection.
    var isAfterEnd: Bool { closeAttempts != nil }

    /// The first attempt, or the next one after a pause.
    mutating func attempt(at now: Instant) -> Step { .call(until: now.advanced(by: Self.longPatience)) }

    /// A connection that was established at `since` has ended.
    mutating func ended(since: Instant, at now: Instant) -> Step {
        if since.duration(to: now) >= Self.standing {
            pause = Self.firstPause
            closeAttempts = 0
        }
        return callClosely(at: now)
    }

    /// An attempt was given up.
    mutating func unanswered(at now: Instant) -> Step { isAfterEnd ? callClosely(at: now) : rest(at: now) }

    /// An attempt was refused, or there was no way for it.
    mutating func failed(at now: Instant) -> Step { rest(at: now) }

    private mutating func callClosely(at now: Instant) -> Step {
        let made = closeAttempts ?? 0
        guard made < Self.patience.count else { return rest(at: now) }
        closeAttempts = made + 1
        return .call(until: now.advanced(by: .milliseconds(Self.patience[made])))
    }

    private mutating func rest(at now: Instant) -> Step {
        closeAttempts = nil
        defer { pause = min(pause * 2, Self.longestPause) }
        return .wait(until: now.advanced(by: pause))
    }
}
