import Testing
import VRRP
import Wire

@Suite("A Backup that asks for signs of life")
struct SignOfLifeTests {
    let start = Fixture.start
    let down = Fixture.unanswered

    /// Drives a Backup by its deadlines until it takes over; answers when, after `begin`, and why. `answers` says whether
    /// the machine gives the sign.
    private func takeOver(
        _ router: inout VirtualRouter, after begin: Instant, answers: Bool
    ) -> (after: Duration, reason: TransitionReason)? {
        while let deadline = router.nextDeadline, deadline < begin + .seconds(60) {
            let actions = router.deadlineReached(at: deadline)
            if answers, actions.contains(.askForSignOfLife) { router.activeLives() }
            if case .transition(_, to: .active, let reason)? = actions.last {
                return (begin.duration(to: deadline), reason)
            }
        }
        return nil
    }

    /// A Backup that heard the Active node at `start`, then so much too late, then in time so often; and when last.
    private func backup(
        late: Duration, thenInTime count: Int = 0, from sender: TieBreaker = Fixture.higher
    ) -> (VirtualRouter, Instant) {
        var router = Fixture.allowing()
        var now = start
        for step in 0...count {
            now = now + .seconds(1) + (step == 0 ? late : .zero)
            _ = router.receive(Fixture.advertisement(200), from: sender, at: now)
        }
        return (router, now)
    }

    @Test("without a sign it takes over early, with one the allowance later, and says so", arguments: [false, true])
    func takesOver(_ answers: Bool) throws {
        var router = Fixture.allowing()
        let found = try #require(takeOver(&router, after: start, answers: answers))
        #expect(found.after == (answers ? down + Fixture.allowance : down))
        #expect(found.reason == (answers ? .activeHung : .activeSilent))
    }

    @Test("it allows for the lateness that it saw, in steps of half an allowance")
    func learns() throws {
        for (late, allowed) in [(100, 2000), (1500, 2000), (2001, 3000), (4000, 4000), (6900, 7000)] {
            var (router, last) = backup(late: .milliseconds(late))
            let found = try #require(takeOver(&router, after: last, answers: true))
            #expect(found.after == down + .milliseconds(allowed), "late by \(late) ms")
        }
    }

    @Test("it allows for five allowances at most, and remembers no more")
    func bounded() throws {
        var router = Fixture.initialize(allowance: .milliseconds(100))
        _ = router.startup(at: start)
        _ = router.receive(Fixture.advertisement(200), from: Fixture.higher, at: start)
        let last = start + .seconds(3)
        _ = router.receive(Fixture.advertisement(200), from: Fixture.higher, at: last)
        #expect(router.lateness == .milliseconds(500))
        let found = try #require(takeOver(&router, after: last, answers: true))
        #expect(found.after == down + .milliseconds(500))
    }

    @Test("what a Backup that looked too late missed is not the leader's lateness, and another leader begins anew")
    func own() {
        var router = Fixture.allowing()
        _ = router.deadlineReached(at: start + .seconds(20))
        _ = router.receive(Fixture.advertisement(200), from: Fixture.higher, at: start + .seconds(20))
        #expect(router.lateness == .zero)
        _ = router.receive(Fixture.advertisement(200), from: Fixture.higher, at: start + .seconds(22))
        #expect(router.lateness == .seconds(1))
        _ = router.receive(Fixture.advertisement(200), from: Fixture.lower, at: start + .seconds(23))
        #expect(router.lateness == .zero)
    }

    @Test("a leader of lower priority that is to be replaced is not asked about, and may resign")
    func preempted() {
        var router = Fixture.initialize(preempt: true, delay: .seconds(5), allowance: Fixture.allowance)
        _ = router.startup(at: start)
        _ = router.receive(Fixture.advertisement(50), from: Fixture.lower, at: start + .seconds(4))
        #expect(router.nextDeadline == start + .seconds(4) + down - .seconds(1))
        let ignored = router.receive(Fixture.advertisement(50), from: Fixture.lower, at: start + .seconds(5))
        #expect(ignored == [.ignored(.lowerPriority)])
        #expect(router.nextDeadline == start + .seconds(4) + Fixture.activeDown)
        _ = router.receive(Fixture.advertisement(0), from: Fixture.lower, at: start + .seconds(6))
        #expect(router.nextDeadline == start + .seconds(6) + Fixture.skew)
    }

    @Test("lateness is forgotten with time")
    func forgets() throws {
        var (router, last) = backup(late: .milliseconds(4000), thenInTime: 5000)
        let found = try #require(takeOver(&router, after: last, answers: true))
        #expect(found.after == down + Fixture.allowance)
    }

