internal import Wire

/// A floating address that the kernel refused to add. Others shall have it, until this node tries again.
struct ClaimRefusal: Sendable {
    /// What the kernel said.
    let text: String
    /// The interface on which it was tried, if there was one.
    let interface: UInt32?
    /// How long this node leaves the address to others; longer each time that the same comes back.
    let pause: Duration
    /// When this node may run for it again; nil while it does.
    var retryAt: Instant?

    static let shortestPause = Duration.seconds(10)
    static let longestPause = Duration.seconds(300)

    /// A refusal at `now`; `before` is the one before it, if none of the claims since was granted.
    init(_ text: String, on interface: UInt32?, after before: ClaimRefusal?, at now: Instant) {
        self.text = text
        self.interface = interface
        if let before, before.text == text {
            // Told twice in one stay: the pause has begun already.
            pause = before.retryAt == nil ? min(before.pause * 2, Self.longestPause) : before.pause
        } else {
            pause = Self.shortestPause
        }
        retryAt = now.advanced(by: pause)
    }
}
