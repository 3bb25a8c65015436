import Testing
import Wire

@testable import Simulator

@Suite("Each checker bites")
struct CheckerTests {
    let first = HostID(0)
    let second = HostID(1)

    /// Two puppets that run, of which the first holds the address.
    func network(_ checker: any Checker) -> SimulatedNetwork<PuppetHost> {
        var network = SimulatedNetwork(seed: 1, hosts: 2, floatingAddresses: [sampleAddress]) { _ in PuppetHost() }
        network.startAll()
        network.command(first) { host, _ in
            host.claims = [sampleAddress]
            return [.claim(sampleAddress), .announce(sampleAddress)]
        }
        network.run(for: .milliseconds(1))
        network.checkers = [checker]
        network.run(for: .seconds(5))
        #expect(network.violations.isEmpty, network.report)
        return network
    }

    /// Whether the checker finds the fault, not before `bound` is over, and names the seed in its report.
    func bites(_ network: inout SimulatedNetwork<PuppetHost>, within bound: Duration, _ name: String) {
        let begin = network.now
        network.run(for: bound)
        #expect(network.violations.isEmpty, network.report)
        network.run(for: .milliseconds(200))
        #expect(network.violations.map(\.checker) == [name])
        #expect(network.violations.allSatisfy { begin.duration(to: $0.at) > bound })
        #expect(network.report.rawValue.contains("make scenarios SEED=1"))
    }

    @Test("two holders")
    func twoHolders() {
        var network = network(OneActivePerPartition(bound: .milliseconds(500)))
        network.command(second) { host, _ in
            host.claims = [sampleAddress]
            return [.claim(sampleAddress)]
        }
        bites(&network, within: .milliseconds(500), "OneActivePerPartition")
    }

    @Test("no holder")
    func noHolder() {
        var network = network(OneActivePerPartition(bound: .milliseconds(500)))
        network.command(first) { host, _ in
            host.claims = []
            return [.release(sampleAddress)]
        }
        bites(&network, within: .milliseconds(500), "OneActivePerPartition")
    }

    @Test("no holder in one half of a split, though there is one in the other")
    func noHolderInHalf() {
        var network = network(OneActivePerPartition(bound: .milliseconds(500)))
        network.apply(.partition([[first], [second]]))
        bites(&network, within: .milliseconds(500), "OneActivePerPartition")
    }

    @Test("but a partition without a healthy host, or one that is open in one direction, is not judged")
    func notJudged() {
        var network = network(OneActivePerPartition(bound: .milliseconds(500)))
        network.command(second) { host, _ in
            host.isHealthy = false
            return []
        }
        network.apply(.partition([[first], [second]]))
        network.run(for: .seconds(2))
        #expect(network.violations.isEmpty, network.report)
        network.command(second) { host, _ in
            host.isHealthy = true
            return []
        }
        network.apply(.heal)
        network.apply(.cutOneWay(from: second, to: first))
        network.command(second) { host, _ in
            host.claims = [sampleAddress]
            return []
        }
        network.run(for: .seconds(2))
        #expect(network.violations.isEmpty, network.report)
    }

    @Test("an address that stays on an unhealthy host, or one whose lease never ends")
    func leftBehind() {
        var network = network(NoAddressLeftBehind(bound: .milliseconds(500)))
        network.command(first) { host, _ in
            host.isHealthy = false
            return []
        }
        bites(&network, within: .milliseconds(500), "NoAddressLeftBehind")
    }

    @Test("the lease of a killed or hung host ends after a second, and is counted", arguments: [true, false])
    func lease(_ killed: Bool) {
        var network = network(NoAddressLeftBehind(bound: .milliseconds(500)))
        network.apply(killed ? .crash(first) : .hang(first))
        bites(&network, within: .milliseconds(500), "NoAddressLeftBehind")
        #expect(network.holds(first, sampleAddress))
        network.run(for: .milliseconds(400))
        #expect(!network.holds(first, sampleAddress))
        #expect(network.counters.leasesExpired == 1)
    }

    @Test("pulling the plug takes the address away at once")
    func powerOff() {
        var network = network(NoAddressLeftBehind(bound: .zero))
        network.apply(.powerOff(first))
        network.run(for: .seconds(2))
        #expect(network.violations.isEmpty, network.report)
        #expect(!network.holds(first, sampleAddress))
    }

    @Test("a host that sends to where the address is no more")
    func blackHole() {
        var network = network(NoBlackHole(bound: .milliseconds(500)))
        network.command(second) { _, _ in [.announce(sampleAddress)] }
        bites(&network, within: .milliseconds(500), "NoBlackHole")
    }

    @Test("two views of one cluster after a heal")
    func twoClusters() {
        var network = network(OneClusterAfterHeal(bound: .seconds(1)))
        network.apply(.partition([[first], [second]]))
        network.command(second) { host, _ in
            host.clusterView = ["host1"]
            return []
        }
        network.run(for: .seconds(5))
        #expect(network.violations.isEmpty, network.report)
        network.apply(.heal)
        bites(&network, within: .seconds(1), "OneClusterAfterHeal")
    }

    @Test("a datagram without the key that changes something; one that is only answered does not count")
    func forgery() {
        var network = network(NothingChangesWithoutTheKey())
        network.forge([1, 2, 3], from: second.address, to: first)
        network.run(for: .seconds(1))
        #expect(network.violations.isEmpty, network.report)
        #expect(network.forgeries.count == 1)
        network.command(first) { host, _ in
            host.isGullible = true
            return []
        }
        network.forge([1, 2, 3], from: second.address, to: first)
        network.run(for: .seconds(1))
        #expect(network.violations.map(\.checker) == ["NothingChangesWithoutTheKey"])
    }

    @Test("hosts that answer each other's answers")
    func storm() {
        var network = SimulatedNetwork(seed: 1, hosts: 4) { _ in PuppetHost() }
        network.startAll()
        network.command(first) { _, _ in [.broadcast(Array(repeating: 1, count: 9))] }
        network.run(for: .seconds(1))
        #expect(network.violations.isEmpty, network.report)  // a few that circle are no storm
        for _ in 0..<200 { network.command(first) { _, _ in [.broadcast([1])] } }
        network.run(for: .seconds(1))
        #expect(network.violations.map(\.checker) == ["NoStorm"])
    }

    @Test("a host that asks to be called again and again at one instant")
    func livelock() {
        struct Restless: SimulatedHost {
            var nextDeadline: Instant? = .zero
            let isHealthy = true
            let clusterView: [String] = []
            let fingerprint = ""
            func start(at now: Instant) -> [HostAction] { [] }
            func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] { [] }
            func deadlineReached(at now: Instant) -> [HostAction] { [] }
            func stop(at now: Instant) -> [HostAction] { [] }
        }
        var network = SimulatedNetwork(seed: 1, hosts: 1) { _ in Restless() }
        network.startAll()
        network.run(for: .seconds(1))
        #expect(network.violations.map(\.checker) == ["NoStorm"])
    }
}
