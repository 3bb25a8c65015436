import Testing
import VRRP
import Wire

@testable import NodeCore

@Suite("History")
struct NodeHistoryTests {
    @Test("the last 64 transitions are kept, one following the other in state and time; all are counted by reason")
    func history() throws {
        var bench = Bench()
        bench.run(for: .seconds(2))
        for round in 0..<100 {
            bench.call { node, now in node.setDraining(round.isMultiple(of: 2), at: now) }
            bench.run(for: .seconds(1))
        }
        let floating = try #require(bench.snapshot.floating.first)
        #expect(floating.history.count == 64 && floating.transitions >= 100)
        for (earlier, later) in zip(floating.history, floating.history.dropFirst()) {
            #expect(earlier.to == later.from && earlier.at <= later.at)
        }
        #expect(floating.reasons.reduce(0) { $0 + $1.count } == floating.transitions)
        #expect(floating.reasons.contains { $0.kind == .init(to: .initialize, reason: "draining") && $0.count == 50 })
    }

    @Test("a node that a person has put back says so, once, and one that comes back by itself does not")
    func resumed() throws {
        var bench = Bench()
        bench.run(for: .seconds(2))
        let begins = { try #require(bench.snapshot.floating.first).history.filter { $0.from == .initialize } }
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.run(for: .seconds(1))
        bench.call { node, now in node.setDraining(false, at: now) }
        #expect(try begins().map(\.reason.name) == ["started", "resumed"])
        bench.call { node, now in node.update(health: Health([.httpUnanswered("x")]), release: 0, at: now) }
        bench.call { node, now in node.update(health: Health([]), release: 0, at: now) }
        #expect(try begins().map(\.reason.name) == ["started", "resumed", "started"])
    }

    @Test("a command to another node goes out three times, and only to one that can be reached")
    func commands() throws {
        var bench = Bench(peers: [50])
        bench.run(for: .seconds(2))
        _ = bench.take()
        let peer = bench.peers[0].session.node
        bench.call { node, now in node.setDraining(true, of: peer, at: now) ?? [] }
        let commands = bench.peers[0].heard.filter { $0.first == MessageKind.command }
        #expect(commands.count == 3)
        let command = try NodeCommand.decode(try #require(commands.first))
        #expect(command == .setDraining(peer, true))
        #expect(bench.snapshot.isDraining == false)
        var random = SeededGenerator(seed: 9)
        let stranger = NodeID(using: &random)
        bench.call { node, now in
            #expect(node.setDraining(true, of: stranger, at: now) == nil)
            return []
        }
    }
}
