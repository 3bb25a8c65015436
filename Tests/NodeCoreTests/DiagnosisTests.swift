import Membership
import NodeCore
import Testing
import Wire

@Suite("What is wrong between a node and others")
struct DiagnosisTests {
    private func together(_ numbers: [UInt64] = [1, 2]) -> Bench {
        var bench = Bench(peers: numbers)
        bench.run(for: .seconds(3))
        _ = bench.take()
        return bench
    }

    private func id(_ bench: Bench, _ index: Int = 0) -> NodeID { bench.peers[index].session.node }

    @Test("among members that hear each other there is nothing to tell")
    func well() {
        var bench = together()
        bench.run(for: .seconds(30))
        #expect(bench.snapshot.troubles.isEmpty && bench.take().knocks.isEmpty)
    }

    @Test(
        "a dead member's machine is knocked at, and the answer says what is dead",
        arguments: [
            (.refused, "bramble does not run there"), (.unreachable, "off, unplugged"), (.silent, "nothing is heard"),
            (nil, "nothing is heard"),
        ] as [(Knock?, String)])
    func dead(_ answer: Knock?, _ words: String) throws {
        var bench = together()
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(4))
        let peer = LifelinePeer(node: id(bench), address: bench.peers[0].address)
        #expect(bench.take().knocks == [.member(peer)], "and not at the gateway's: the other member is there")
        bench.call { node, now in node.knocked(.member(peer), answer, at: now) }
        bench.run(for: .seconds(1))
        // Silence says no more than that nobody was asked.
        #expect(bench.snapshot.troubles.map(\.trouble) == [.dead(id(bench), answer == .silent ? nil : answer)])
        let text = try #require(bench.snapshot.troubles.first?.text)
        #expect(text.contains("peer1") && text.contains(words))
        #expect(bench.signal == .leaderOfFewer)
        bench.run(for: .seconds(31))
        #expect(bench.take().knocks == [.member(peer)], "again and again")
        bench.peers[0].isSilent = false
        bench.run(for: .seconds(60))
        #expect(bench.snapshot.troubles.isEmpty && bench.signal == .leader)
        #expect(bench.take().events.contains { if case .troubleOver = $0 { true } else { false } })
    }

    @Test("a member of another version is named, and which of the two is to be updated", arguments: [0, 9])
    func version(_ version: UInt8) throws {
        var bench = together()
        let datagram = try bench.peers[0].link.seal([0x14, version, 0, 0])
        bench.deliver(datagram, from: bench.peers[0].address)
        bench.run(for: .seconds(2))
        #expect(bench.snapshot.troubles.map(\.trouble) == [.version(id(bench), isNewer: version == 9)])
        let text = try #require(bench.snapshot.troubles.first?.text)
        #expect(text.contains("peer1") && text.contains(version == 9 ? "on this node" : "there"))
        #expect(bench.signal == .otherVersion)
        bench.run(for: .seconds(61))
        #expect(bench.snapshot.troubles.isEmpty)
    }

    @Test("a dead member that listens on TCP is there, and UDP is blocked")
    func blocked() throws {
        var bench = together([1])
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(4))
        let peer = LifelinePeer(node: id(bench), address: bench.peers[0].address)
        bench.call { node, now in node.knocked(.member(peer), .accepted, at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.snapshot.troubles.map(\.trouble) == [.blocked(id(bench))])
        #expect(bench.signal == .blocked)
        #expect(bench.take().events.contains { $0.level == .warning && $0.text.contains("blocks UDP") })
    }

    @Test(
        "who hears nobody asks the gateway, and is isolated only if nobody is there",
        arguments: [(nil, true), (.unreachable, true), (.refused, false), (.silent, false)] as [(Knock?, Bool)])
    func gateway(_ answer: Knock?, _ isIsolated: Bool) {
        var bench = together()
        for index in bench.peers.indices { bench.peers[index].isSilent = true }
        bench.run(for: .seconds(5))
        #expect(bench.signal == .isolated, "as long as nothing else is known")
        #expect(bench.take().knocks.contains(.gateway))
        bench.call { node, now in node.knocked(.gateway, answer, at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.signal == (isIsolated ? .isolated : .leaderOfFewer))
        #expect(bench.snapshot.troubles.contains { $0.trouble == .isolated } == isIsolated)
    }

    @Test(
        "a stranger's cluster is told of, and shown on the lights only by a node that is alone", arguments: [[], [1]])
    func otherKey(_ peers: [UInt64]) throws {
        var bench = Bench(peers: peers)
        bench.run(for: .seconds(10))
        _ = bench.take()
        let count = 7
        for number in 0..<count { try bench.hearStranger(from: UInt32(number % 6 + 1)) }
        bench.run(for: .seconds(1))
        let found = try #require(bench.snapshot.troubles.first)
        #expect(found.trouble == .unreadable(.otherKey))
        #expect(found.text.contains("7 datagrams from 10.9.9.1, ") && !found.text.contains("10.9.9.5"))
        #expect(bench.signal == (peers.isEmpty ? .otherKey : .leader))
        #expect(bench.take().events.map(\.level).allSatisfy { $0 != .warning })
        bench.run(for: .seconds(70))
        #expect(bench.snapshot.troubles.isEmpty)
    }

    @Test("a single datagram without the key that names another version changes no light and tells nobody")
    func anybody() {
        var bench = together()
        let before = bench.signal
        bench.deliver(Array("BRM".utf8) + [2], from: SocketAddress(ip: .v4(0x0A09_0901), port: 7373))
        bench.run(for: .seconds(5))
        #expect(bench.signal == before && bench.snapshot.troubles.isEmpty)
        for _ in 0..<10 {
            bench.deliver(Array("BRM".utf8) + [2], from: SocketAddress(ip: .v4(0x0A09_0901), port: 7373))
            bench.run(for: .seconds(1))
        }
        #expect(bench.signal == before, "nor do many, as long as members are there")
        #expect(bench.snapshot.troubles.map(\.trouble) == [.unreadable(.otherVersion)])
    }

    @Test("of two, the one whose peer's process died is not called isolated first")
    func notIsolatedFirst() throws {
        var bench = together([1])
        bench.peers[0].isSilent = true
        var signals: [Signal] = []
        let peer = LifelinePeer(node: id(bench), address: bench.peers[0].address)
        for _ in 0..<60 {
            bench.run(for: .milliseconds(100))
            if bench.take().knocks.contains(.member(peer)) {
                bench.call { node, now in node.knocked(.member(peer), .refused, at: now) }
            }
            signals.append(bench.signal)
        }
        #expect(!signals.contains(.isolated))
        #expect(bench.signal == .leaderOfFewer)
    }

    @Test("what was heard of a machine before does not hide that this node is cut off now")
    func staleKnock() throws {
        var bench = together()
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(4))
        let peer = LifelinePeer(node: id(bench), address: bench.peers[0].address)
        bench.call { node, now in node.knocked(.member(peer), .refused, at: now) }
        bench.peers[1].isSilent = true
        bench.run(for: .seconds(6))
        #expect(bench.signal == .isolated)
    }

    @Test("a death is told once, and what a knock adds is no end of it")
    func toldOnce() throws {
        var bench = together()
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(4))
        let peer = LifelinePeer(node: id(bench), address: bench.peers[0].address)
        for answer in [Knock.refused, .silent, .refused, .silent] {
            bench.call { node, now in node.knocked(.member(peer), answer, at: now) }
            bench.run(for: .seconds(2))
        }
        let events = bench.take().events
        #expect(!events.contains { if case .troubleOver = $0 { true } else { false } })
        #expect(
            events.count { if case .trouble = $0 { true } else { false } } == 2, "that it is dead, and what is dead")
    }

    @Test("what can't be read does not take the place of what is known: a dead member is told of beside it")
    func partedBesideDead() throws {
        var bench = together()
        let member = id(bench)
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(4))
        for _ in 0..<6 {
            // From two addresses of the one machine.
            for number in [1, 2] as [UInt32] { try bench.hearStranger(from: number, as: member) }
            bench.run(for: .seconds(1))
        }
        let troubles = bench.snapshot.troubles
        #expect(troubles.map(\.trouble) == [.parted(member, isDropped: false), .dead(member, nil)])
        #expect(troubles.first?.text.contains("from 10.9.9.1, 10.9.9.2 seals") == true, "one node, told once")
        let peer = LifelinePeer(node: member, address: bench.peers[0].address)
        bench.call { node, now in node.knocked(.member(peer), .accepted, at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.snapshot.troubles.last?.text.contains("bramble runs there") == true)
    }

    @Test("a thousand addresses of strangers are one trouble, told once")
    func flood() throws {
        var bench = together([1])
        for number in 0..<1000 {
            try bench.hearStranger(from: UInt32(number))
            bench.run(for: .milliseconds(5))
        }
        #expect(bench.snapshot.troubles.count == 1)
        #expect(bench.take().events.count { if case .trouble = $0 { true } else { false } } == 1)
    }

    @Test("a node of this cluster that is heard and never answers is told of")
    func unanswered() throws {
        var bench = together([1])
        let mute = Bench(peers: [7]).peers[0]
        var link = mute.link
        for _ in 0..<10 {
            bench.deliver(try link.seal([0x16, 1, 0, 0]), from: mute.address)
            bench.run(for: .milliseconds(600))
        }
        #expect(bench.snapshot.troubles.map(\.trouble) == [.unanswered])
        #expect(bench.snapshot.troubles.first?.text.contains("10.0.0.7") == true)
        #expect(bench.signal == .oneWay)
    }
}

extension [Action] {
    fileprivate var knocks: [KnockTarget] { compactMap { if case .knock(let target) = $0 { target } else { nil } } }
}

extension Bench {
    /// A datagram of another cluster comes from 10.9.9.x, or beyond.
    fileprivate mutating func hearStranger(from number: UInt32, as node: NodeID? = nil) throws {
        var random = SeededGenerator(seed: 99)
        var link = SealedLink(
            session: Session(node: node ?? NodeID(high: 5, low: UInt64(number)), boot: 1, salt: 1),
            keyring: Keyring(ClusterKey(using: &random)), secret: Array(repeating: 9, count: 32))
        deliver(try link.seal([0x16, 1, 0, 0]), from: SocketAddress(ip: .v4(0x0A09_0900 + number), port: 7373))
    }
}
