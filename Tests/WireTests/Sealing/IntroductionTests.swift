import Testing
@testable import Wire

@Suite("Two strangers get to know each other")
struct IntroductionTests {
    @Test("three datagrams after the first, both are proven, and then messages pass")
    func introduction() throws {
        var alice = Party(1)
        var bob = Party(2)
        let received = try introduce(&alice, &bob)
        #expect(received.count == 4)
        guard case .reply = received[0], case .reply = received[1] else { Issue.record("\(received)"); return }
        guard case .proven(alice.session, .some) = received[2] else { Issue.record("\(received[2])"); return }
        #expect(received[3] == .proven(bob.session, reply: nil))
        #expect(alice.knows(bob) && bob.knows(alice))
        #expect(bob.link.drops[.unproven] == 1)
        #expect(bob.receive(try alice.seal(), from: alice) == .message(from: alice.session, payload: Bench.message()))
        #expect(alice.receive(try bob.seal(), from: bob) == .message(from: bob.session, payload: Bench.message()))
    }

    @Test("when both speak at once, both are proven once, and it ends")
    func crossing() throws {
        var alice = Party(1)
        var bob = Party(2)
        var toBob = [try alice.seal()]
        var toAlice = [try bob.seal()]
        var all: [SealedLink.Received] = []
        for _ in 0..<10 {
            let atBob = toBob.map { bob.receive($0, from: alice) }
            let atAlice = toAlice.map { alice.receive($0, from: bob) }
            all += atBob + atAlice
            toAlice = atBob.compactMap(\.datagram)
            toBob = atAlice.compactMap(\.datagram)
        }
        #expect(toBob.isEmpty && toAlice.isEmpty)
        #expect(all.filter { if case .proven = $0 { true } else { false } }.count == 2)
        #expect(alice.knows(bob) && bob.knows(alice))
        #expect(bob.link.drops[.alreadyProven] == 1)
    }

    @Test("a stranger's message is not passed on, and a challenge changes nothing")
    func strangersChangeNothing() throws {
        var alice = Party(1)
        var bob = Party(2)
        for _ in 0..<5 {
            guard case .reply = bob.receive(try alice.seal(), from: alice) else {
                Issue.record("no challenge"); return
            }
            #expect(!bob.knows(alice))
        }
        #expect(bob.link.drops[.unproven] == 5)
    }

    @Test("a message is taken once, and one from before the answer never")
    func replays() throws {
        var alice = Party(1)
        var bob = Party(2)
        let early = try alice.seal()
        try introduce(&alice, &bob)
        let message = try alice.seal()
        #expect(bob.receive(message, from: alice) == .message(from: alice.session, payload: Bench.message()))
        #expect(bob.receive(message, from: alice) == .dropped(.replayed))
        #expect(bob.receive(early, from: alice) == .dropped(.tooOld))
        alice.address = Bench.address(77)
        #expect(bob.receive(message, from: alice) == .dropped(.replayed), "from elsewhere it draws no challenge either")
    }

    @Test("an answer that was heard once proves nothing more")
    func replayedAnswer() throws {
        var alice = Party(1)
        var bob = Party(2)
        let challenge = try #require(bob.receive(try alice.seal(), from: alice).datagram)
        let answer = try #require(alice.receive(challenge, from: bob).datagram)
        let elsewhere = SocketAddress(ip: alice.address.ip, port: 9)
        #expect(bob.link.receive(answer, from: elsewhere, at: Bench.start) == .dropped(.badAnswer))
        #expect(!bob.knows(alice))
        guard case .proven = bob.receive(answer, from: alice) else { Issue.record("not proven"); return }
        #expect(bob.receive(answer, from: alice) == .dropped(.replayed))
        var reborn = Party(Bench.session(2, boot: 2), at: bob.address)
        #expect(reborn.receive(answer, from: alice) == .dropped(.badAnswer))
    }

    @Test(
        "an answer holds for the rest of its ten seconds and the next ten",
        arguments: [
            (0, 0, true), (0, 19, true), (0, 20, false), (9, 19, true), (9, 20, false), (10, 29, true), (10, 30, false),
        ])
    func epochs(asked: Int64, answered: Int64, expected: Bool) throws {
        var alice = Party(1)
        var bob = Party(2)
        let asking = Instant(nanoseconds: asked * 1_000_000_000)
        let challenge = try #require(bob.receive(try alice.seal(), from: alice, at: asking).datagram)
        let answer = try #require(alice.receive(challenge, from: bob, at: asking).datagram)
        let answering = Instant(nanoseconds: answered * 1_000_000_000 + 999_999_999)
        let result = bob.receive(answer, from: alice, at: answering)
        if !expected { #expect(result == .dropped(.badAnswer)) }
        #expect(bob.knows(alice) == expected)
    }

    @Test("a challenge that was meant for another session is not answered")
    func misdirected() throws {
        var alice = Party(1)
        var bob = Party(2)
        var carol = Party(3)
        let challenge = try #require(bob.receive(try alice.seal(), from: alice).datagram)
        #expect(carol.receive(challenge, from: bob) == .dropped(.misdirected))
        var later = Party(1, boot: 2)
        #expect(later.receive(challenge, from: bob) == .dropped(.misdirected))
    }

    @Test("answering a challenge changes nothing: its sender is as unknown as before")
    func answeringChangesNothing() throws {
        var alice = Party(1)
        var bob = Party(2)
        let challenge = try #require(bob.receive(try alice.seal(), from: alice).datagram)
        for _ in 0..<3 {
            guard case .reply = alice.receive(challenge, from: bob) else { Issue.record("no answer"); return }
        }
        #expect(!alice.knows(bob))
        guard case .reply = alice.receive(try bob.seal(), from: bob) else {
            Issue.record("no challenge"); return
        }
    }

    @Test("when the other side has forgotten us, one more challenge heals it")
    func forgotten() throws {
        var alice = Party(1)
        var bob = Party(2)
        try introduce(&alice, &bob)
        var reborn = Party(2, boot: 2)
        try introduce(&alice, &reborn)
        #expect(alice.knows(reborn) && reborn.knows(alice))
        #expect(!alice.knows(bob))
        #expect(alice.receive(try bob.seal(), from: bob) == .dropped(.retired))
    }

    @Test("our own datagrams heard back are no news, from whatever address")
    func ownEcho() throws {
        var alice = Party(1)
        let datagram = try alice.seal()
        #expect(alice.receive(datagram, from: alice) == .dropped(.ownEcho))
        #expect(alice.link.receive(datagram, from: Bench.address(50), at: Bench.start) == .dropped(.ownEcho))
    }
}
