import Testing
@testable import Wire

@Suite("A second machine with our node ID")
struct TwinTests {
    @Test(
        "a live twin is found by both sides, whichever started more often",
        arguments: [(1, 1), (1, 5), (5, 1)] as [(UInt64, UInt64)])
    func liveTwin(ours: UInt64, theirs: UInt64) throws {
        var one = Party(Bench.session(1, boot: ours, salt: 10), at: Bench.address(1))
        var other = Party(Bench.session(1, boot: theirs, salt: 20), at: Bench.address(2))
        let received = try introduce(&one, &other)
        #expect(received.count == 4)
        guard case .duplicateIdentity(one.session, .some) = received[2] else {
            Issue.record("\(received[2])"); return
        }
        #expect(received[3] == .duplicateIdentity(other.session, reply: nil))
        let message = try one.seal()
        #expect(other.receive(message, from: one) == .duplicateIdentity(one.session, reply: nil))
        #expect(other.receive(message, from: one) == .dropped(.replayed), "a recording of it is no sign of life")
    }

    @Test("everything that our earlier runs ever sent, played back, never looks like a twin")
    func earlierRuns() throws {
        var recorded: [[UInt8]] = []
        var bob = Party(2)
        for boot in 1...3 as ClosedRange<UInt64> {
            var earlier = Party(1, boot: boot)
            recorded.append(try earlier.seal())
            let challenge = try #require(bob.receive(recorded[recorded.count - 1], from: earlier).datagram)
            let answer = try #require(earlier.receive(challenge, from: bob).datagram)
            let reply = try #require(bob.receive(answer, from: earlier).datagram)
            _ = earlier.receive(reply, from: bob)
            let asked = try #require(earlier.receive(try Self.stranger(boot).seal(), from: bob).datagram)
            recorded += [challenge, answer, reply, asked, try earlier.seal()]
        }
        var now = Party(1, boot: 4)
        for round in 0..<40 {
            for datagram in recorded {
                let at = Bench.start.advanced(by: .seconds(round))
                for source in [now.address, bob.address, Bench.address(66)] {
                    let received = now.link.receive(datagram, from: source, at: at)
                    if case .duplicateIdentity = received { Issue.record("a recording looks alive") }
                    if case .proven = received { Issue.record("a recording looks alive") }
                    if case .message = received { Issue.record("a recording is passed on") }
                }
            }
        }
    }

    private static func stranger(_ boot: UInt64) -> Sender { Sender(party: Party(50 + boot)) }

    /// A party that seals without being kept.
    private struct Sender {
        let party: Party
        func seal() throws -> [UInt8] {
            var party = party
            return try party.seal()
        }
    }
}
