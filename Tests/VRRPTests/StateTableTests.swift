import Testing
import VRRP
import Wire

/// One line of the table in the documentation of `VirtualRouter`, under the same number.
struct Row: Sendable, CustomTestStringConvertible {
    typealias Event = @Sendable (inout VirtualRouter) -> [VirtualRouter.Action]

    let line: Int
    let testDescription: String
    let before: VirtualRouter
    let event: Event
    let actions: [VirtualRouter.Action]
    let next: RouterState
    let deadline: Instant?

    init(
        _ line: Int, _ title: String, _ before: VirtualRouter, _ event: @escaping Event,
        does actions: [VirtualRouter.Action] = [], then next: RouterState, until deadline: Instant?
    ) {
        (self.line, testDescription, self.before, self.event) = (line, "\(line). \(title)", before, event)
        (self.actions, self.next, self.deadline) = (actions, next, deadline)
    }
}

@Suite("The state table of the virtual router")
struct StateTableTests {
    static let rows = initializeRows + backupRows + activeRows + anyRows + beyondRows

    @Test("each line of the table holds", arguments: rows)
    func lineHolds(_ row: Row) {
        var router = row.before
        #expect(row.event(&router) == row.actions)
        #expect(router.state == row.next)
        #expect(router.nextDeadline == row.deadline)
    }

    @Test("no line of the table is left out")
    func complete() {
        #expect(Set(Self.rows.map(\.line)) == Set(1...37))
    }
}

private let start = Fixture.start
private let now = Fixture.start + .milliseconds(500)
private let own100 = VirtualRouter.Action.advertise(Fixture.advertisement(100))
private let down = Fixture.activeDown
private let unanswered = Fixture.unanswered

private func hears(
    _ priority: UInt8, interval: UInt16 = Fixture.second, from sender: TieBreaker = Fixture.lower,
    at time: Instant = now
) -> Row.Event {
    { $0.receive(Fixture.advertisement(priority, interval: interval), from: sender, at: time) }
}

private func gaveWay(_ priority: UInt8, because reason: TransitionReason) -> [VirtualRouter.Action] {
    [.release, .advertise(Fixture.advertisement(priority)), .transition(from: .active, to: .backup, reason: reason)]
}

private let initializeRows: [Row] = [
    Row(
        1, "startup", Fixture.initialize(), { $0.startup(at: now) },
        does: [.release, .transition(from: .initialize, to: .backup, reason: .started)], then: .backup,
        until: now + down),
    Row(
        2, "startup as the owner of the addresses", Fixture.initialize(priority: 255), { $0.startup(at: now) },
        does: [
            .claim, .advertise(Fixture.advertisement(255)), .announce,
            .transition(from: .initialize, to: .active, reason: .ownsAddresses),
        ],
        then: .active, until: now + .milliseconds(50)),
    Row(
        3, "an advertisement before the start", Fixture.initialize(), hears(100),
        does: [.ignored(.notRunning)], then: .initialize, until: nil),
    Row(
        4, "shutdown before the start", Fixture.initialize(), { $0.shutdown(reason: .stopping, at: now) },
        then: .initialize, until: nil),
]

private let backupRows: [Row] = [
    Row(
        5, "silence for Active_Down", Fixture.backup(), { $0.deadlineReached(at: start + down) },
        does: [.claim, own100, .announce, .transition(from: .backup, to: .active, reason: .activeSilent)],
        then: .active, until: start + down + .milliseconds(50)),
    Row(6, "the Active node resigns", Fixture.backup(), hears(0), then: .backup, until: now + Fixture.skew),
    Row(
        7, "an equal advertisement, whose shorter interval is learnt", Fixture.backup(), hears(100, interval: 10),
        does: [.noticed(.interval(10))], then: .backup, until: now + Timers(interval: 10, priority: 100).activeDown),
    Row(8, "a lower one with preemption off", Fixture.backup(), hears(1), then: .backup, until: now + down),
    Row(
        9, "a lower one with preemption on", Fixture.backup(preempt: true), hears(99),
        does: [.ignored(.lowerPriority)], then: .backup, until: start + down),
    Row(
        10, "a higher priority of its own shortens the wait", Fixture.backup(), { $0.setPriority(200, at: now) },
        then: .backup, until: start + Timers(interval: Fixture.second, priority: 200).activeDown),
    Row(
        11, "shutdown", Fixture.backup(), { $0.shutdown(reason: .draining, at: now) },
        does: [.transition(from: .backup, to: .initialize, reason: .draining)], then: .initialize, until: nil),
]

