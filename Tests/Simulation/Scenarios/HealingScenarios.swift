import Membership
import NodeCore
import Testing
import Wire

@testable import Simulator

/// What parted others' clusters for ever, or for long.
@Suite("A cluster that was parted becomes one again")
struct HealingScenarios {
    /// All of a cluster of so many, in two halves.
    private static func halves(_ hosts: Int) -> Fault {
        .partition([(0..<hosts / 2).map { HostID($0) }, (hosts / 2..<hosts).map { HostID($0) }])
    }

    @Test("halves that held each other for dead", arguments: [2, 3, 4, 7], [5, 60])
    func split(_ hosts: Int, seconds: Int) throws {
        var network = NodeNetwork.ofNodes(hosts, interval: 10)
        network.apply(Self.halves(hosts))
        network.run(for: .seconds(seconds))
        for id in network.hosts { #expect(network.clusterView(of: id).count < hosts) }
        network.apply(.heal)
        let time = network.timeUntilWhole(atMost: .seconds(60))
        #expect(time <= NodeBounds.settling, network.report)
        network.run(for: .seconds(3))
        network.expectOneCluster()
    }

    @Test("a cluster that formed in two halves, before the switches were joined", arguments: [2, 3, 6])
    func formedApart(_ hosts: Int) throws {
        var network = NodeNetwork.ofNodes(hosts, interval: 10, started: false)
        network.apply(Self.halves(hosts))
        network.startAll()
        network.run(for: .seconds(30))
        #expect(network.active.count == 2, network.report)
        network.apply(.heal)
        #expect(network.timeUntilWhole(atMost: .seconds(60)) <= NodeBounds.settling, network.report)
        network.run(for: .seconds(3))
        network.expectOneCluster()
    }

    @Test(
        "all restarted at once with new addresses, none of which the others know", arguments: [2, 3, 5], [true, false])
    func newAddresses(_ hosts: Int, keepingDisk: Bool) throws {
        var network = NodeNetwork.ofNodes(hosts)
        for id in network.hosts { network.apply(.powerOff(id)) }
        for id in network.hosts {
            network.apply(.move(id))
            network.apply(.start(id, keepingDisk: keepingDisk))
        }
        #expect(network.counters.restarts == hosts)
        #expect(network.timeUntilWhole(atMost: .seconds(60)) < .seconds(2), network.report)
        network.run(for: .seconds(3))
        network.expectOneCluster()
    }

    @Test(
        "the network's DHCP server gave every node another address, while they ran, and each knows it or none does",
        arguments: [2, 3, 5, 10], [true, false])
    func readdressed(_ hosts: Int, isTold: Bool) throws {
        var network = NodeNetwork.ofNodes(hosts)
        if isTold, hosts > 2 { network.checkers.append(NobodyIsDead()) }
        for id in network.hosts { network.apply(.move(id, isTold: isTold)) }
        network.run(for: isTold ? .seconds(5) : NodeBounds.settling + .seconds(5))
        for id in network.hosts {
            let known = try #require(network.snapshot(of: id)).members.filter { $0.info.name != "\(id)" }
            #expect(Set(known.map(\.address)) == Set(network.hosts.filter { $0 != id }.map { network.address(of: $0) }))
        }
        network.expectOneCluster()
    }

    @Test("one node that moves is followed at once, though it says nothing of it", arguments: [2, 3, 5])
    func moved(_ hosts: Int) throws {
        var network = NodeNetwork.ofNodes(hosts)
        network.checkers.append(NobodyIsDead())
        let leader = try network.leader()
        network.apply(.move(leader, isTold: false))
        network.run(for: .seconds(2))
        for id in network.hosts where id != leader {
            let known = try #require(network.snapshot(of: id)).members.first { $0.info.name == "\(leader)" }
            #expect(known?.address == network.address(of: leader))
        }
        network.expectOneCluster()
    }

    @Test("all but one died at once, and came back", arguments: [2, 3, 4])
    func correlated(_ hosts: Int) throws {
        var network = NodeNetwork.ofNodes(hosts)
        let dying = network.hosts.dropFirst()
        for id in dying { network.apply(.powerOff(id)) }
        network.run(for: .milliseconds(1500))
        for id in dying { #expect(network.state(of: id, seenBy: HostID(0)) == [.dead], network.report) }
        #expect(network.active == [HostID(0)])
        network.startAll()
        #expect(network.timeUntilWhole(atMost: .seconds(60)) < .seconds(2), network.report)
        network.run(for: .seconds(3))
        network.expectOneCluster()
    }

    @Test(
        "where broadcasts do not pass, nodes find each other again by what they have on their disks",
        arguments: [2, 3, 5],
        [true, false])
    func remembered(_ hosts: Int, keepingDisk: Bool) throws {
        var network = NodeNetwork.ofNodes(hosts)
        network.carriesBroadcasts = false
        for id in network.hosts { network.apply(.powerOff(id)) }
        network.run(for: .seconds(60))
        for id in network.hosts { network.apply(.start(id, keepingDisk: keepingDisk)) }
        let time = network.timeUntilWhole(atMost: .seconds(60))
        #expect(keepingDisk ? time < .seconds(2) : time >= .seconds(60), network.report)
    }

    @Test("where broadcasts do not pass, halves of a split call each other until they are heard", arguments: [2, 4])
    func called(_ hosts: Int) throws {
        // An advertisement a second: with the default interval there would be nothing to see but more of them.
        var network = NodeNetwork.ofNodes(hosts, interval: 100, started: false)
        network.checkers = [OneClusterAfterHeal(bound: NodeBounds.cluster)]
        network.startAll()
        network.run(for: .seconds(6))
        network.carriesBroadcasts = false
        network.apply(Self.halves(hosts))
        network.run(for: .seconds(3600))
        for id in network.hosts { #expect(network.clusterView(of: id).count < hosts) }
        network.apply(.heal)
        // Dead peers are called every half minute, give or take a quarter.
        #expect(network.timeUntilWhole(atMost: .seconds(60)) < .seconds(40), network.report)
        network.run(for: .seconds(10))
        network.expectOneCluster()
    }

    @Test("a node that was away for a week")
    func week() throws {
        // An advertisement every forty seconds: with the default interval there would be nothing to see but more of them.
        var network = NodeNetwork.ofNodes(2, interval: 4000, started: false)
        network.checkers = [
            NoAddressLeftBehind(bound: NodeBounds.release), OneClusterAfterHeal(bound: NodeBounds.cluster),
        ]
        network.startAll()
        network.run(for: .seconds(300))
        #expect(network.active.count == 1)
        let away = try #require(network.hosts.first { !network.active.contains($0) })
        network.apply(.powerOff(away))
        network.run(for: .seconds(7 * 24 * 3600))
        network.startAll()
        #expect(network.timeUntilWhole(atMost: .seconds(60)) <= NodeBounds.settling, network.report)
        network.run(for: .seconds(300))
        network.expectOneCluster()
    }
}

extension SimulatedNetwork where Host == NodeHost {
    /// Runs until every node sees all others, and answers how long that took; no longer than `bound`, plus a little.
    fileprivate mutating func timeUntilWhole(atMost bound: Duration) -> Duration {
        let begin = now
        while begin.duration(to: now) <= bound, hosts.contains(where: { clusterView(of: $0).count != hosts.count }) {
            run(for: .milliseconds(50))
        }
        return begin.duration(to: now)
    }
}
