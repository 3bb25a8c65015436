import Testing
import VRRP
import Wire

@testable import Simulator

/// Virtual routers alone, without membership and sealing, at an interval of 20 ms.
@Suite("Virtual routers on a simulated network")
struct VirtualRouterScenarios {
    /// Active_Down is 72 ms at most, and the lease of one who can't let go lasts a second.
    static let bound = Duration.milliseconds(1200)

    func network(_ seed: UInt64, hosts: Int = 3) -> SimulatedNetwork<RouterHost> {
        var network = SimulatedNetwork(seed: seed, hosts: hosts, floatingAddresses: [sampleAddress]) { RouterHost($0) }
        network.checkers = [
            OneActivePerPartition(bound: Self.bound), NoAddressLeftBehind(bound: .milliseconds(1100)),
            NoBlackHole(bound: .milliseconds(6500)),  // three refreshes, of which two may be lost
        ]
        network.startAll()
        network.run(for: .seconds(1))
        return network
    }

    func active(_ network: SimulatedNetwork<RouterHost>) -> [HostID] {
        network.hosts.filter { network.programs[$0.index]?.router.state == .active }
    }

    @Test("one of three becomes Active, and the others stay Backups")
    func forms() {
        let network = network(1)
        #expect(active(network).count == 1)
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("when the Active one is killed another has the address within 80 ms")
    func killed() throws {
        var network = network(1)
        let first = try #require(active(network).first)
        network.apply(.crash(first))
        network.run(for: .milliseconds(80))
        let second = try #require(active(network).first)
        #expect(second != first)
        #expect(network.holds(second, sampleAddress))
        network.run(for: .seconds(5))
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("when the Active one stops as asked another has the address within 20 ms")
    func stopped() throws {
        var network = network(1)
        network.apply(.stop(try #require(active(network).first)))
        network.run(for: .milliseconds(20))
        #expect(active(network).count == 1)
        network.run(for: .seconds(5))
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("one that hung while Active finds another in its place, and doesn't disturb it")
    func hung() throws {
        var network = network(1)
        let first = try #require(active(network).first)
        network.apply(.hang(first))
        network.run(for: .seconds(3))
        let second = try #require(active(network).first { $0 != first })
        network.apply(.resume(first))
        network.run(for: .seconds(3))
        #expect(active(network) == [second])
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("after a split heals there is one, and no one is sent into a black hole")
    func healed() {
        var network = network(1)
        network.apply(.partition([[HostID(0)], [HostID(1), HostID(2)]]))
        network.run(for: .seconds(5))
        #expect(active(network).count == 2)
        network.apply(.heal)
        network.run(for: .milliseconds(100))
        #expect(active(network).count == 1)
        network.run(for: .seconds(10))
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("whatever happens, one ends up Active in every part of the network", arguments: Seeds.chosen)
    func anything(_ seed: UInt64) {
        var network = network(seed, hosts: 4)
        let kinds: [FaultKind] = [.crash, .power, .hang, .stop, .partition, .oneway, .loss]
        network.run(FaultPlan.random(seed: seed, hosts: 4, length: .seconds(30), kinds: kinds))
        #expect(!network.counters.isIdle(kinds), network.report)
        network.calm()
        // Nothing is sealed here, so a replayed advertisement disturbs until the last one has come.
        network.run(for: LinkConditions.rough.replayDelay + .seconds(1))
        #expect(active(network).count == 1, network.report)
        #expect(network.violations.isEmpty, network.report)
    }
}
