import Membership
import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

@Suite("Whole nodes on a simulated network")
struct NodeScenarios {
    // MARK: - Coming together

    @Test("nodes that know nothing but the key find each other and agree on one holder", arguments: [2, 3, 5, 10])
    func forms(_ hosts: Int) { NodeNetwork.ofNodes(hosts).expectOneCluster() }

    @Test("nodes may start in any order and at any time", arguments: Array(1...6 as ClosedRange<UInt64>))
    func anyOrder(_ seed: UInt64) {
        var network = NodeNetwork.ofNodes(4, seed: seed, started: false)
        var random = SeededGenerator(seed: seed)
        for id in network.hosts.shuffled(using: &random) {
            network.apply(.start(id, keepingDisk: true))
            network.run(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
        }
        network.run(for: .seconds(3))
        network.expectOneCluster()
    }

    @Test("a node alone leads, and its lights say that it is alone")
    func alone() {
        var network = NodeNetwork.ofNodes(1, seed: 3)
        network.run(for: .seconds(5))
        #expect(network.active == [HostID(0)])
        #expect(network.lights(of: HostID(0)) == "alone")
        network.expectNoViolation()
    }

    @Test("the lights of a cluster show one leader and members")
    func lights() throws {
        let network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        for id in network.hosts {
            #expect(network.lights(of: id) == (id == leader ? "leader" : "member"), network.report)
        }
    }

    @Test(
        "after a power cut all nodes find each other again from their disks", arguments: [Fault.powerOff, Fault.crash])
    func allRestart(_ end: @Sendable (HostID) -> Fault) throws {
        var network = NodeNetwork.ofNodes(4)
        for id in network.hosts { network.apply(end(id)) }
        #expect(network.counters.crashes == 4)
        network.run(for: .seconds(2))
        network.startAll()
        network.run(for: .seconds(3))
        network.expectOneCluster()
        #expect(network.counters.restarts == 4)
        for id in network.hosts { #expect(network.snapshot(of: id)?.session.boot == 2) }
    }

    // MARK: - The leader goes

    @Test("when the leader is killed another holds the address within 100 ms, and the dead one is dead within 1.5 s")
    func leaderKilled() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.apply(.crash(first))
        network.run(for: .milliseconds(100))
        let second = try network.leader()
        #expect(second != first)
        #expect(network.holds(second, sampleAddress))
        network.run(for: .milliseconds(1400))
        for id in network.hosts where id != first {
            #expect(network.state(of: first, seenBy: id) == [.dead], network.report)
        }
        network.expectNoViolation()
    }

    @Test("the end of a leader's process is known by its lifelines, and it is replaced within 10 ms", arguments: 2...6)
    func leaderEnds(_ hosts: Int) throws {
        var network = NodeNetwork.ofNodes(hosts)
        let first = try network.leader()
        network.apply(.crash(first))
        network.run(for: .milliseconds(10))
        #expect(network.counters.lifelinesEnded == hosts - 1)
        let second = try network.leader()
        #expect(network.snapshot(of: second)?.floating.first?.history.last?.reason == .activeEnded)
        network.run(for: .milliseconds(100))
        #expect(network.active == [second], network.report)
        network.expectNoViolation()
    }

    @Test("when the leader and the first in rank die at once, the next is there within two intervals")
    func twoEnd() throws {
        var network = NodeNetwork.ofNodes(4)
        let first = try network.leader()
        var trial = network
        trial.apply(.crash(first))
        trial.run(for: .milliseconds(10))
        let second = try trial.leader()
        network.apply(.crash(first))
        network.apply(.crash(second))
        network.run(for: .milliseconds(40))
        _ = try network.leader()
        network.run(for: .seconds(2))
        network.expectNoViolation()
    }

    @Test("lifelines that break while the leader lives change nothing", arguments: Array(1...5 as ClosedRange<UInt64>))
    func lifelinesBreak(_ seed: UInt64) throws {
        var network = NodeNetwork.ofNodes(3, seed: seed)
        let leader = try network.leader()
        for _ in 0..<50 {
            network.apply(.breakLifelines(leader))
            network.run(for: .milliseconds(37))
        }
        #expect(network.counters.lifelinesBroken == 100)
        #expect(network.active == [leader], network.report)
        #expect(network.snapshot(of: leader)?.floating.first?.transitions == 2, "Backup, Active, and no more")
        network.expectNoViolation()
    }

    @Test("a leader that is held up for a moment stays the leader, on a machine that answers", arguments: [20, 50, 80])
    func heldUp(_ milliseconds: Int) throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        for _ in 0..<5 {
            network.apply(.hang(leader))
            network.run(for: .milliseconds(milliseconds))
            network.apply(.resume(leader))
            network.run(for: .milliseconds(300))
        }
        #expect(network.counters.signsOfLife > 0 || milliseconds < 50)
        #expect(network.active == [leader], network.report)
        #expect(network.snapshot(of: leader)?.floating.first?.transitions == 2, "Backup, Active, and no more")
        network.expectNoViolation()
    }

    @Test(
        "a leader that is gone is replaced within three intervals, one that hangs 50 ms later",
        arguments: [false, true])
    func goneOrHung(_ hangs: Bool) throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        network.apply(hangs ? .hang(leader) : .powerOff(leader))
        network.run(for: .milliseconds(hangs ? 80 : 57))
        #expect(network.active.count == (hangs ? 0 : 1), network.report)
        network.run(for: .milliseconds(30))
        #expect(network.active.count == 1 && network.active != [leader], network.report)
        network.run(for: .seconds(2))
        network.expectNoViolation()
    }

    @Test("when all machines stand still together, the address stays where it is", arguments: [50, 100, 300, 600])
    func standstill(_ milliseconds: Int) throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        for id in network.hosts { network.apply(.hang(id)) }
        network.run(for: .milliseconds(milliseconds))
        for id in network.hosts { network.apply(.resume(id)) }
        network.run(for: .seconds(2))
        #expect(network.counters.resumes == 3 && network.active == [leader], network.report)
        #expect(network.snapshot(of: leader)?.floating.first?.transitions == 2, "Backup, Active, and no more")
        network.expectNoViolation()
    }

    @Test("a leader that stops as asked hands over within 30 ms, and has left rather than died")
    func stopped() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.apply(.stop(first))
        #expect(network.holds(first, sampleAddress), "until another has it")
        network.run(for: .milliseconds(30))
        #expect(!network.holds(first, sampleAddress) && network.process(of: first) == .dead)
        let second = try network.leader()
        #expect(network.holds(second, sampleAddress))
        network.run(for: .seconds(10))
        for id in network.hosts where id != first {
            #expect(network.state(of: first, seenBy: id) == [.left], network.report)
        }
        #expect(network.active == [second])
        network.expectNoViolation()
    }

    @Test("a leader that can no longer serve hands the address on within 30 ms")
    func unhealthy() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.command(first) { host, now in
            host.setHealth(Health([.noSite("the site is gone")]), at: now)
        }
        network.run(for: .milliseconds(30))
        #expect(try network.leader() != first, network.report)
        #expect(network.lights(of: first) == "cannotServe")
        network.run(for: .seconds(2))
        network.expectOneCluster()
    }

    @Test("a drained leader hands the address on, and does not take it back while it is drained")
    func drained() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.command(first) { host, now in host.setDraining(true, at: now) }
        network.run(for: .seconds(2))
        let second = try network.leader()
        #expect(second != first, network.report)
        #expect(network.lights(of: first) == "draining")
        network.apply(.crash(second))
        network.run(for: .seconds(1))
        #expect(try network.leader() != first)
        network.expectNoViolation()
    }
}
