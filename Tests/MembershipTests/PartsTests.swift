import Testing
import Wire

@testable import Membership

struct SuspicionTests {
    @Test(
        "the timeout falls from the longest to the shortest, steeply at first",
        arguments: [
            (0, 3, 1800), (1, 3, 1200), (2, 3, 849), (3, 3, 600), (4, 3, 600), (0, 1, 1800), (1, 1, 600),
            (0, 2, 1800), (1, 2, 1044), (2, 2, 600), (0, 0, 600), (2, 0, 600), (0, 7, 1800), (7, 7, 600),
            (0, 100, 1800), (7, 100, 600),
        ])
    func timeout(confirmations: Int, expected: Int, milliseconds: Int64) {
        let timeout = SuspicionTimeout.duration(
            confirmations: confirmations, expected: expected, shortest: .milliseconds(600), longest: .milliseconds(1800)
        )
        #expect(timeout.wholeNanoseconds / 1_000_000 == milliseconds)
    }

    @Test("larger clusters give more time", arguments: [(1, 600), (3, 600), (7, 600), (8, 800), (15, 800), (50, 1200)])
    func shortest(members: Int, milliseconds: Int) {
        #expect(SuspicionTimeout.shortest(.milliseconds(600), members: members) == .milliseconds(milliseconds))
    }

    @Test("only different accusers confirm, and only so many are kept")
    func accusers() {
        let nodes = (0..<20).map { NodeID(high: 0, low: $0) }
        var suspicion = Suspicion(start: .zero, accusers: [nodes[0], nodes[0]])
        #expect(suspicion.confirmations == 0)
        let isNews = nodes.map { suspicion.add($0) }
        #expect(isNews == [false] + Array(repeating: true, count: 7) + Array(repeating: false, count: 12))
        #expect(suspicion.confirmations == 7)
    }
}

struct AwarenessTests {
    @Test("health stays between 0 and the worst, and stretches timeouts")
    func bounds() {
        var awareness = Awareness(worst: 7)
        awareness.recover()
        #expect(awareness.stretch(.milliseconds(100)) == .milliseconds(100))
        awareness.worsen(by: 3)
        #expect(awareness.stretch(.milliseconds(100)) == .milliseconds(400))
        awareness.worsen(by: 9)
        #expect(awareness.health == 7)
        awareness.recover()
        #expect(awareness.health == 6)
    }
}

struct ProbeListTests {
    static let nodes = (0..<9).map { NodeID(high: 0, low: $0) }

    @Test("everybody is probed once in each round, in an order that changes")
    func rounds() {
        var random = SeededGenerator(seed: 3)
        var list = ProbeList()
        for node in Self.nodes + Self.nodes { list.insert(node, using: &random) }
        let rounds = (0..<5).map { _ in Self.nodes.compactMap { _ in list.next(using: &random) } }
        for round in rounds { #expect(round.sorted() == Self.nodes) }
        #expect(Set(rounds).count == 5)
    }

    @Test("members that come and go within a round make nobody be skipped")
    func changes() {
        var random = SeededGenerator(seed: 4)
        var list = ProbeList()
        for node in Self.nodes { list.insert(node, using: &random) }
        var seen = (0..<4).compactMap { _ in list.next(using: &random) }
        let first = seen[0]
        list.remove(first)
        seen += (0..<5).compactMap { _ in list.next(using: &random) }
        #expect(seen.sorted() == Self.nodes)
        for node in Self.nodes { list.remove(node) }
        let nobody = list.next(using: &random)
        #expect(nobody == nil)
    }
}

struct DisseminationTests {
    static let nodes = (0..<5).map { NodeID(high: 0, low: $0) }

    private func fill(_ news: inout Dissemination, size: Int, limit: Int = 3) -> [NodeID] {
        var packet = Packet(.gossip, version: 1, limit: 4 + size * 100)
        var sent: [NodeID] = []
        news.fill(&packet, limit: limit) { node in
            sent.append(node)
            return [UInt8](repeating: 1, count: 100)
        }
        return Array(sent.prefix(size))
    }

    @Test("the least often sent goes first, the newest among equals, and nothing more often than the limit")
    func order() {
        var news = Dissemination()
        for node in Self.nodes[..<3] { news.add(node) }
        #expect(fill(&news, size: 2) == [Self.nodes[2], Self.nodes[1]])
        #expect(fill(&news, size: 1) == [Self.nodes[0]])
        news.add(Self.nodes[3])
        #expect(fill(&news, size: 1) == [Self.nodes[3]])
        for _ in 0..<2 { _ = fill(&news, size: 4) }
        #expect(news.isEmpty)
    }

