import Membership
import NodeCore
import Testing
import VRRP
import Wire

/// Whole nodes: sealing, membership, election and lights together.
@Suite("Whole nodes on a simulated network")
struct NodeScenarios {
    static let key: ClusterKey = {
        var random = SeededGenerator(seed: 42)
        return ClusterKey(using: &random)
    }()

    /// A node that starts listens for half a second, and one that hung keeps the address for its lease of a second.
    static let electionBound = Duration.milliseconds(2500)
    /// Beyond the longest wait between two calls to a lost peer.
    static let clusterBound = Duration.seconds(60)

    static let address = FloatingAddress(ip: sampleAddress, virtualRouterID: 51)

    func network(_ seed: UInt64, hosts: Int = 3, started: Bool = true) -> SimulatedNetwork<NodeHost> {
        var network = SimulatedNetwork(seed: seed, hosts: hosts, floatingAddresses: [sampleAddress]) {
            NodeHost($0, key: Self.key, floating: [Self.address])
        }
        network.checkers = [
            OneActivePerPartition(bound: Self.electionBound), NoAddressLeftBehind(bound: .milliseconds(1300)),
            OneClusterAfterHeal(bound: Self.clusterBound), NothingChangesWithoutTheKey(),
        ]
        if started {
            network.startAll()
            network.run(for: .seconds(3))
        }
        return network
    }

    func active(_ network: SimulatedNetwork<NodeHost>) -> [HostID] {
        network.hosts.filter { id in
            network.process(of: id) == .running
                && network.programs[id.index]?.snapshot.floating.first?.state == .active
        }
    }

    func signal(_ network: SimulatedNetwork<NodeHost>, _ id: HostID) -> Signal? {
        network.programs[id.index]?.snapshot.signal
    }

    @Test("nodes that know nothing but the key find each other and agree on one holder", arguments: [2, 3, 5, 10])
    func forms(_ hosts: Int) {
        let network = network(7, hosts: hosts)
        #expect(active(network).count == 1, network.report)
        for id in network.hosts { #expect(network.clusterView(of: id).count == hosts, network.report) }
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("a node alone leads, and its lights say that it is alone")
    func alone() {
        var network = network(3, hosts: 1)
        network.run(for: .seconds(5))
        #expect(active(network) == [HostID(0)])
        #expect(signal(network, HostID(0)) == .alone)
    }

    @Test("the lights of a cluster show one leader and members")
    func lights() throws {
        let network = network(7)
        let leader = try #require(active(network).first)
        for id in network.hosts {
            #expect(signal(network, id) == (id == leader ? .leader : .member), network.report)
        }
    }

    @Test("when the leader is killed another holds the address within 100 ms, and the dead one is dead within 1.5 s")
    func leaderKilled() throws {
        var network = network(7)
        let first = try #require(active(network).first)
        network.apply(.crash(first))
        network.run(for: .milliseconds(100))
        let second = try #require(active(network).first)
        #expect(second != first)
        #expect(network.holds(second, sampleAddress))
        network.run(for: .milliseconds(1400))
        for id in network.hosts where id != first {
            #expect(network.clusterView(of: id).count == 2, network.report)
        }
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("a leader that can no longer serve hands the address on")
    func unhealthy() throws {
        var network = network(7)
        let first = try #require(active(network).first)
        network.command(first) { host, now in
            host.setHealth(Health([.noSite("the site is gone")]), at: now)
        }
        network.run(for: .milliseconds(100))
        #expect(active(network).count == 1 && active(network) != [first], network.report)
        #expect(signal(network, first) == .cannotServe)
    }

    @Test("a drained leader hands the address on, and does not take it back while it is drained")
    func drained() throws {
        var network = network(7)
        let first = try #require(active(network).first)
        network.command(first) { host, now in host.setDraining(true, at: now) }
        network.run(for: .seconds(2))
        #expect(active(network).count == 1 && active(network) != [first], network.report)
        #expect(signal(network, first) == .draining)
    }

    @Test("two that were apart for half an hour become one cluster again")
    func longSplit() {
        var network = network(7, hosts: 2)
        network.apply(.partition([[HostID(0)], [HostID(1)]]))
        network.run(for: .seconds(1800))
        #expect(active(network).count == 2)
        network.apply(.heal)
        network.run(for: Self.clusterBound)
        #expect(active(network).count == 1, network.report)
        for id in network.hosts { #expect(network.clusterView(of: id).count == 2, network.report) }
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("whatever happens, one cluster with one holder is left", arguments: Seeds.chosen)
    func anything(_ seed: UInt64) {
        var network = network(seed, hosts: 3 + Int(seed % 3))
        network.run(FaultPlan.random(seed: seed, hosts: network.hosts.count, count: 20))
        network.calm()
        network.run(for: Self.clusterBound)
        #expect(active(network).count == 1, network.report)
        for id in network.hosts { #expect(network.clusterView(of: id).count == network.hosts.count, network.report) }
        #expect(network.violations.isEmpty, network.report)
    }
}
