import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

@Suite("Several floating addresses")
struct SpreadScenarios {
    private static func addresses(_ count: Int) -> [FloatingAddress] {
        (0..<count).map { FloatingAddress(ip: .v4(0x0A00_00C8 + UInt32($0)), virtualRouterID: UInt8(51 + $0)) }
    }

    private func network(hosts: Int, addresses count: Int, seed: UInt64 = 7) -> NodeNetwork {
        let floating = Self.addresses(count)
        var network = NodeNetwork(seed: seed, hosts: hosts, floatingAddresses: floating.map(\.ip)) { boot in
            NodeHost(boot, NodeHost.Cluster(keyring: Keyring(sampleKey()), floating: floating, interval: 20))
        }
        network.checkers = [
            OneActivePerPartition(bound: .seconds(4)), NoAddressLeftBehind(bound: NodeBounds.release),
            NoBlackHole(bound: NodeBounds.pointing),
        ]
        return network
    }

    /// How many addresses each running host is Active for.
    private func loads(_ network: NodeNetwork) -> [Int] {
        network.hosts.filter { network.process(of: $0) == .running }.map { id in
            network.snapshot(of: id)?.floating.count { $0.state == .active } ?? 0
        }
    }

    @Test("they are spread evenly", arguments: [(2, 2), (3, 7), (5, 4)])
    func spread(_ hosts: Int, _ addresses: Int) throws {
        var network = network(hosts: hosts, addresses: addresses)
        network.startAll()
        network.run(for: .seconds(90))
        let loads = loads(network)
        #expect(loads.reduce(0, +) == addresses, network.report)
        #expect(
            try #require(loads.max()) - (try #require(loads.min())) <= 1, "\(loads)\n\(network.trace.lines.suffix(40))")
        network.expectNoViolation()
    }

    @Test("a node that comes later gets its share, one address after the other, and nothing moves after that")
    func later() throws {
        var network = network(hosts: 3, addresses: 6)
        network.apply(.start(HostID(0), keepingDisk: true))
        network.run(for: .seconds(3))
        #expect(loads(network) == [6])
        network.startAll()
        network.run(for: .seconds(4))
        #expect(loads(network) == [6, 0, 0], "in the first seconds nothing moves")
        network.run(for: .seconds(60))
        #expect(loads(network) == [2, 2, 2], network.report)
        let moves = transitions(network)
        network.run(for: .seconds(120))
        #expect(transitions(network) == moves)
        network.expectNoViolation()
    }

    private func transitions(_ network: NodeNetwork) -> UInt64 {
        network.hosts.reduce(0) { sum, id in
            sum + (network.snapshot(of: id)?.floating.map(\.transitions).reduce(0, +) ?? 0)
        }
    }

    @Test("a drained node keeps none of them, and a lost one's go to all that are left")
    func lost() throws {
        var network = network(hosts: 3, addresses: 6)
        network.startAll()
        network.run(for: .seconds(60))
        network.command(HostID(0)) { host, now in host.setDraining(true, at: now) }
        network.run(for: .seconds(40))
        #expect(loads(network) == [0, 3, 3], network.report)
        network.command(HostID(0)) { host, now in host.setDraining(false, at: now) }
        network.run(for: .seconds(60))
        #expect(loads(network) == [2, 2, 2], network.report)
        network.apply(.powerOff(HostID(1)))
        network.run(for: .seconds(40))
        #expect(loads(network) == [3, 3], network.report)
        network.expectNoViolation()
    }
}
