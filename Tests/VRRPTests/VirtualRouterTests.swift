import Testing
import VRRP
import Wire

@Suite("A virtual router over time")
struct VirtualRouterTests {
    let start = Fixture.start
    let own100 = VirtualRouter.Action.advertise(Fixture.advertisement(100))

    /// When, after `start`, an Active router left to itself does `action`.
    func times(of action: VirtualRouter.Action, until end: Duration) -> [Duration] {
        var router = Fixture.active()
        var times: [Duration] = []
        while let deadline = router.nextDeadline, deadline <= start + end {
            if router.deadlineReached(at: deadline).contains(action) { times.append(start.duration(to: deadline)) }
        }
        return times
    }

    @Test("an Active router announces at once, after 50 ms, 200 ms, 1 s, 2 s, and then every minute")
    func announcements() {
        #expect(
            times(of: .announce, until: .seconds(130))
                == [.milliseconds(50), .milliseconds(200), .seconds(1), .seconds(2), .seconds(62), .seconds(122)])
    }

    @Test("it advertises at every interval")
    func advertisements() {
        #expect(times(of: own100, until: .seconds(5)) == (1...5).map { .seconds($0) })
    }

    @Test("called too early it does nothing")
    func early() {
        var active = Fixture.active()
        #expect(active.deadlineReached(at: start + .milliseconds(49)).isEmpty)
        var backup = Fixture.backup()
        #expect(backup.deadlineReached(at: start + .seconds(3)).isEmpty)
        var stopped = Fixture.initialize()
        #expect(stopped.deadlineReached(at: start).isEmpty)
    }

    @Test("a stream of lower claims is answered each time, but after a burst announced only ten times a second")
    func claimsInStream() {
        var router = Fixture.active()
        var actions: [VirtualRouter.Action] = []
        for step in 1...200 {
            let now = start + .milliseconds(5 * step)
            actions += router.receive(Fixture.advertisement(1), from: Fixture.lower, at: now)
            actions += router.deadlineReached(at: now)
        }
        #expect(actions.filter { $0 == own100 }.count == 200)
        #expect((16...18).contains(actions.filter { $0 == .announce }.count))
    }

    @Test("two Active routers that meet: one lets go, and the other has the last word on the LAN")
    func healedSplit() {
        var winner = Fixture.active(tie: Fixture.higher)
        var loser = Fixture.active(tie: Fixture.lower)
        let now = start + .milliseconds(700)
        let gaveWay = loser.receive(Fixture.advertisement(100), from: Fixture.higher, at: now)
        #expect(gaveWay.prefix(2) == [.release, own100])
        let answer = winner.receive(Fixture.advertisement(100), from: Fixture.lower, at: now)
        #expect(answer == [own100, .announce])
        #expect(loser.receive(Fixture.advertisement(100), from: Fixture.higher, at: now).isEmpty)
        #expect(winner.state == .active)
        #expect(loser.state == .backup)
    }

    @Test("after a resignation the reason for taking over names it")
    func resignation() {
        var router = Fixture.backup()
        _ = router.receive(Fixture.advertisement(0), from: Fixture.higher, at: start)
        let actions = router.deadlineReached(at: start + Fixture.skew)
        #expect(actions.last == .transition(from: .backup, to: .active, reason: .activeResigned))
    }

    @Test("a resignation leaves the interval that was learnt, and the skew follows from that")
    func resignationAfterLearning() {
        var router = Fixture.backup()
        _ = router.receive(Fixture.advertisement(100, interval: 10), from: Fixture.higher, at: start)
        _ = router.receive(Fixture.advertisement(0, interval: 4095), from: Fixture.higher, at: start)
        #expect(router.activeInterval == 10)
        #expect(router.nextDeadline == start + Timers(interval: 10, priority: 100).skew)
    }

    @Test("with preemption on, a resignation counts although 0 is lower")
    func resignationWithPreemption() {
        var router = Fixture.backup(preempt: true)
        #expect(router.receive(Fixture.advertisement(0), from: Fixture.lower, at: start).isEmpty)
        #expect(router.nextDeadline == start + Fixture.skew)
    }

    @Test("just less than Active_Down is no oversleeping")
    func almostOverslept() {
        var router = Fixture.active()
        let actions = router.deadlineReached(at: start + Fixture.activeDown + .nanoseconds(-1))
        #expect(router.state == .active)
        #expect(actions == [own100, .announce])
    }

    @Test("a router that overslept and hears no one takes over again after a full Active_Down")
    func alone() {
        var router = Fixture.active()
        let woken = start + .seconds(20)
        _ = router.deadlineReached(at: woken)
        #expect(router.state == .backup)
        #expect(router.deadlineReached(at: woken + Fixture.activeDown + .nanoseconds(-1)).isEmpty)
        #expect(router.deadlineReached(at: woken + Fixture.activeDown).first == .claim)
    }

    @Test("a router stopped after it overslept lets go once, and resigns once")
    func stoppedAfterSleep() {
        var router = Fixture.active()
        let actions = router.shutdown(reason: .stopping, at: start + .seconds(20))
        #expect(actions.filter { $0 == .release || $0 == .advertise(Fixture.advertisement(0)) }.count == 2)
        #expect(actions.last == .transition(from: .backup, to: .initialize, reason: .stopping))
        #expect(router.nextDeadline == nil)
    }

    @Test("another interval or another address list is acted upon, and told once")
    func disagreement() {
        var router = Fixture.backup()
        let odd = Fixture.advertisement(100, interval: 50, addresses: [Fixture.address, Fixture.other])
        let told = router.receive(odd, from: Fixture.higher, at: start)
        #expect(told == [.noticed(.interval(50)), .noticed(.addresses([Fixture.address, Fixture.other]))])
        #expect(router.receive(odd, from: Fixture.higher, at: start).isEmpty)
        #expect(router.activeInterval == 50)
        #expect(router.receive(Fixture.advertisement(100), from: Fixture.higher, at: start).isEmpty)
        #expect(router.receive(odd, from: Fixture.higher, at: start) == told)
    }

    @Test("a priority of 0 is no one's: it becomes 1")
    func priorityZero() {
        var router = Fixture.initialize(priority: 0)
        #expect(router.priority == 1)
        _ = router.setPriority(0, at: start)
        #expect(router.priority == 1)
    }

    @Test(
        "skew and Active_Down follow the formulas of the RFC",
        arguments: [
            (interval: 100, priority: 254, skew: 7_812_500), (2, 100, 12_187_500), (1, 1, 9_960_937),
            (4095, 255, 159_960_937), (100, 0, 1_000_000_000),
        ] as [(interval: UInt16, priority: UInt8, skew: Int64)])
    func timers(interval: UInt16, priority: UInt8, skew: Int64) {
        let timers = Timers(interval: interval, priority: priority)
        #expect(timers.interval == .milliseconds(10) * Int(interval))
        #expect(timers.skew == .nanoseconds(skew))
        #expect(timers.activeDown == timers.interval * 3 + timers.skew)
    }

    @Test("the higher address or node ID breaks a tie")
    func tieBreakers() {
        #expect(TieBreaker(.v4(0x0A00_0002)) > TieBreaker(.v4(0x0A00_0001)))
        #expect(TieBreaker(.v4(0xFF00_0000)) > TieBreaker(.v4(0x7FFF_FFFF)))
        #expect(TieBreaker(.v6(1, 0)) > TieBreaker(.v6(0, .max)))
        #expect(TieBreaker(NodeID(high: 2, low: 0)) > TieBreaker(NodeID(high: 1, low: 9)))
        #expect(TieBreaker(NodeID(high: 1, low: 9)) == TieBreaker(NodeID(high: 1, low: 9)))
    }

    @Test("every reason has words of its own for people")
    func words() {
        let reasons: [TransitionReason] = [
            .started, .ownsAddresses, .activeSilent, .activeHung, .activeResigned, .higherPriority(7),
            .higherTieBreaker,
            .overslept(.milliseconds(812)), .stopping, .draining, .cannotServe, .linkDown, .addressConflict,
        ]
        #expect(Set(reasons.map(\.description)).count == reasons.count)
        #expect(TransitionReason.overslept(.milliseconds(812)).description.contains("812 ms"))
    }

    @Test("a rank makes a Backup wait longer, by an eighth of an interval each, and is not on the wire")
    func rank() {
        var router = Fixture.backup()
        let first = router.nextDeadline
        router.setRank(2)
        let interval = Timers(interval: router.configuration.interval, priority: router.priority).interval
        #expect(router.nextDeadline == first.map { $0.advanced(by: interval / 4) })
        router.setRank(0)
        #expect(router.nextDeadline == first)
    }

    @Test("after an interval without an answer a late Active router is sure again")
    func sureAgain() {
        let late = start + Fixture.activeDown
        var router = Fixture.patient(askedAt: late)
        #expect(router.isInDoubt)
        while let deadline = router.nextDeadline, deadline < late + .seconds(1) {
            #expect(!router.deadlineReached(at: deadline).contains(own100))
        }
        #expect(router.deadlineReached(at: late + .seconds(1)).contains(own100))
        #expect(!router.isInDoubt && router.state == .active)
    }

    @Test("who doubts does not put a lost address back")
    func lostInDoubt() {
        var sure = Fixture.active()
        #expect(sure.addressesLost(at: start).isEmpty && sure.state == .active)
        var router = Fixture.patient(askedAt: start + Fixture.activeDown)
        #expect(router.addressesLost(at: start + Fixture.activeDown).first == .release)
        #expect(router.state == .backup)
    }

    @Test("preemption waits for its delay after the start")
    func preemptDelay() {
        var router = Fixture.initialize(preempt: true, delay: .seconds(5))
        _ = router.startup(at: start)
        for second in 1...4 {
            let now = start + .seconds(second)
            #expect(router.receive(Fixture.advertisement(1), from: Fixture.lower, at: now).isEmpty)
        }
        let deadline = router.nextDeadline
        let now = start + .seconds(5)
        #expect(router.receive(Fixture.advertisement(1), from: Fixture.lower, at: now) == [.ignored(.lowerPriority)])
        #expect(router.nextDeadline == deadline)
    }

    @Test("a successor that was named no longer is a rival like any other")
    func unnamed() {
        var router = Fixture.active(handingOverTo: Fixture.lower)
        router.handOver(to: nil)
        #expect(router.receive(Fixture.advertisement(100), from: Fixture.lower, at: start).first == own100)
    }
}
