import Membership
import Testing
import VRRP
import Wire

@testable import NodeCore

@Suite("A node that hands over, or takes over")
struct NodeHandoverTests {
    private static let offer: [UInt8] = [0x22, 51, 4]
    private static let handedOver: [UInt8] = [0x23, 51, 4]

    private func leader(peers: [UInt64] = [1]) -> Bench {
        var bench = Bench(peers: peers)
        bench.run(for: .seconds(2))
        #expect(bench.state == .active)
        _ = bench.take()
        for index in bench.peers.indices { bench.peers[index].heard = [] }
        return bench
    }

    private func backup() throws -> Bench {
        var bench = Bench(peers: [1])
        for _ in 0..<50 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(250)
        }
        #expect(bench.state == .backup)
        _ = bench.take()
        return bench
    }

    @Test("a drained leader names a successor, holds until that claims, and then lets go")
    func handsOver() throws {
        var bench = leader()
        bench.call { node, now in node.setDraining(true, at: now) }
        #expect(bench.peers[0].heard == [Self.offer])
        #expect(bench.state == .active && bench.take().releases == 0, "until another has it, it is held")
        try bench.advertise(100)
        let actions = bench.take()
        #expect(actions.relinquished == [Bench.floating.ip] && actions.releases == 0)
        #expect(!bench.peers[0].heard.contains(Self.handedOver), "this node may be answering for it still")
        bench.call { node, _ in node.relinquished(Bench.floating.ip) }
        #expect(bench.peers[0].heard.last == Self.handedOver, "the successor is told")
        #expect(bench.peers[0].advertisements.allSatisfy { $0[3] != 0 }, "nobody is made to hurry")
        #expect(bench.state == .initialize)
        #expect(bench.history.suffix(2).map(\.reason) == [.handedOver, .draining])
    }

    @Test("a successor that does not answer is asked again, then another is asked, then the leader resigns")
    func unanswered() throws {
        var bench = leader(peers: [1, 2])
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.run(for: .milliseconds(400))
        for peer in bench.peers { #expect(peer.heard.count { $0 == Self.offer } == Handover.mostOffers) }
        #expect(bench.state == .initialize && bench.take().releases == 1)
        #expect(bench.peers[0].advertisements.last?[3] == 0)
    }

    @Test("a leader that stops ends when another has the address")
    func stops() throws {
        var bench = leader()
        bench.call { node, now in node.stop(at: now) }
        #expect(!bench.node.isStopped)
        bench.run(for: .milliseconds(5))
        try bench.advertise(100)
        #expect(bench.node.isStopped)
        #expect(bench.peers[0].swim.members.first { $0.id == Bench.session.node }?.state == .left)
    }

    @Test("a leader alone stops at once")
    func stopsAlone() {
        var bench = leader(peers: [])
        bench.call { node, now in node.stop(at: now) }
        #expect(bench.node.isStopped && bench.take().releases == 1)
    }

    @Test("a node that resigns stays in service, and keeps the address if nobody takes it")
    func resigns() throws {
        var bench = leader()
        bench.call { node, now in node.resign(at: now) ?? [] }
        try bench.advertise(100)
        #expect(bench.state == .backup && bench.history.last?.reason == .handedOver)
        var node = bench.node
        #expect(node.resign(at: bench.now) == nil, "it holds nothing")
        bench.run(for: .milliseconds(200))
        #expect(bench.state == .active)
        _ = bench.take()
        bench.call { node, now in node.resign(at: now) ?? [] }
        bench.run(for: .seconds(1))
        #expect(bench.state == .active)
        #expect(bench.take().events.contains(.handover(Bench.floating, to: nil)))
    }

    @Test("an offer of the holder is taken at once, and its last advertisements don't count")
    func takesOver() throws {
        var bench = try backup()
        try bench.say(Self.offer)
        try bench.say(Self.offer)
        var actions = bench.take()
        #expect(actions.adopted == [bench.peers[0].address] && actions.claims == 0, "it prepares itself, once")
        bench.call { node, now in node.adopted(.v4(1), at: now) }
        #expect(bench.state == .backup)
        bench.call { node, now in node.adopted(Bench.floating.ip, at: now) }
        #expect(bench.state == .active && bench.history.last?.reason == .tookOver)
        actions = bench.take()
        #expect(actions.adopted.isEmpty && actions.claims == 1)
        bench.call { node, now in node.adopted(Bench.floating.ip, at: now) }
        #expect(bench.take().claims == 0)
        try bench.advertise(250)
        #expect(bench.state == .active)
        bench.peers[0].heard = []
        try bench.say(Self.offer)
        #expect(bench.peers[0].advertisements.count == 1, "the holder has not heard that it is done")
        _ = bench.take()
        try bench.say(Self.handedOver)
        #expect(bench.take().announcements == 1)
        bench.run(for: .milliseconds(100))
        try bench.advertise(250)
        #expect(bench.state == .backup, "later on it is a rival like any other")
    }

    @Test("who cannot prepare itself takes over all the same, three intervals later")
    func unprepared() throws {
        var bench = try backup()
        try bench.say(Self.offer)
        bench.run(for: .milliseconds(40))
        try bench.advertise(250)
        bench.run(for: .milliseconds(19))
        #expect(bench.state == .backup)
        bench.run(for: .milliseconds(2))
        #expect(bench.state == .active && bench.history.last?.reason == .tookOver)
    }

    @Test("who may not run any more when it is prepared leaves the address to others")
    func tooLate() throws {
        var bench = try backup()
        try bench.say(Self.offer)
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.call { node, now in node.adopted(Bench.floating.ip, at: now) }
        bench.run(for: .milliseconds(50))
        #expect(bench.state == .initialize && bench.take().claims == 0)
    }

    @Test("a holder that is Active again does not tell its former successor to announce")
    func activeAgain() throws {
        var bench = leader()
        bench.call { node, now in node.resign(at: now) ?? [] }
        try bench.advertise(100)
        bench.run(for: .milliseconds(200))
        #expect(bench.state == .active)
        bench.peers[0].heard = []
        bench.call { node, _ in node.relinquished(Bench.floating.ip) }
        #expect(bench.peers[0].heard.isEmpty)
    }

    @Test("an offer is not taken by a node that may not run, or from one that is not the holder")
    func refuses() throws {
        var bench = Bench(peers: [1, 2])
        for _ in 0..<50 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(100)
        }
        try bench.say(Self.offer, from: 1)
        #expect(bench.state == .backup)
        bench.call { node, now in node.setDraining(true, at: now) }
        try bench.say(Self.offer)
        #expect(bench.state == .initialize)
        for malformed in [[0x22], [0x22, 51], [0x22, 99, 4], [0x22, 51, 6], [0x23]] as [[UInt8]] {
            try bench.say(malformed)
        }
        #expect(bench.ignored("malformed hand-over") == 3)
        #expect(bench.ignored("hand-over of a virtual router that is not configured here") == 2)
    }

    @Test("a leader that is resumed in time keeps the address, and hands over the next time")
    func resumed() throws {
        var bench = leader()
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.run(for: .milliseconds(5))
        bench.call { node, now in node.setDraining(false, at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.state == .active && bench.take().releases == 0)
        bench.peers[0].heard = []
        bench.call { node, now in node.setDraining(true, at: now) }
        #expect(bench.peers[0].heard == [Self.offer])
    }

    @Test("a node that cannot wait says good-bye at once")
    func stopsNow() {
        var bench = leader()
        bench.call { node, now in node.stopNow(at: now) }
        #expect(bench.node.isStopped && bench.take().releases == 1)
        #expect(bench.peers[0].advertisements.last?[3] == 0)
        #expect(bench.peers[0].swim.members.first { $0.id == Bench.session.node }?.state == .left)
    }

    @Test("another holder that comes between calls the taking over off")
    func overtaken() throws {
        var bench = Bench(peers: [1, 2])
        for _ in 0..<50 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(100)
        }
        try bench.say(Self.offer)
        try bench.advertise(100, from: 1)
        bench.call { node, now in node.adopted(Bench.floating.ip, at: now) }
        #expect(bench.state == .backup)
    }

    @Test("what cannot wait is not handed over", arguments: [Health.Reason.linkDown("no carrier")])
    func atOnce(_ reason: Health.Reason) {
        var bench = leader()
        bench.call { node, now in node.update(health: Health([reason]), release: 1, at: now) }
        #expect(bench.state == .initialize && bench.take().releases == 1)
    }
}

extension [Action] {
    fileprivate var relinquished: [IPAddress] {
        compactMap { if case .relinquish(let address) = $0 { address.ip } else { nil } }
    }
    fileprivate var adopted: [SocketAddress] {
        compactMap { if case .adopt(_, from: let address) = $0 { address } else { nil } }
    }
}
