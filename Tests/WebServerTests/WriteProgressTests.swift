import NIOCore
import Testing

@testable import WebServer

struct WriteProgressTests {
    /// When, in seconds, a client counts as stalled that takes `step` bytes of `size` each second; nil if never.
    private static func stalled(size: Int, step: Int) -> Int64? {
        var progress = WriteProgress()
        for second in Int64(0)..<10_000 {
            let waiting = size - Int(second) * step
            guard waiting > 0 else { return nil }
            let now = NIODeadline.uptimeNanoseconds(1) + .seconds(second)
            if progress.isStalled(waiting: waiting, written: UInt64(size), now: now, limit: .seconds(30)) {
                return second
            }
        }
        return nil
    }

    @Test(
        "a client must take some bytes, not one, in each span of time",
        arguments: [
            (100_000, 0, 31), (100_000, 1, 31), (100_000, 130, 31), (100_000, 140, nil), (100_000, 50_000, nil),
            // The rest of a response is less than that: then all of it.
            (100, 0, 31), (100, 1, 31), (100, 4, nil),
        ] as [(Int, Int, Int64?)])
    func pace(size: Int, step: Int, stalled: Int64?) { #expect(Self.stalled(size: size, step: step) == stalled) }

    @Test("more responses behind those that wait buy no time")
    func moreResponses() {
        var progress = WriteProgress()
        var stalled: Int64?
        for second in Int64(0)..<100 where stalled == nil {
            let more = Int(second) * 200
            let now = NIODeadline.uptimeNanoseconds(1) + .seconds(second)
            let isStalled = progress.isStalled(
                waiting: 5000 + more, written: UInt64(9000 + more), now: now, limit: .seconds(30))
            if isStalled { stalled = second }
        }
        #expect(stalled == 31)
    }
}
