import NodeCore
import Testing

@testable import BrambleRuntime

struct CheckPaceTests {
    @Test(
        "only a node that starts is checked at short intervals",
        arguments: [
            ([], CheckLoop.interval), ([.starting], CheckLoop.impatience),
            ([.noSite("no directory"), .starting], CheckLoop.impatience),
            ([.noSite("no directory")], CheckLoop.interval),
            ([.httpUnanswered("port in use"), .storeUnreadable("bad card")], CheckLoop.interval),
        ] as [([Health.Reason], Duration)])
    func pace(reasons: [Health.Reason], pause: Duration) {
        #expect(CheckLoop.pause(after: CheckResult(reasons: reasons, release: 0, isFullTurn: true)) == pause)
    }
}
