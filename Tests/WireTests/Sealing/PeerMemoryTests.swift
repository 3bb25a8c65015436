import Testing
@testable import Wire

@Suite("What is remembered of peers")
struct PeerMemoryTests {
    private static let alice = Bench.session(1)

    @Test("a node with several addresses is proven at each, and its messages count once over all")
    func severalAddresses() throws {
        var alice = Party(1)
        var bob = Party(2)
        try introduce(&alice, &bob)
        let home = alice.address
        alice.address = Bench.address(101)
        guard case .reply = bob.receive(try alice.seal(), from: alice) else { Issue.record("believed"); return }
        let received = try introduce(&alice, &bob)
        #expect(received.contains(.proven(alice.session, reply: nil)))
        let message = try alice.seal()
        #expect(bob.receive(message, from: alice) == .message(from: alice.session, payload: Bench.message()))
        alice.address = home
        #expect(bob.receive(message, from: alice) == .dropped(.replayed))
        #expect(bob.receive(try alice.seal(), from: alice) == .message(from: alice.session, payload: Bench.message()))
    }

    @Test("the address that was not used for longest makes room")
    func addressLimit() {
        var peers = ProvenPeers(own: NodeID(high: 9, low: 9))
        let limit = UInt64(ProvenPeers.addressLimit)
        for number in 0..<limit {
            peers.prove(Self.alice, at: Bench.address(UInt32(number)), sequence: number, now: Bench.start)
        }
        peers.accept(Self.alice, at: Bench.address(0), sequence: limit, now: Bench.start)
        peers.prove(Self.alice, at: Bench.address(200), sequence: limit + 1, now: Bench.start)
        #expect(peers.isProven(Self.alice, at: Bench.address(0)))
        #expect(!peers.isProven(Self.alice, at: Bench.address(1)))
        #expect(peers.isProven(Self.alice, at: Bench.address(2)))
        #expect(peers.isProven(Self.alice, at: Bench.address(200)))
    }

    @Test("a thousand nodes are remembered; the one not heard for longest makes room")
    func nodeLimit() {
        #expect(ProvenPeers.nodeLimit >= 1024)
        var peers = ProvenPeers(own: NodeID(high: 9, low: 9), nodeLimit: 4)
        for node in 1...4 as ClosedRange<UInt64> {
            peers.prove(Bench.session(node), at: Bench.address(1), sequence: 1, now: Bench.start)
        }
        peers.accept(Bench.session(1), at: Bench.address(1), sequence: 2, now: Bench.start)
        peers.prove(Bench.session(5), at: Bench.address(1), sequence: 1, now: Bench.start)
        let known = (1...5 as ClosedRange<UInt64>).filter { peers.isProven(Bench.session($0), at: Bench.address(1)) }
        #expect(known == [1, 3, 4, 5])
    }

    @Test("sessions of one ID are bounded too")
    func sessionLimit() {
        var peers = ProvenPeers(own: NodeID(high: 9, low: 9))
        for salt in 0...UInt64(ProvenPeers.sessionLimit) {
            peers.prove(Bench.session(1, salt: salt), at: Bench.address(1), sequence: 1, now: Bench.start)
        }
        #expect(!peers.isProven(Bench.session(1, salt: 0), at: Bench.address(1)))
        #expect(peers.isProven(Bench.session(1, salt: 1), at: Bench.address(1)))
    }

    @Test("a later run retires the earlier one for as long as it is heard, and for a minute more")
    func retirement() {
        var peers = ProvenPeers(own: NodeID(high: 9, low: 9))
        let (old, new) = (Bench.session(1, boot: 1), Bench.session(1, boot: 2))
        func standing(_ session: Session, after delay: Duration) -> ProvenPeers.Standing {
            peers.standing(
                of: session, at: Bench.address(1), sequence: 50, now: Bench.start.advanced(by: delay))
        }
        peers.prove(old, at: Bench.address(1), sequence: 1, now: Bench.start)
        #expect(standing(old, after: .zero) == .proven)
        peers.prove(new, at: Bench.address(1), sequence: 1, now: Bench.start)
        #expect(!peers.isProven(old, at: Bench.address(1)))
        #expect(standing(old, after: .seconds(59)) == .retired)
        #expect(standing(new, after: .seconds(59)) == .proven)
        #expect(standing(old, after: .seconds(60)) == .unproven)
        peers.accept(new, at: Bench.address(1), sequence: 2, now: Bench.start.advanced(by: .seconds(30)))
        #expect(standing(old, after: .seconds(89)) == .retired)
    }

    @Test("a restored card, whose boot counter went back, is heard again after a minute, and replaces the later run")
    func restoredCard() throws {
        var bob = Party(2)
        var later = Party(1, boot: 9)
        try introduce(&later, &bob)
        var restored = Party(1, boot: 4)
        #expect(bob.receive(try restored.seal(), from: restored) == .dropped(.retired))
        try introduce(&restored, &bob, at: Bench.start.advanced(by: .seconds(61)))
        #expect(bob.knows(restored))
        #expect(!bob.knows(later))
    }

    @Test("two machines with one ID and one boot counter are both heard by the others")
    func twinsSeenByOthers() throws {
        var bob = Party(2)
        var one = Party(1, salt: 1)
        var other = Party(Bench.session(1, salt: 2), at: Bench.address(102))
        try introduce(&one, &bob)
        try introduce(&other, &bob)
        #expect(bob.knows(one) && bob.knows(other))
    }

    @Test("no other node is retired, whatever its boot counter")
    func othersStay() {
        var peers = ProvenPeers(own: NodeID(high: 9, low: 9))
        peers.prove(Bench.session(1, boot: 1), at: Bench.address(1), sequence: 1, now: Bench.start)
        peers.prove(Bench.session(2, boot: 5), at: Bench.address(2), sequence: 1, now: Bench.start)
        #expect(peers.isProven(Bench.session(1, boot: 1), at: Bench.address(1)))
    }

    @Test("strangers, forgeries and replays cost no memory")
    func strangersCostNothing() throws {
        var alice = Party(1)
        var bob = Party(2)
        let authentic = try alice.seal()
        for node in 100..<1100 as Range<UInt64> {
            var forged = authentic
            forged[16] = UInt8(truncatingIfNeeded: node)
            forged[17] = UInt8(truncatingIfNeeded: node >> 8)
            forged[20] = 0xFF
            #expect(bob.receive(forged, from: alice) == .dropped(.forged))
        }
        #expect(bob.link.cachedKeys == 0)
        for _ in 0..<100 { _ = bob.receive(authentic, from: alice) }
        #expect(bob.link.cachedKeys == 1)
        #expect(!bob.knows(alice))
    }

    @Test("derived keys are kept for a bounded number of sessions")
    func cacheLimit() throws {
        var bob = Party(2)
        for boot in 0..<UInt64(DatagramSeal.cacheLimit + 10) {
            var alice = Party(1, boot: boot)
            _ = bob.receive(try alice.seal(), from: alice)
        }
        #expect(bob.link.cachedKeys == DatagramSeal.cacheLimit)
    }
}
