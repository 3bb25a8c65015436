import Membership
import Testing
import VRRP
import Wire

@testable import NodeCore

@Suite("A node and its lifelines")
struct NodeLifelineTests {
    /// A Backup of a peer that advertises every 20 ms, and what it wanted last.
    private func backup() throws -> Bench {
        var bench = Bench(peers: [1])
        for _ in 0..<100 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(200)
        }
        #expect(bench.state == .backup)
        return bench
    }

    private func peer(_ bench: Bench) -> NodeID { bench.peers[0].session.node }

    @Test("a lifeline is held to the holder, and to no one when nobody holds anything")
    func holds() throws {
        var bench = try backup()
        let lifeline = LifelinePeer(node: peer(bench), address: bench.peers[0].address)
        #expect(bench.take().lifelines == [[lifeline]])
        bench.run(for: .milliseconds(200))
        #expect(bench.state == .active)
        #expect(bench.take().lifelines == [[]])
    }

    @Test("a process that has ended, by its kernel's word, is replaced after the time for its answer")
    func ended() throws {
        var bench = try backup()
        _ = bench.take()
        bench.peers[0].heard = []
        let id = peer(bench)
        bench.call { node, now in node.lifelineBroke(id, at: now) }
        #expect(bench.peers[0].heard == [[0x21]], "it is asked")
        bench.run(for: .milliseconds(1))
        bench.call { node, now in node.lifelineRefused(id, at: now) }
        #expect(bench.state == .backup)
        bench.run(for: .milliseconds(2))
        #expect(bench.state == .active && bench.history.last?.reason == .activeEnded)
        #expect(bench.take().claims == 1)
    }

    @Test("a holder that answers is not replaced, whatever its kernel says")
    func answers() throws {
        var bench = try backup()
        let id = peer(bench)
        bench.call { node, now in node.lifelineBroke(id, at: now) }
        bench.call { node, now in node.lifelineRefused(id, at: now) }
        bench.run(for: .milliseconds(2))
        try bench.advertise(200)
        bench.run(for: .milliseconds(20))
        #expect(bench.state == .backup)
    }

    @Test("a lifeline that only breaks decides nothing")
    func breaks() throws {
        var bench = try backup()
        let id = peer(bench)
        bench.call { node, now in node.lifelineBroke(id, at: now) }
        bench.run(for: .milliseconds(50))
        #expect(bench.state == .backup)
        bench.run(for: .milliseconds(50))
        #expect(bench.state == .active && bench.history.last?.reason == .activeSilent)
    }

    @Test("a holder that falls silent is replaced later if its machine gives a sign of life", arguments: [false, true])
    func signOfLife(_ answers: Bool) throws {
        var bench = try backup()
        let id = peer(bench)
        _ = bench.take()
        bench.run(for: .milliseconds(40))
        #expect(Set(bench.take().asked) == [id])
        if answers { bench.call { node, now in node.gaveSignOfLife(id, at: now) } }
        bench.call { node, now in node.gaveSignOfLife(NodeID(high: 77, low: 7), at: now) }
        bench.run(for: .milliseconds(20))
        #expect(bench.state == (answers ? .backup : .active))
        bench.run(for: .milliseconds(50))
        #expect(bench.state == .active)
        #expect(bench.history.last?.reason == (answers ? .activeHung : .activeSilent))
        #expect(bench.take().asked.isEmpty == answers, "who has answered is not asked again")
    }

    @Test("a holder whose machine can't be asked is waited for an interval longer", arguments: [false, true])
    func cannotBeAsked(_ canAsk: Bool) throws {
        var bench = try backup()
        let id = peer(bench)
        bench.run(for: .milliseconds(40))
        #expect(Set(bench.take().asked) == [id])
        if !canAsk { bench.call { node, now in node.cannotAskForSignOfLife(id, at: now) } }
        bench.call { node, now in node.cannotAskForSignOfLife(NodeID(high: 77, low: 7), at: now) }
        bench.run(for: .milliseconds(20))
        #expect(bench.state == (canAsk ? .active : .backup))
        bench.run(for: .milliseconds(20))
        #expect(bench.state == .active && bench.history.last?.reason == .activeSilent)
    }

    @Test("a refusal counts only after the end of a lifeline, and only soon after it")
    func late() throws {
        var bench = try backup()
        let id = peer(bench)
        bench.call { node, now in node.lifelineRefused(id, at: now) }
        for _ in 0..<20 {
            try bench.advertise(200)
            bench.run(for: .milliseconds(20))
        }
        #expect(bench.state == .backup)
        bench.call { node, now in node.lifelineBroke(NodeID(high: 77, low: 7), at: now) }
        bench.call { node, now in node.lifelineRefused(NodeID(high: 77, low: 7), at: now) }
        bench.run(for: .milliseconds(20))
        #expect(bench.state == .backup)
    }

    @Test("an Active node answers a question at once, a Backup does not")
    func question() throws {
        var bench = Bench(peers: [1])
        bench.run(for: .milliseconds(100))
        bench.peers[0].heard = []
        try bench.say([0x21])
        #expect(bench.peers[0].advertisements.isEmpty)
        bench.run(for: .seconds(2))
        bench.peers[0].heard = []
        try bench.say([0x21])
        #expect(bench.peers[0].advertisements.count == 1)
    }
}

extension [Action] {
    fileprivate var asked: [NodeID] {
        compactMap { if case .askForSignOfLife(let node) = $0 { node } else { nil } }
    }

    fileprivate var lifelines: [[LifelinePeer]] {
        compactMap { if case .lifelines(let peers) = $0 { peers } else { nil } }
    }
}