private let activeRows: [Row] = [
    Row(
        12, "an advertisement is due", Fixture.active(drivenFor: .seconds(2)),
        { $0.deadlineReached(at: start + .seconds(3)) },
        does: [own100], then: .active, until: start + .seconds(4)),
    Row(
        13, "an announcement is due", Fixture.active(), { $0.deadlineReached(at: start + .milliseconds(50)) },
        does: [.announce], then: .active, until: start + .milliseconds(200)),
    Row(
        14, "a peer resigns", Fixture.active(), hears(0),
        does: [own100, .announce], then: .active, until: now + .milliseconds(50)),
    Row(
        15, "a higher advertisement", Fixture.active(), hears(101),
        does: gaveWay(100, because: .higherPriority(101)), then: .backup, until: now + down),
    Row(
        16, "an equal one with a higher tie-breaker", Fixture.active(), hears(100, from: Fixture.higher),
        does: gaveWay(100, because: .higherTieBreaker), then: .backup, until: now + down),
    Row(
        17, "an equal one with a lower tie-breaker", Fixture.active(), hears(100),
        does: [own100, .announce], then: .active, until: now + .milliseconds(50)),
    Row(
        18, "a lower advertisement is answered at once", Fixture.active(), hears(99, from: Fixture.higher),
        does: [own100, .announce], then: .active, until: now + .milliseconds(50)),
    Row(
        19, "another priority of its own is told at once", Fixture.active(drivenFor: .seconds(2)),
        { $0.setPriority(200, at: start + .milliseconds(2500)) },
        does: [.advertise(Fixture.advertisement(200))], then: .active, until: start + .milliseconds(3500)),
    Row(
        20, "a deadline reached too late", Fixture.active(), { $0.deadlineReached(at: start + down) },
        does: gaveWay(0, because: .overslept(down)), then: .backup, until: start + down + down),
    Row(
        20, "a lower advertisement read after a long sleep is not argued with", Fixture.active(),
        hears(1, at: start + down),
        does: gaveWay(0, because: .overslept(down)), then: .backup, until: start + down + down),
    Row(
        20, "a higher one read after a long sleep is not answered twice", Fixture.active(),
        hears(200, from: Fixture.higher, at: start + down),
        does: gaveWay(0, because: .overslept(down)), then: .backup, until: start + down + down),
    Row(
        20, "another priority after a long sleep", Fixture.active(), { $0.setPriority(254, at: start + down) },
        does: gaveWay(0, because: .overslept(down)), then: .backup,
        until: start + down + Timers(interval: Fixture.second, priority: 254).activeDown),
    Row(
        21, "shutdown", Fixture.active(), { $0.shutdown(reason: .stopping, at: now) },
        does: [
            .advertise(Fixture.advertisement(0)), .release,
            .transition(from: .active, to: .initialize, reason: .stopping),
        ],
        then: .initialize, until: nil),
]

private let anyRows: [Row] = [
    Row(
        26, "asked to announce again", Fixture.active(), { $0.announceAgain(at: now) },
        does: [.announce], then: .active, until: now + .milliseconds(50)),
    Row(
        26, "asked to announce again as a Backup", Fixture.backup(), { $0.announceAgain(at: now) },
        then: .backup, until: start + down),
    Row(22, "startup twice", Fixture.backup(), { $0.startup(at: now) }, then: .backup, until: start + down),
    Row(
        23, "another virtual router", Fixture.backup(),
        { $0.receive(Fixture.advertisement(200, id: 7), from: Fixture.higher, at: now) },
        does: [.ignored(.otherRouter(7))], then: .backup, until: start + down),
    Row(
        23, "the same number in the other IP version", Fixture.backup(),
        { $0.receive(Fixture.advertisement(200, addresses: [.v6(1, 2)]), from: Fixture.higher, at: now) },
        does: [.ignored(.otherFamily)], then: .backup, until: start + down),
    Row(
        24, "an echo", Fixture.active(), hears(100, from: Fixture.own),
        does: [.ignored(.ownEcho)], then: .active, until: start + .milliseconds(50)),
    Row(
        25, "an advertisement heard by the owner of the addresses", Fixture.owner(), hears(255, from: Fixture.higher),
        does: [.ignored(.addressOwner)], then: .active, until: start + .milliseconds(50)),
]

private let step = Duration.milliseconds(250)  // a quarter of an interval
private let question = VirtualRouter.Action.advertise(Fixture.advertisement(1))
private let took: [VirtualRouter.Action] = [
    .claim, own100, .announce, .transition(from: .backup, to: .active, reason: .tookOver),
]

private func silently(_ event: @escaping @Sendable (inout VirtualRouter) -> Void) -> Row.Event {
    { router in
        event(&router)
        return []
    }
}

