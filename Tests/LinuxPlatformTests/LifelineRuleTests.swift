import Testing
import Wire

@testable import LinuxPlatform

@Suite("The rules of lifelines")
struct LifelineRuleTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func at(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    /// The pauses of attempts that all fail in the same way, in milliseconds.
    private func pauses(_ count: Int, of schedule: inout LifelineSchedule) -> [Int64] {
        (0..<count).map { _ in
            guard case .wait(let due) = schedule.failed(at: start) else { return -1 }
            return start.duration(to: due).wholeNanoseconds / 1_000_000
        }
    }

    @Test("attempts that fail come at ever longer intervals, up to five seconds")
    func backOff() {
        var schedule = LifelineSchedule()
        #expect(schedule.attempt(at: start) == .call(until: at(3000)))
        #expect(pauses(8, of: &schedule) == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
        #expect(!schedule.isAfterEnd)
    }

    @Test("after an end a few attempts follow closely, each a little more patient, and then no more")
    func closeAttempts() {
        var schedule = LifelineSchedule()
        #expect(schedule.ended(since: start, at: at(60_000)) == .call(until: at(60_004)))
        for patience in [8, 16, 32, 64] {
            #expect(schedule.isAfterEnd)
            #expect(schedule.unanswered(at: at(61_000)) == .call(until: at(61_000 + patience)))
        }
        #expect(schedule.unanswered(at: at(62_000)) == .wait(until: at(62_100)))
        #expect(!schedule.isAfterEnd)
        #expect(schedule.attempt(at: at(62_100)) == .call(until: at(65_100)))
    }

    @Test("a refusal right after an end is the last close attempt")
    func refusal() {
        var schedule = LifelineSchedule()
        _ = schedule.ended(since: start, at: at(5000))
        #expect(schedule.failed(at: at(5001)) == .wait(until: at(5101)))
        #expect(!schedule.isAfterEnd)
    }

    @Test("connections that end as soon as they are made bring about a bounded number of attempts")
    func flapping() {
        var schedule = LifelineSchedule()
        var calls = 0
        var now = start
        var next = schedule.attempt(at: now)
        while start.duration(to: now) < .seconds(60) {
            switch next {
            case .call:
                calls += 1
                now = now.advanced(by: .milliseconds(1))
                next = schedule.ended(since: now, at: now)
            case .wait(let due):
                now = due
                next = schedule.attempt(at: now)
            }
        }
        // Six at each end of a pause, and seventeen pauses in a minute.
        #expect(calls <= 17 * 6)
    }

    @Test("a connection that has stood begins anew with the shortest pause")
    func recovers() {
        var schedule = LifelineSchedule()
        _ = pauses(7, of: &schedule)
        _ = schedule.ended(since: start, at: at(1000))
        #expect(schedule.failed(at: at(1000)) == .wait(until: at(1100)))
    }

    // MARK: Places

    private func stranger(_ number: Int) -> IPAddress { .v4(0x0A4D_0000 + UInt32(number)) }

    @Test("one address has four places, which it gets back as its connections end")
    func placesOfOneAddress() {
        var places = LifelinePlaces()
        let entered = [1, 1, 1, 1, 1, 2].map { places.enter(stranger($0)) }
        #expect(entered == [true, true, true, true, false, true])
        places.leave(stranger(1))
        let after = [1, 1].map { places.enter(stranger($0)) }
        #expect(after == [true, false])
        #expect(places.held == [stranger(1): 4, stranger(2): 1])
    }

    @Test("strangers cannot take the places of members, and members not more than there are")
    func placesOfMembers() {
        var places = LifelinePlaces()
        let strangers = (0..<100).filter { places.enter(stranger($0)) }
        #expect(strangers.count == LifelinePlaces.mostStrangers)
        places.members = Set((1000..<1100).map(stranger))
        let members = (0..<4).flatMap { _ in (1000..<1100).filter { places.enter(stranger($0)) } }
        #expect(members.count == LifelinePlaces.most - LifelinePlaces.mostStrangers)
        let more = [1000, 0].map { places.enter(stranger($0)) }
        #expect(more == [false, false])
    }

    @Test("a stranger who becomes a member gives a stranger's place back")
    func strangerBecomesMember() {
        var places = LifelinePlaces()
        let entered = (0...64).filter { places.enter(stranger($0)) }
        #expect(entered == Array(0..<64))
        places.members = [stranger(3)]
        let enters = places.enter(stranger(64))
        #expect(enters)
    }

    @Test("an address that never came in cannot leave")
    func leavesTwice() {
        var places = LifelinePlaces()
        _ = places.enter(stranger(1))
        places.leave(stranger(1))
        places.leave(stranger(1))
        places.leave(stranger(2))
        #expect(places.held.isEmpty)
    }
}
