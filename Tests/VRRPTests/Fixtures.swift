import VRRP
import Wire

/// What the tests of the virtual router share: number 51, one address, priority 100, an interval of 1 s.
enum Fixture {
    static let address = IPAddress.v4(0xC0A8_01FA)
    static let other = IPAddress.v4(0xC0A8_01FB)
    static let own = TieBreaker(.v4(50))
    static let lower = TieBreaker(.v4(10))
    static let higher = TieBreaker(.v4(90))
    static let second: UInt16 = 100
    /// (256 − 100) · 1 s / 256
    static let skew = Duration.microseconds(609_375)
    static let activeDown = Duration.seconds(3) + skew
    /// What is waited in place of it where a sign of life can be asked for.
    static let unanswered = Duration.seconds(2) + skew
    static let start = Instant(nanoseconds: 1_000_000_000)

    static func initialize(
        priority: UInt8 = 100, preempt: Bool = false, delay: Duration = .zero, patience: Duration = .zero,
        allowance: Duration = .zero, tie: TieBreaker = own
    ) -> VirtualRouter {
        VirtualRouter(
            VirtualRouter.Configuration(
                virtualRouterID: 51, addresses: [address], interval: second, preempt: preempt, preemptDelay: delay,
                patience: patience, allowance: allowance),
            priority: priority, tieBreaker: tie)
    }

    /// Backup since `start`.
    static func backup(preempt: Bool = false) -> VirtualRouter {
        var router = initialize(preempt: preempt)
        _ = router.startup(at: start)
        return router
    }

    /// Backup since `start`, that has looked too late so often.
    static func backup(lateLooks: Int) -> VirtualRouter {
        var router = backup()
        for look in 1...lateLooks { _ = router.deadlineReached(at: start + .seconds(10 * look)) }
        return router
    }

    /// Active since it took over at `now` from the peer with the lower tie-breaker.
    static func successor(at now: Instant) -> VirtualRouter {
        var router = backup()
        _ = router.succeed(lower, at: now)
        return router
    }

    /// Active since `start`, and waiting for its successor.
    static func active(handingOverTo successor: TieBreaker) -> VirtualRouter {
        var router = active()
        router.handOver(to: successor)
        return router
    }

    /// Active since `start`, with patience for nearly ten seconds; it may have been late, and asked.
    static func patient(askedAt: Instant? = nil) -> VirtualRouter {
        var router = initialize(patience: .milliseconds(9900))
        _ = router.startup(at: start.advanced(by: .zero - activeDown))
        _ = router.deadlineReached(at: start)
        if let askedAt { _ = router.deadlineReached(at: askedAt) }
        return router
    }

    static let allowance = Duration.seconds(2)

    /// Backup of one that was heard at `start`, and that may be held up; its machine may have been asked for a sign of life.
    static func allowing(askedAt: Instant? = nil) -> VirtualRouter {
        var router = initialize(allowance: allowance)
        _ = router.startup(at: start)
        _ = router.receive(advertisement(200), from: higher, at: start)
        if let askedAt { _ = router.deadlineReached(at: askedAt) }
        return router
    }

    /// Active since `start`.
    static func active(tie: TieBreaker = own) -> VirtualRouter {
        var router = initialize(tie: tie)
        _ = router.startup(at: start.advanced(by: .zero - activeDown))
        _ = router.deadlineReached(at: start)
        return router
    }

    /// Active since `start` because the addresses are its own.
    static func owner() -> VirtualRouter {
        var router = initialize(priority: 255)
        _ = router.startup(at: start)
        return router
    }

    /// Active since `start`, driven by its own deadlines up to `duration` after it.
    static func active(drivenFor duration: Duration) -> VirtualRouter {
        var router = active()
        while let deadline = router.nextDeadline, deadline <= start + duration {
            _ = router.deadlineReached(at: deadline)
        }
        return router
    }

    /// An advertisement as a peer sends it.
    static func advertisement(
        _ priority: UInt8, interval: UInt16 = second, id: UInt8 = 51, addresses: [IPAddress] = [address]
    ) -> Advertisement {
        Advertisement(virtualRouterID: id, priority: priority, interval: interval, addresses: addresses)
    }
}

extension Instant {
    static func + (left: Instant, right: Duration) -> Instant { left.advanced(by: right) }
    static func - (left: Instant, right: Duration) -> Instant { left.advanced(by: .zero - right) }
}
