import NodeCore
import Testing
import VRRP
import Wire

@Suite("A stranger who claims an address that this node holds")
struct NodeDefenceTests {
    private static let ip = Bench.floating.ip
    private static let stranger = "02:00:00:00:00:99"

    /// A node that has led for so long, with one silent election.
    private func leader(for duration: Duration = .seconds(5)) throws -> Bench {
        var bench = Bench(peers: [1])
        bench.run(for: duration)
        try #require(bench.state == .active)
        _ = bench.take()
        return bench
    }

    private func claim(_ bench: inout Bench) {
        bench.call { node, now in node.addressClaimed(Self.ip, by: Self.stranger, at: now) }
    }

    private func reports(_ bench: Bench) -> Int { bench.peers[0].heard.count { $0.first == 0x24 } }

    @Test("is contradicted once, however often it says so at a time")
    func defended() throws {
        var bench = try leader()
        for _ in 0..<20 { claim(&bench) }
        let early = bench.take()
        #expect(early.announcements == 0, "not before it is judged")
        bench.run(for: .milliseconds(400))
        let actions = bench.take()
        #expect(actions.announcements == 1)
        #expect(actions.events == [.addressDefended(Bench.floating, owner: Self.stranger)])
        #expect(bench.state == .active)
        #expect(bench.signal == .leader)
    }

    @Test("gets the address when it says so again within ten seconds, and the members hear of it")
    func ceased() throws {
        var bench = try leader()
        claim(&bench)
        bench.run(for: .seconds(2))
        _ = bench.take()
        claim(&bench)
        bench.run(for: .milliseconds(400))
        let actions = bench.take()
        #expect(actions.releases == 1)
        #expect(actions.announcements == 0, "no fight")
        #expect(actions.events.contains(.addressConflict(Bench.floating, owner: Self.stranger)))
        #expect(bench.history.last?.reason == .addressConflict)
        #expect(bench.signal == .addressConflict)
        #expect(bench.node.conflictedAddresses == [Self.ip])
        #expect(bench.snapshot.floating.first?.stranger == Self.stranger)
        #expect(reports(bench) > 0)
    }

    @Test("is contradicted anew after ten quiet seconds")
    func seldom() throws {
        var bench = try leader()
        for _ in 0..<3 {
            claim(&bench)
            bench.run(for: .seconds(11))
            let events = bench.take().events
            #expect(events == [.addressDefended(Bench.floating, owner: Self.stranger)])
        }
        #expect(bench.state == .active)
    }

    @Test("is forgotten when it is no longer heard, and the node runs again")
    func freed() throws {
        var bench = try leader()
        for _ in 0..<2 {
            claim(&bench)
            bench.run(for: .seconds(1))
        }
        #expect(bench.state == .initialize)
        // The shell asks once a second, and is answered.
        for _ in 0..<5 {
            bench.call { node, now in node.addressAnswered(Self.ip, by: Self.stranger, at: now) }
            bench.run(for: .seconds(1))
        }
        #expect(bench.state == .initialize)
        _ = bench.take()
        bench.run(for: .seconds(3))
        #expect(bench.state == .active)
        let events = bench.take().events
        #expect(events.contains(.addressFreed(Bench.floating)))
        #expect(bench.signal == .leader)
    }

    @Test("is none just after the address was taken over: a dead predecessor's lease may last")
    func predecessor() throws {
        var bench = Bench(peers: [1])
        while bench.state != .active { bench.run(for: .milliseconds(10)) }
        _ = bench.take()
        for _ in 0..<4 {
            claim(&bench)
            bench.run(for: .milliseconds(400))
        }
        let events = bench.take().events
        #expect(events.allSatisfy { if case .addressDefended = $0 { false } else { true } })
        #expect(bench.state == .active)
    }

    @Test("is none when a member is heard to hold the address too", arguments: [true, false])
    func member(speaksFirst: Bool) throws {
        var bench = try leader()
        for _ in 0..<3 {
            if speaksFirst { try bench.advertise(50) }
            claim(&bench)
            bench.run(for: .milliseconds(100))
            if !speaksFirst { try bench.advertise(50) }
            bench.run(for: .seconds(1))
        }
        #expect(bench.state == .active)
        let events = bench.take().events
        #expect(events.allSatisfy { if case .addressDefended = $0 { false } else { true } })
    }

    @Test("is none to a node that does not hold the address")
    func backup() throws {
        var bench = Bench(peers: [200])
        for _ in 0..<50 {
            try bench.advertise(200)
            bench.run(for: .milliseconds(20))
        }
        try #require(bench.state == .backup)
        _ = bench.take()
        for _ in 0..<10 {
            claim(&bench)
            for _ in 0..<20 {
                try bench.advertise(200)
                bench.run(for: .milliseconds(20))
            }
        }
        #expect(bench.state == .backup)
        let events = bench.take().events
        #expect(events.isEmpty)
    }

    @Test("makes a member let go too that hears of it")
    func told() throws {
        var bench = try leader()
        try bench.say([0x24, 4, 10, 0, 0, 250, 17] + Array(Self.stranger.utf8))
        #expect(bench.state == .initialize)
        let events = bench.take().events
        #expect(events.contains(.addressConflict(Bench.floating, owner: Self.stranger)))
        bench.run(for: .seconds(4))
        #expect(bench.state == .active)
    }

    @Test(
        "is not believed in by a report that makes no sense",
        arguments: [
            [0x24], [0x24, 4, 10, 0, 0], [0x24, 5, 10, 0, 0, 250, 0, 0], [0x24, 4, 10, 0, 0, 250],
            [0x24, 4, 10, 0, 0, 250, 2, 0x1B, 0x5B], [0x24, 4, 10, 0, 0, 251, 2, 0x30, 0x32],
            [0x24, 4, 10, 0, 0, 250, 18] + Array(repeating: 0x30, count: 18),
        ] as [[UInt8]])
    func malformed(report: [UInt8]) throws {
        var bench = try leader()
        try bench.say(report)
        #expect(bench.state == .active)
        #expect(bench.snapshot.ignored.sorted.contains { $0.reason.contains("report of a stranger") })
    }
}
