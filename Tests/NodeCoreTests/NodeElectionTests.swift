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

    @Test(
        "a leader with a reason not to serve resigns, though nobody takes over, and runs again when it is gone",
        arguments: reasons)
    func resigns(_ reason: Health.Reason) {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.peers[0].heard = []
        bench.call { node, now in node.update(health: Health([reason]), release: 1, at: now) }
        bench.run(for: .milliseconds(200))  // nobody takes over
        let actions = bench.take()
        #expect(bench.state == .initialize)
        #expect(actions.releases == 1)
        let isLink = if case .linkDown = reason { true } else { false }
        #expect(bench.history.last?.reason == (isLink ? .linkDown : .cannotServe))
        #expect(bench.peers[0].advertisements.last?[3] == 0, "the last advertisement has priority 0")
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
        bench.run(for: .milliseconds(200))  // nobody takes over
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

    /// The rank that follows from the weights.
    private func rank(in bench: Bench, without holder: NodeID? = nil) throws -> Int {
        let router = try #require(bench.node.routers.first)
        return bench.peers.count {
            $0.session.node != holder && router.weight(of: $0.session.node) > router.weight(of: Bench.session.node)
        }
    }

    @Test(
        "the rank is the number of living members of higher weight, and leaves the priority alone",
        arguments: [[], [200], [1], [1, 200, 201], Array(200...204)] as [[UInt64]])
    func ranks(_ peers: [UInt64]) throws {
        var bench = Bench(peers: peers)
        bench.run(for: .seconds(3))
        #expect(bench.snapshot.members.count == peers.count + 1)
        #expect(try bench.node.routers.first?.router.rank == rank(in: bench))
        #expect(bench.snapshot.floating.first?.priority == 100)
    }

    @Test("a higher priority comes before any weight", arguments: [(1, 2), (2, 1), (100, 254)] as [(UInt8, UInt8)])
    func priorities(_ own: UInt8, _ others: UInt8) throws {
        let members = (1...5 as ClosedRange<UInt64>).map { number in
            var info = MemberInfo(name: "peer", serving: true)
            info.priority = others
            let session = Session(node: NodeID(high: number, low: 0), boot: 1, salt: 1)
            return Member(
                session: session, address: nil, state: .alive,
                incarnation: Incarnation(boot: 1, salt: 1, counter: 0), info: info, since: Instant(nanoseconds: 0))
        }
        let configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating], priority: own)
        let router = try #require(
            FloatingRouter.routers(
                of: configuration.floating, configuration: configuration, node: Bench.session.node
            ).first)
        let company = Company(of: Bench.session.node, among: members)
        #expect(router.rank(of: Bench.session.node, in: company) == (own > others ? 0 : 5))
    }

    @Test("for each virtual router the nodes stand in another order")
    func orders() {
        let floating = (1...20).map { FloatingAddress(ip: .v4(0x0A00_0100 + UInt32($0)), virtualRouterID: UInt8($0)) }
        let configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: floating)
        let routers = FloatingRouter.routers(of: floating, configuration: configuration, node: Bench.session.node)
        let firsts = routers.map { router in
            (1...3).max { router.weight(of: NodeID(high: $0, low: 0)) < router.weight(of: NodeID(high: $1, low: 0)) }
        }
        #expect(Set(firsts).count == 3, "each of three nodes is the first for some of twenty addresses")
    }

    @Test("neither the dead nor the holder have a rank")
    func rankEnds() throws {
        var bench = Bench(peers: [200, 201, 202, 203])
        bench.run(for: .seconds(3))
        let all = try rank(in: bench)
        #expect(all > 0 && bench.node.routers.first?.router.rank == all)
        let router = try #require(bench.node.routers.first)
        let heavy = try #require(
            bench.peers.firstIndex { router.weight(of: $0.session.node) > router.weight(of: Bench.session.node) })
        try bench.advertise(250, from: heavy)
        #expect(bench.node.routers.first?.router.rank == all - 1, "the holder does not wait for itself")
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
        #expect(bench.history.last?.to == .backup && bench.history.last?.reason == .resumed)
        #expect(zip(bench.history, bench.history.dropFirst()).allSatisfy { $0.to == $1.from })
    }
}