/// What goes beyond the RFC.
private let beyondRows: [Row] = [
    Row(
        27, "the leader's process has ended", Fixture.backup(), silently { $0.activeEnded(at: now) },
        then: .backup, until: now),
    Row(
        27, "the leader's process has ended, and two Backups come first", Fixture.backup(),
        silently {
            $0.setRank(2)
            $0.activeEnded(at: now)
        },
        then: .backup, until: now + step + step),
    Row(
        27, "which an Active router knows better", Fixture.active(), silently { $0.activeEnded(at: now) },
        then: .active, until: start + .milliseconds(50)),
    Row(
        28, "the leader hands over", Fixture.backup(), { $0.succeed(Fixture.lower, at: now) },
        does: took, then: .active, until: now + .milliseconds(50)),
    Row(
        28, "to one that leads already", Fixture.active(), { $0.succeed(Fixture.lower, at: now) },
        then: .active, until: start + .milliseconds(50)),
    Row(
        29, "the predecessor's last advertisement", Fixture.successor(at: now), hears(200, at: now),
        does: [.ignored(.predecessor)], then: .active, until: now + .milliseconds(50)),
    Row(
        30, "the successor claims", Fixture.active(handingOverTo: Fixture.lower), hears(1),
        does: [.relinquish, .transition(from: .active, to: .backup, reason: .handedOver)], then: .backup,
        until: now + down),
    Row(
        31, "a deadline reached somewhat late", Fixture.patient(), { $0.deadlineReached(at: start + down) },
        does: [question, .announce], then: .active, until: start + down + .seconds(1)),
    Row(
        32, "a rival in the socket of one that is late", Fixture.patient(), hears(1, at: start + down),
        does: [.release, .transition(from: .active, to: .backup, reason: .overslept(down))], then: .backup,
        until: start + down + down),
    Row(
        32, "a rival's answer", Fixture.patient(askedAt: start + down), hears(1, at: start + down + .milliseconds(1)),
        does: [
            .release, .transition(from: .active, to: .backup, reason: .overslept(.milliseconds(1))),
        ],
        then: .backup, until: start + down + .milliseconds(1) + down),
    Row(
        20, "a very long sleep of one with patience", Fixture.patient(),
        { $0.deadlineReached(at: start + .seconds(10)) },
        does: gaveWay(0, because: .overslept(.seconds(10))), then: .backup, until: start + .seconds(10) + down),
    Row(
        33, "a deadline seen an interval too late", Fixture.backup(),
        { $0.deadlineReached(at: start + down + .seconds(1)) },
        then: .backup, until: start + down + .seconds(2)),
    Row(
        33, "seen too late for the third time", Fixture.backup(lateLooks: 2),
        { $0.deadlineReached(at: start + .seconds(60)) },
        does: [.claim, own100, .announce, .transition(from: .backup, to: .active, reason: .activeSilent)],
        then: .active, until: start + .seconds(60) + .milliseconds(50)),
    Row(
        34, "silence, an interval before it is too long", Fixture.allowing(),
        { $0.deadlineReached(at: start + unanswered - .seconds(1)) },
        does: [.askForSignOfLife], then: .backup, until: start + unanswered - .milliseconds(750)),
    Row(
        34, "between two questions", Fixture.allowing(askedAt: start + unanswered - .milliseconds(250)),
        { $0.deadlineReached(at: start + unanswered - .milliseconds(100)) },
        then: .backup, until: start + unanswered),
    Row(
        34, "seen later, there is time for an answer all the same", Fixture.allowing(),
        { $0.deadlineReached(at: start + unanswered) },
        does: [.askForSignOfLife], then: .backup, until: start + unanswered + .milliseconds(250)),
    Row(
        35, "a sign of life", Fixture.allowing(askedAt: start + unanswered - .seconds(1)),
        {
            $0.activeLives()
            return []
        },
        then: .backup, until: start + unanswered + Fixture.allowance),
    Row(
        35, "a sign that nobody asked for", Fixture.allowing(),
        {
            $0.activeLives()
            return []
        },
        then: .backup, until: start + unanswered - .seconds(1)),
    Row(
        36, "a resignation of another than was Active", Fixture.allowing(), hears(0, from: Fixture.lower),
        does: [.ignored(.notActive)], then: .backup, until: start + unanswered - .seconds(1)),
    Row(
        37, "nobody can be asked", Fixture.allowing(askedAt: start + unanswered - .seconds(1)),
        {
            $0.activeCannotBeAsked()
            return []
        },
        then: .backup, until: start + down),
]