    @Test("a small record goes along though large ones have no room, and a long queue is not gone through")
    func longQueue() {
        var news = Dissemination()
        for low in 0..<100 { news.add(NodeID(high: 1, low: UInt64(low))) }
        var packet = Packet(.gossip, version: 1, limit: 4 + 150)
        var asked = 0
        news.fill(&packet, limit: 3) { _ in
            asked += 1
            return [UInt8](repeating: 1, count: asked == 3 ? 20 : 100)
        }
        // The first, one that is too large, the small one, and then four that are too large.
        #expect(asked == 7)
    }

    @Test("newer news about a node starts from the beginning")
    func replacement() {
        var news = Dissemination()
        news.add(Self.nodes[0])
        _ = fill(&news, size: 1, limit: 2)
        news.add(Self.nodes[0])
        _ = fill(&news, size: 1, limit: 2)
        #expect(!news.isEmpty)
        _ = fill(&news, size: 1, limit: 2)
        #expect(news.isEmpty)
    }
}

struct CallsTests {
    @Test("pauses double up to the longest, give or take a quarter, for ever")
    func backOff() {
        var random = SeededGenerator(seed: 1)
        var calls = Calls()
        calls.begin(.everyone, first: .zero, pause: .milliseconds(100), longestPause: .seconds(10))
        var now = Instant.zero
        for round in 0..<40 {
            let due = calls.due(at: now, using: &random)
            #expect(due == [.everyone])
            let pause = now.duration(to: calls.nextDeadline ?? now)
            let expected = min(Duration.milliseconds(100) * (1 << min(round, 20)), .seconds(10))
            #expect(pause >= expected * 3 / 4 && pause <= expected * 5 / 4)
            now = now.advanced(by: pause)
        }
        calls.end(.everyone)
        #expect(calls.nextDeadline == nil)
    }
}

struct KnownPeerTests {
    static let id = NodeID(high: 0x0123_4567_89AB_CDEF, low: 1)

    @Test(
        "a peer is read back from its line",
        arguments: [("192.168.1.7:7373", "pi three"), ("[2001:db8::7]:7374", ""), ("10.0.0.1:1", "ü  x")])
    func line(address: String, name: String) throws {
        let peer = KnownPeer(
            id: Self.id, lastAddress: try #require(SocketAddress(address, defaultPort: 0)), name: name)
        #expect(KnownPeer(line: peer.line) == peer)
    }

    @Test("a name cannot break out of its line")
    func controlCharacters() throws {
        let address = try #require(SocketAddress("10.0.0.1:1", defaultPort: 0))
        let peer = KnownPeer(id: Self.id, lastAddress: address, name: "a\nb\u{1B}[2J")
        #expect(peer.line == "\(Self.id) 10.0.0.1:1 a b [2J")
    }

    @Test(
        "a damaged line is no peer", arguments: ["", " ", "xyz 10.0.0.1:1", "\(id)", "\(id) nowhere", "\(id) 10.0.0.1"])
    func damaged(line: String) { #expect(KnownPeer(line: line) == nil) }

    @Test("nothing is written while nothing changes, and not more often than the spacing")
    func rateLimit() {
        var memory = PeerMemory([], except: Self.id, limit: 10)
        var roster = Roster()
        func add(_ low: UInt64) {
            var record = CodingTests.record(address: SocketAddress(ip: .v4(1), port: 1))
            record.session = Session(node: NodeID(high: 0, low: low), boot: 1, salt: 1)
            roster.set(Peer(record: record, since: .zero))
        }
        func note(_ now: Instant) { memory.noteChange(at: now, delay: .seconds(1), spacing: .seconds(60)) }
        func stored(_ now: Instant) -> Int? { memory.store(roster, limit: 10, at: now)?.count }
        let second = Instant(nanoseconds: 1_000_000_000)
        note(.zero)
        #expect(memory.deadline == second)
        let first = stored(second)
        #expect(first == nil, "nobody yet")
        add(1)
        note(second)
        let one = stored(second)
        #expect(one == 1)
        add(2)
        note(second)
        #expect(memory.deadline == second.advanced(by: .seconds(60)))
        let third = stored(second)
        #expect(third == 2)
    }
}