    @Test("the time between the last word of one and the first of another is nobody's lateness")
    func otherSender() throws {
        var (router, last) = backup(late: .milliseconds(4000), from: Fixture.lower)
        let found = try #require(takeOver(&router, after: last, answers: true))
        #expect(found.after == down + Fixture.allowance)
    }

    @Test("nobody is asked where nobody was heard, has resigned or has ended, or where nothing is allowed for")
    func asksNobody() {
        var unheard = Fixture.initialize(allowance: Fixture.allowance)
        _ = unheard.startup(at: start)
        #expect(unheard.nextDeadline == start + Fixture.activeDown)
        var resigned = Fixture.allowing()
        _ = resigned.receive(Fixture.advertisement(0), from: Fixture.higher, at: start)
        #expect(resigned.nextDeadline == start + Fixture.skew)
        var ended = Fixture.allowing()
        ended.activeEnded(at: start)
        #expect(ended.nextDeadline == start)
        var plain = Fixture.backup()
        _ = plain.receive(Fixture.advertisement(200), from: Fixture.higher, at: start)
        #expect(plain.nextDeadline == start + Fixture.activeDown)
    }

    @Test("one that can't be asked is waited for as ever", arguments: [false, true])
    func unaskable(_ isAsked: Bool) throws {
        var router = Fixture.allowing(askedAt: isAsked ? start + down - .seconds(1) : nil)
        router.activeCannotBeAsked()
        router.activeCannotBeAsked()
        let found = try #require(takeOver(&router, after: start, answers: false))
        #expect(found.after == Fixture.activeDown)
        #expect(found.reason == .activeSilent)
    }

    @Test("that it can't be asked means nothing once it has answered, resigned or ended")
    func unaskableLater() {
        var answered = Fixture.allowing(askedAt: start + down - .seconds(1))
        answered.activeLives()
        answered.activeCannotBeAsked()
        #expect(answered.nextDeadline == start + down + Fixture.allowance)
        var resigned = Fixture.allowing()
        _ = resigned.receive(Fixture.advertisement(0), from: Fixture.higher, at: start)
        resigned.activeCannotBeAsked()
        #expect(resigned.nextDeadline == start + Fixture.skew)
        var ended = Fixture.allowing()
        ended.activeEnded(at: start)
        ended.activeCannotBeAsked()
        #expect(ended.nextDeadline == start)
    }

    @Test("a Backup of high priority does not ask about an advertisement that is only a little late")
    func highPriority() {
        var router = VirtualRouter(Fixture.allowing().configuration, priority: 254, tieBreaker: Fixture.own)
        _ = router.startup(at: start)
        _ = router.receive(Fixture.advertisement(255), from: Fixture.higher, at: start)
        #expect(router.nextDeadline == start + .milliseconds(1500))
    }

    @Test("an Active node that slept for as long as Backups wait for an answer asks whether another leads")
    func overslept() {
        var router = Fixture.initialize(patience: .milliseconds(9900), allowance: Fixture.allowance)
        _ = router.startup(at: start.advanced(by: .zero - Fixture.activeDown))
        _ = router.deadlineReached(at: start)
        #expect(router.state == .active && !router.isInDoubt)
        _ = router.deadlineReached(at: start + down - .milliseconds(1))
        #expect(!router.isInDoubt)
        _ = router.deadlineReached(at: start + down + down)
        #expect(router.isInDoubt)
    }

    @Test("it asks four times, until it is answered")
    func asksAgain() {
        var router = Fixture.allowing()
        var asked: [Duration] = []
        while let deadline = router.nextDeadline, deadline < start + down {
            if router.deadlineReached(at: deadline) == [.askForSignOfLife] {
                asked.append(start.duration(to: deadline))
            }
        }
        #expect(asked == (0..<4).map { down - .seconds(1) + .milliseconds(250 * $0) })
        var answered = Fixture.allowing(askedAt: start + down - .seconds(1))
        answered.activeLives()
        #expect(answered.nextDeadline == start + down + Fixture.allowance)
    }

    @Test("an advertisement ends the matter, and the next silence is asked about anew")
    func heardAgain() {
        var router = Fixture.allowing(askedAt: start + down - .seconds(1))
        router.activeLives()
        let again = start + down
        _ = router.receive(Fixture.advertisement(200), from: Fixture.higher, at: again)
        #expect(router.nextDeadline == again + down - .seconds(1))
        #expect(router.deadlineReached(at: again + down - .seconds(1)) == [.askForSignOfLife])
    }

    @Test("one that ends after it gave a sign is replaced at once")
    func endsAfterSign() {
        var router = Fixture.allowing(askedAt: start + down - .seconds(1))
        router.activeLives()
        router.activeEnded(at: start + down)
        let actions = router.deadlineReached(at: start + down)
        #expect(actions.last == .transition(from: .backup, to: .active, reason: .activeEnded))
    }
}
