import Membership
import Testing
import VRRP
import Wire

@testable import NodeCore

@Suite("A node in the election")
struct NodeElectionTests {
    @Test("a node listens before it runs, then leads, renews and announces")
    func comesUp() {
        var bench = Bench()
        bench.run(for: .milliseconds(499))
        #expect(bench.state == .initialize)
        bench.run(for: .seconds(2))
        #expect(bench.state == .active)
        let actions = bench.take()
        #expect(actions.claims >= 6, "claimed, and renewed four times a second")
        #expect(actions.announcements >= 3)
        #expect(bench.snapshot.floating.first?.holder == Bench.session.node)
    }

    static let reasons: [Health.Reason] = [
        .starting, .noSite("none"), .httpUnanswered("no answer"), .storeUnreadable("input/output error"),
        .linkDown("no carrier"), .cannotClaim("not permitted"),
    ]

    @Test("a leader with a reason not to serve resigns at once, and runs again when it is gone", arguments: reasons)
    func resigns(_ reason: Health.Reason) {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.peers[0].heard = []
        bench.call { node, now in node.update(health: Health([reason]), release: 1, at: now) }
        let actions = bench.take()
        #expect(bench.state == .initialize)
        #expect(actions.releases == 1)
        let isLink = if case .linkDown = reason { true } else { false }
        #expect(bench.history.last?.reason == (isLink ? .linkDown : .cannotServe))
        #expect(bench.peers[0].heard.last?[3] == 0, "the last advertisement has priority 0")
        #expect(
            actions.events.contains(.health(Health([reason]))) == (reason != .starting),
            "people are told, but not that a node starts")
        bench.run(for: .seconds(2))
        #expect(bench.state == .initialize)
        bench.call { node, now in node.update(health: .healthy, release: 1, at: now) }
        #expect(bench.state == .backup)
        bench.run(for: .milliseconds(100))
        #expect(bench.state == .active)
    }

    @Test("a drained leader resigns, tells the members, and runs again when it is resumed")
    func drains() {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.call { node, now in node.setDraining(true, at: now) }
        #expect(bench.state == .initialize && bench.history.last?.reason == .draining)
        #expect(bench.take().releases == 1)
        #expect(bench.signal == .draining && bench.snapshot.isDraining)
        bench.call { node, now in node.setDraining(true, at: now) }
        #expect(bench.take().isEmpty, "it was draining already")
        bench.run(for: .seconds(1))
        let seen = bench.peers[0].swim.members.first { $0.id == Bench.session.node }
        #expect(seen?.info.draining == true)
        bench.call { node, now in node.setDraining(false, at: now) }
        bench.run(for: .milliseconds(100))
        #expect(bench.state == .active)
    }

    @Test(
        "the rank is the number of living members with a higher ID, and leaves the priority alone",
        arguments: [([], 0), ([200], 1), ([1], 0), ([1, 200, 201], 2), (Array(200...204), 5)] as [([UInt64], Int)])
    func ranks(_ peers: [UInt64], _ rank: Int) {
        var bench = Bench(peers: peers)
        bench.run(for: .seconds(3))
        #expect(bench.snapshot.members.count == peers.count + 1)
        #expect(bench.node.routers.first?.router.rank == rank)
        #expect(bench.snapshot.floating.first?.priority == 100)
    }

    @Test("a dead member has no rank")
    func rankEnds() {
        var bench = Bench(peers: [200, 201])
        bench.run(for: .seconds(3))
        #expect(bench.node.routers.first?.router.rank == 2)
        for index in bench.peers.indices { bench.peers[index].isSilent = true }
        bench.run(for: .seconds(5))
        #expect(bench.node.routers.first?.router.rank == 0)
    }

    @Test("a Backup names the holder that it hears, and no one when it falls silent")
    func holder() throws {
        var bench = Bench(peers: [1])
        for _ in 0..<100 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(100)
        }
        #expect(bench.state == .backup)
        #expect(bench.snapshot.floating.first?.holder == bench.peers[0].session.node)
        try bench.advertise(0)
        #expect(bench.snapshot.floating.first?.holder == nil)
        bench.run(for: .milliseconds(100))
        #expect(bench.snapshot.floating.first?.holder == Bench.session.node)
    }

    @Test("an address that another program took off is put back by the leader alone")
    func stripped() {
        var bench = Bench()
        bench.call { node, now in node.addressStripped(Bench.floating.ip, at: now) }
        bench.run(for: .seconds(2))
        #expect(!bench.take().events.contains(.addressStripped(Bench.floating)))
        bench.call { node, now in node.addressStripped(Bench.floating.ip, at: now) }
        let actions = bench.take()
        #expect(actions.claims == 1 && actions.announcements == 1)
        #expect(actions.events == [.addressStripped(Bench.floating)])
    }

    @Test("64 transitions are remembered, the newest last, and all are counted")
    func history() {
        var bench = Bench()
        bench.run(for: .seconds(1))
        let before = bench.snapshot.floating.first?.transitions ?? 0
        #expect(before == UInt64(bench.history.count))
        for round in 0..<100 {
            bench.call { node, now in node.setDraining(round.isMultiple(of: 2), at: now) }
        }
        #expect(bench.snapshot.floating.first?.transitions == before + 100)
        #expect(bench.history.count == 64)
        #expect(bench.history.last?.to == .backup && bench.history.last?.reason == .started)
        #expect(zip(bench.history, bench.history.dropFirst()).allSatisfy { $0.to == $1.from })
    }
}
