import Membership
import NodeCore
import Testing
import VRRP
import Wire

@Suite("A node's calls and its end")
struct NodeLifeTests {
    @Test("a node that stops lets go, says good-bye, and never does anything again")
    func stops() throws {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.call { node, now in node.stop(at: now) }
        bench.run(for: .milliseconds(200))  // nobody takes over
        let farewell = bench.take()
        #expect(farewell.releases == 1 && bench.history.last?.reason == .stopping)
        #expect(bench.peers[0].advertisements.last?[3] == 0, "the last advertisement has priority 0")
        #expect(bench.peers[0].swim.members.first { $0.id == Bench.session.node }?.state == .left)

        #expect(bench.node.nextDeadline == Instant(nanoseconds: .max))
        bench.call { node, now in node.stop(at: now) }
        bench.call { node, now in node.update(health: .starting, release: 7, at: now) }
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.call { node, now in node.identify(nil, at: now) ?? [] }
        bench.call { node, now in node.deadlineReached(at: now.advanced(by: .seconds(9))) }
        bench.call { node, now in node.addressStripped(Bench.floating.ip, at: now) }
        try bench.advertise(200)
        bench.run(for: .seconds(10))
        #expect(bench.take().isEmpty)
    }

    @Test("what was told before is not told again")
    func idempotent() {
        var bench = Bench()
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.call { node, now in node.update(health: .healthy, release: 1, at: now) }
        bench.call { node, now in node.setDraining(false, at: now) }
        #expect(bench.take().isEmpty)
    }

    @Test(
        "a node that was called at its deadline never asks for one that has come",
        arguments: 1...20 as ClosedRange<UInt64>)
    func noBusyLoop(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = Bench(peers: [1, 2, 200], health: Bool.random(using: &random) ? .starting : .healthy)
        for _ in 0..<60 {
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let due = max(bench.node.nextDeadline, bench.now)
                // Sometimes late, as on a busy machine, and sometimes very late, as after a hang.
                let late = [0, 0, 0, 3, 80, 2500].randomElement(using: &random) ?? 0
                bench.hang(for: bench.now.duration(to: due) + .milliseconds(late))
                var next = bench.now
                bench.call { node, now in
                    let actions = node.deadlineReached(at: now)
                    next = node.nextDeadline  // before the answers to what it sends
                    return actions
                }
                #expect(next > bench.now)
            }
            let index = Int.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bench.peers[index].isSilent.toggle()
            case 1: bench.call { node, now in node.setDraining(!node.snapshot.isDraining, at: now) }
            case 2: bench.call { node, now in node.update(health: .healthy, release: 1, at: now) }
            case 3: bench.call { node, now in node.update(health: Health([.noSite("none")]), release: 0, at: now) }
            case 4: bench.call { node, now in node.identify(nil, at: now) ?? [] }
            case 5: try bench.advertise(UInt8.random(in: 0...200, using: &random), from: index)
            default: bench.meetDouble(boot: 1)
            }
        }
    }
}
