import Membership
import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

@Suite("Keys, identities and strangers")
struct IdentityScenarios {
    static let other = FloatingAddress(ip: .v4(0x0A00_00FB), virtualRouterID: 51)

    @Test("of two nodes made from one card the one that started less often takes a new identity", arguments: [1, 0])
    func copiedCard(_ earlierStarts: Int) throws {
        var network = NodeNetwork.ofNodes(3)
        let (original, copy) = (HostID(0), HostID(2))
        network.slots[copy.index].disk = network.slots[original.index].disk
        for _ in 0..<earlierStarts { network.apply(.start(original, keepingDisk: true)) }
        network.apply(.start(copy, keepingDisk: true))
        network.run(for: .seconds(1))
        if earlierStarts == 0 {
            network.run(for: .seconds(2))
            let told = network.hosts.map { network.snapshot(of: $0)?.troubles.contains { $0.trouble == .duplicate } }
            #expect(told.contains(true), "who keeps the identity says that it was used twice")
        }
        // With equally many starts chance decides, alike on both.
        network.runUntilSettled()
        network.expectOneCluster()
        let identities = network.hosts.compactMap { network.snapshot(of: $0)?.session.node }
        #expect(Set(identities).count == 3, network.report)
        let stored = network.hosts.map { network.slots[$0.index].disk["identity"] }
        #expect(Set(stored).count == 3)
        if earlierStarts > 0 {
            #expect(network.trace.lines.contains { $0.contains("host2 takes a new identity") }, network.report)
        }
    }

    @Test("a card that was restored from an older copy is not shut out for good")
    func restoredCard() throws {
        var network = NodeNetwork.ofNodes(3)
        let old = network.slots[0].disk
        for _ in 0..<2 {
            network.apply(.start(HostID(0), keepingDisk: true))
            network.run(for: .seconds(3))
        }
        let identity = network.snapshot(of: HostID(0))?.session.node
        // The bound is for those who could hear each other: the old run is waited for first.
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release), NothingChangesWithoutTheKey()]
        network.slots[0].disk = old
        network.apply(.start(HostID(0), keepingDisk: true))
        network.run(for: .seconds(2))
        #expect(network.drops(.retired) > 10, network.report)
        network.run(for: .seconds(60) + NodeBounds.cluster)
        network.expectOneCluster()
        #expect(network.snapshot(of: HostID(0))?.session.node != identity)
    }

    @Test("two clusters on one network do not mix, and count what they hear of each other")
    func twoClusters() throws {
        var network = NodeNetwork(seed: 7, hosts: 5, floatingAddresses: [sampleAddress, Self.other.ip]) { boot in
            let isFirst = boot.id.index < 3
            let address = isFirst ? FloatingAddress(ip: sampleAddress, virtualRouterID: 51) : Self.other
            return NodeHost(
                boot, NodeHost.Cluster(keyring: Keyring(sampleKey(isFirst ? 1 : 2)), floating: [address]))
        }
        network.checkers = [
            OneActivePerPartition(bound: NodeBounds.election), NoAddressLeftBehind(bound: NodeBounds.release),
            LightsTellTheTruth(bound: NodeBounds.election),
        ]
        network.startAll()
        network.run(for: .seconds(5))
        let leader = try #require(network.active.first)
        network.apply(.crash(leader))
        network.run(for: .seconds(5))
        network.apply(.start(leader, keepingDisk: true))
        network.run(for: .seconds(5))
        #expect(network.active.count == 2, network.report)
        for id in network.hosts {
            let own = network.hosts.filter { ($0.index < 3) == (id.index < 3) }
            #expect(network.clusterView(of: id) == own.map(\.description), network.report)
            #expect((network.snapshot(of: id)?.drops[.otherCluster] ?? 0) > 10)
        }
        network.expectNoViolation()
    }

    @Test("what was recorded before all nodes restarted changes nothing when it is sent again")
    func replayedRun() {
        var network = NodeNetwork.ofNodes(3, started: false)
        network.startAll()
        var recorded = network.overheard
        for _ in 0..<60 {
            network.run(for: .milliseconds(50))
            recorded += network.overheard.suffix(20)
        }
        for id in network.hosts { network.apply(.crash(id)) }
        network.startAll()
        for datagram in recorded {
            network.forge(datagram.bytes, from: datagram.from.address, to: datagram.to)
            network.run(for: .milliseconds(2))
        }
        network.run(for: .seconds(3))
        #expect(network.forgeries.count == recorded.count && recorded.count > 1000)
        #expect(network.drops(.retired) > 500, network.report)
        network.expectOneCluster()
    }

    @Test("a flood of noise, forgeries and replays neither changes a node nor keeps it from its work")
    func flood() throws {
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        network.checkers.append(NobodyIsLost())
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            for id in network.hosts {
                network.apply(.forge(id))
                let noise = (0..<Int.random(in: 0...1300, using: &random)).map { _ in
                    UInt8.random(in: .min ... .max, using: &random)
                }
                network.forge(noise, from: id.address, to: id)
                if let old = network.overheard.first { network.forge(old.bytes, from: old.from.address, to: old.to) }
            }
            network.run(for: .milliseconds(5))
        }
        #expect(network.counters.forged > 4000)
        #expect(network.drops(.forged) > 200 && network.drops(.notBramble) > 500 && network.drops(.replayed) > 500)
        #expect(network.active == [leader], network.report)
        network.expectOneCluster()
    }

    @Test("a leader's resignation that is played back does not unseat it")
    func replayedResignation() throws {
        var network = NodeNetwork.ofNodes(3)
        let first = try network.leader()
        network.command(first) { host, now in host.setDraining(true, at: now) }
        let resignation = network.overheard.suffix(6)
        network.command(first) { host, now in host.setDraining(false, at: now) }
        network.run(for: .seconds(1))
        let second = try network.leader()
        for datagram in resignation { network.forge(datagram.bytes, from: datagram.from.address, to: datagram.to) }
        network.run(for: .seconds(1))
        #expect(network.active == [second])
        #expect(network.drops(.replayed) >= 4)
        network.expectOneCluster()
    }

    @Test("keys are changed while the cluster runs, and no one is lost meanwhile")
    func rotation() throws {
        let (old, new) = (sampleKey(), sampleKey(43))
        var network = NodeNetwork.ofNodes(3)
        let leader = try network.leader()
        network.checkers.append(NobodyIsLost())
        for keys in [[old, new], [new, old], [new]] {
            let keyring = try Keyring(newestFirst: keys)
            for id in network.hosts {
                network.command(id) { host, now in host.rotate(to: keyring, at: now) }
                network.run(for: .seconds(2))
            }
        }
        #expect(network.active == [leader], network.report)
        #expect(network.drops(.otherCluster) == 0 && network.drops(.forged) == 0)
        network.expectOneCluster()
        network.command(leader) { host, now in host.rotate(to: Keyring(old), at: now) }
        network.run(for: .seconds(2))
        #expect(network.drops(.otherCluster) > 100, "the old key opens nothing any more")
    }
}
