import Membership
import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

@Suite("Whole nodes in trouble")
struct TroubleScenarios {
    @Test("a leader that hung finds another in its place, does not disturb it, and is a member again")
    func leaderHangs() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.apply(.hang(first))
        network.run(for: .milliseconds(130))
        let second = try network.leader()
        network.run(for: .seconds(4))
        #expect(network.counters.leasesExpired == 1)
        network.apply(.resume(first))
        network.run(for: .seconds(3))
        #expect(network.active == [second], network.report)
        #expect(network.lights(of: first) == "member")
        network.expectOneCluster()
    }

    @Test("a Backup that hung changes nothing for the leader, and is a member again")
    func backupHangs() throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        let backup = try #require(network.hosts.first { $0 != leader })
        network.apply(.hang(backup))
        network.run(for: .seconds(4))
        #expect(network.state(of: backup, seenBy: leader) == [.dead], network.report)
        network.apply(.resume(backup))
        network.run(for: .seconds(3))
        #expect(network.active == [leader], network.report)
        #expect(network.snapshot(of: leader)?.floating.first?.transitions == 2, "Backup, Active, and no more")
        network.expectOneCluster()
    }

    @Test(
        "what has become of a dead member is told apart by a knock at its machine",
        arguments: [
            (.crash(HostID(2)), .refused, "bramble does not run there"),
            (.powerOff(HostID(2)), .unreachable, "off, unplugged"),
            (.hang(HostID(2)), .accepted, "bramble hangs there"),
        ] as [(Fault, Knock, String)])
    func whatDied(_ fault: Fault, _ answer: Knock, _ words: String) throws {
        var network = NodeNetwork.ofNodes(3)
        network.apply(fault)
        network.run(for: .seconds(10))
        #expect(network.counters.knocks > 0)
        for id in [HostID(0), HostID(1)] {
            let snapshot = try #require(network.snapshot(of: id), network.report)
            let member = try #require(snapshot.members.first { $0.info.name == "host2" }).id
            let wanted: Trouble = answer == .accepted ? .blocked(member) : .dead(member, answer)
            #expect(snapshot.troubles.map(\.trouble) == [wanted], network.report)
            #expect(snapshot.troubles.first?.text.contains(words) == true)
        }
    }

    @Test("a machine with a new card answers for itself, and not for what was there before")
    func newCard() throws {
        var network = NodeNetwork.ofNodes(3)
        let former = try #require(network.snapshot(of: HostID(2))?.session.node)
        network.apply(.powerOff(HostID(2)))
        network.run(for: .seconds(10))
        network.apply(.start(HostID(2), keepingDisk: false))
        network.run(for: .seconds(40))
        for id in network.hosts {
            let snapshot = try #require(network.snapshot(of: id))
            #expect(snapshot.members.contains { $0.id == former && $0.state == .dead })
            #expect(
                !snapshot.troubles.contains { if case .blocked = $0.trouble { true } else { false } }, network.report)
            #expect(["leader", "leaderOfFewer", "member", "memberOfFewer"].contains(network.lights(of: id)))
        }
    }

    @Test("a way that is cut in one direction harms no longer than it is cut")
    func oneWay() throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        let backup = try #require(network.hosts.first { $0 != leader })
        network.apply(.cutOneWay(from: leader, to: backup))
        network.run(for: .seconds(10))
        #expect(network.counters.cut > 50)
        network.apply(.heal)
        network.runUntilSettled()
        network.expectOneCluster()
    }

    @Test("a node that hears nothing but is heard comes back")
    func deaf() throws {
        var network = NodeNetwork.ofNodes(3)
        for other in network.hosts.dropFirst() { network.apply(.cutOneWay(from: other, to: HostID(0))) }
        network.run(for: .seconds(10))
        #expect(network.counters.cut > 50)
        network.apply(.heal)
        network.runUntilSettled()
        network.expectOneCluster()
    }

    @Test("a minute of 20 % loss makes two holders at most for moments, and one is left")
    func loss() {
        var network = NodeNetwork.ofNodes(3)
        network.checkers.append(OneActivePerPartition(bound: .milliseconds(250)))
        network.apply(.conditions(LinkConditions(loss: 0.2)))
        network.run(for: .seconds(60))
        #expect(network.counters.lost > 2000)
        network.apply(.conditions(.lan))
        network.runUntilSettled(for: .seconds(2))
        network.expectOneCluster()
    }

    @Test("five minutes of 5 % loss do not move the address")
    func steadyLoss() throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        network.apply(.conditions(LinkConditions(loss: 0.05)))
        network.run(for: .seconds(300))
        #expect(network.counters.lost > 1000 && network.counters.signsOfLife > 20)
        #expect(network.active == [leader], network.report)
        #expect(network.snapshot(of: leader)?.floating.first?.transitions == 2, "Backup, Active, and no more")
        network.expectNoViolation()
    }

    @Test("two halves each have a holder, and one remains when they meet")
    func split() throws {
        var network = NodeNetwork.ofNodes(4)
        network.apply(.partition([[HostID(0), HostID(1)], [HostID(2), HostID(3)]]))
        network.run(for: .seconds(10))
        #expect(network.active.count == 2)
        network.apply(.heal)
        network.run(for: .milliseconds(100))
        _ = try network.leader()
        network.runUntilSettled()
        network.expectOneCluster()
    }

    @Test("after a split heals no one is sent to a holder of before")
    func pointing() {
        var network = NodeNetwork.ofNodes(3)
        network.checkers.append(NoBlackHole(bound: NodeBounds.pointing))
        network.apply(.partition([[HostID(0)], [HostID(1), HostID(2)]]))
        network.run(for: .seconds(5))
        network.apply(.heal)
        network.runUntilSettled(for: .seconds(10))
        network.expectOneCluster()
    }

    @Test("two that were apart for half an hour become one cluster again")
    func longSplit() {
        // An advertisement a second: with the default interval there would be nothing to see but more of them.
        var network = NodeNetwork.ofNodes(2, interval: 100, started: false)
        network.checkers = [
            OneActivePerPartition(bound: .seconds(6)), NoAddressLeftBehind(bound: NodeBounds.release),
            OneClusterAfterHeal(bound: NodeBounds.cluster), LightsTellTheTruth(bound: .seconds(6)),
        ]
        network.startAll()
        network.run(for: .seconds(6))
        network.expectOneCluster()
        network.apply(.partition([[HostID(0)], [HostID(1)]]))
        network.run(for: .seconds(1800))
        #expect(network.active.count == 2)
        for id in network.hosts { #expect(network.lights(of: id) == "isolated") }
        network.apply(.heal)
        network.runUntilSettled()
        network.expectOneCluster()
    }
}
