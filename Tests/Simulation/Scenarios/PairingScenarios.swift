import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

extension SimulatedNetwork where Host == NodeHost {
    /// Nodes without a key and without power. While they gather each is a cluster of its own, and two that lose most of
    /// what they say to each other may both lead for a moment.
    fileprivate static func keyless(_ count: Int, seed: UInt64) -> NodeNetwork {
        var network = NodeNetwork.ofNodes(count, seed: seed, started: false, isKeyless: true)
        network.checkers = [
            OneActivePerPartition(bound: .seconds(25)), NoAddressLeftBehind(bound: NodeBounds.release),
            OneClusterAfterHeal(bound: NodeBounds.cluster),
        ]
        return network
    }

    /// The keys that the running hosts seal with.
    fileprivate var sealingKeys: Set<ClusterKey> {
        Set(hosts.filter { process(of: $0) == .running }.compactMap { snapshot(of: $0)?.keyRing.newest.key })
    }

    fileprivate func standing(of id: HostID) -> PairingRecord.Standing? { snapshot(of: id)?.pairing?.standing }

    /// A person runs a command about pairing on this host.
    fileprivate mutating func pair(
        on id: HostID, _ change: @escaping @Sendable (inout Node, Instant) throws(PairingRefusal) -> [Action]
    ) {
        command(id) { host, now in
            host.pair(at: now) { (node) throws(PairingRefusal) in try change(&node, now) }
        }
    }

    /// A person lets the one host in that asks.
    fileprivate mutating func admit(_ other: HostID, on id: HostID) {
        guard let fingerprint = snapshot(of: other)?.pairing?.fingerprint else { return }
        pair(on: id) { (node, now) throws(PairingRefusal) in try node.admit(fingerprint, at: now).actions }
    }
}

@Suite("Nodes without a key make one cluster")
struct PairingScenarios {
    @Test(
        "whatever the order of their start and the loss", arguments: [2, 3, 5],
        [(0, 1), (0.2, 2), (0.6, 3)] as [(Double, UInt64)])
    func gather(count: Int, weather: (loss: Double, seed: UInt64)) {
        var network = NodeNetwork.keyless(count, seed: weather.seed)
        network.apply(.conditions(LinkConditions(loss: weather.loss)))
        var random = SeededGenerator(seed: weather.seed)
        for id in network.hosts.shuffled(using: &random) {
            network.apply(.start(id, keepingDisk: true))
            network.run(for: .milliseconds(Int.random(in: 0...4000, using: &random)))
        }
        network.run(for: .seconds(weather.loss > 0.5 ? 30 : 8))
        #expect(network.sealingKeys.count == 1, network.report)
        network.apply(.conditions(.lan))
        network.runUntilSettled(for: PairedDisk.window)
        network.expectOneCluster()
        for id in network.hosts { #expect(network.standing(of: id) == .closed, network.report) }
        // The key is on the disks.
        for id in network.hosts { network.apply(.powerOff(id)) }
        for id in network.hosts { network.apply(.start(id, keepingDisk: true)) }
        network.run(for: .seconds(3))
        network.runUntilSettled()
        network.expectOneCluster()
    }

    @Test(
        "three at the same instant never lead apart, and one that dies half-way is waited for by nobody",
        arguments: 1...6)
    func dies(seed: UInt64) {
        var network = NodeNetwork.keyless(3, seed: seed)
        network.startAll()
        network.run(for: .milliseconds(80 * Int(seed)))
        let dead = HostID(Int(seed) % 3)
        network.apply(.powerOff(dead))
        network.run(for: .seconds(8))
        #expect(network.sealingKeys.count == 1 && network.active.count == 1, network.report)
        network.apply(.start(dead, keepingDisk: true))
        network.run(for: .seconds(5))
        network.runUntilSettled(for: .seconds(1))
        #expect(network.sealingKeys.count == 1, network.report)
        network.expectOneCluster()
    }

    @Test("one that was off while the others went to a newcomer's group finds them again", arguments: 1...8)
    func returns(seed: UInt64) {
        var network = NodeNetwork.keyless(3, seed: seed)
        let (first, second, newcomer) = (HostID(0), HostID(1), HostID(2))
        network.apply(.start(first, keepingDisk: true))
        network.apply(.start(second, keepingDisk: true))
        network.run(for: .seconds(6))
        network.apply(.powerOff(second))
        network.apply(.start(newcomer, keepingDisk: true))
        network.run(for: .seconds(6))
        network.apply(.start(second, keepingDisk: true))
        network.run(for: .seconds(8))
        network.runUntilSettled(for: .seconds(1))
        #expect(network.sealingKeys.count == 1, network.report)
        network.expectOneCluster()
    }

    @Test("when a person closes one node, the whole cluster is complete, and each has found all", arguments: 1...4)
    func closesTogether(seed: UInt64) {
        var network = NodeNetwork.keyless(4, seed: seed)
        network.startAll()
        network.run(for: .seconds(14))
        for id in network.hosts { #expect(network.snapshot(of: id)?.pairing?.found == 4, network.report) }
        network.pair(on: HostID(Int(seed) % 4)) { (node, now) throws(PairingRefusal) in try node.closePairing(at: now) }
        network.run(for: .seconds(3))
        for id in network.hosts { #expect(network.standing(of: id) == .closed, network.report) }
    }

    @Test("one that was off when its cluster was complete gathers nobody when it is back")
    func backInCompleteCluster() {
        var network = NodeNetwork.keyless(3, seed: 3)
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release)]
        network.apply(.start(HostID(0), keepingDisk: true))
        network.apply(.start(HostID(1), keepingDisk: true))
        network.run(for: .seconds(6))
        network.apply(.powerOff(HostID(1)))
        network.run(for: PairedDisk.window * 5 / 4)
        #expect(network.standing(of: HostID(0)) == .closed)
        network.apply(.start(HostID(1), keepingDisk: true))
        network.run(for: .seconds(6))
        #expect(network.standing(of: HostID(1)) == .closed, network.report)
        network.apply(.start(HostID(2), keepingDisk: true))
        network.run(for: PairedDisk.window * 5 / 4)
        #expect(network.sealingKeys.count == 2, "the newcomer is let in by nobody\n\(network.report)")
    }

    @Test("a cluster that is complete lets nobody in by itself, and a person lets one in", arguments: [1, 2])
    func admit(seed: UInt64) throws {
        var network = NodeNetwork.keyless(3, seed: seed)
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release)]
        let late = HostID(2)
        network.apply(.start(HostID(0), keepingDisk: true))
        network.apply(.start(HostID(1), keepingDisk: true))
        network.run(for: PairedDisk.window * 5 / 4)
        #expect(network.standing(of: HostID(0)) == .closed)
        network.apply(.start(late, keepingDisk: true))
        network.run(for: PairedDisk.window * 5 / 4)
        #expect(network.sealingKeys.count == 2 && network.standing(of: late) == .alone, network.report)
        #expect(network.lights(of: late) == "asking", network.report)
        #expect(network.snapshot(of: HostID(0))?.pairing?.asking.count == 1, network.report)
        network.admit(late, on: HostID(0))
        network.run(for: .seconds(10))
        network.runUntilSettled()
        #expect(network.sealingKeys.count == 1, network.report)
        network.expectOneCluster()
    }

    @Test(
        "two groups that paired apart become one, and none of either is lost",
        arguments: [(4, 1), (6, 2)] as [(Int, UInt64)])
    func merge(count: Int, seed: UInt64) {
        var network = NodeNetwork.keyless(count, seed: seed)
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release)]
        let (one, other) = (Array(network.hosts.prefix(2)), Array(network.hosts.dropFirst(2)))
        network.apply(.partition([one, other]))
        network.startAll()
        network.run(for: PairedDisk.window * 3 / 2)
        #expect(network.sealingKeys.count == 2, network.report)
        network.apply(.heal)
        network.run(for: .seconds(6))
        #expect(network.sealingKeys.count == 2, "nobody is let in by itself\n\(network.report)")
        let admitting = network.snapshot(of: one[0])?.pairing?.fingerprint ?? ""
        network.pair(on: other[0]) { (node, now) throws(PairingRefusal) in
            try node.askForAdmission(by: admitting, at: now)
        }
        network.run(for: .seconds(6))
        network.admit(other[0], on: one[0])
        network.run(for: .seconds(10))
        network.runUntilSettled()
        #expect(network.sealingKeys.count == 1, network.report)
        network.expectOneCluster()
    }

    @Test("a node that has restarted alone and joins takes those along that it has not heard yet", arguments: [1, 2])
    func mergeAfterRestart(seed: UInt64) {
        var network = NodeNetwork.keyless(4, seed: seed)
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release)]
        let (one, other) = (Array(network.hosts.prefix(2)), Array(network.hosts.dropFirst(2)))
        network.apply(.partition([one, other]))
        network.startAll()
        network.run(for: PairedDisk.window * 3 / 2)
        network.apply(.heal)
        for id in other { network.apply(.powerOff(id)) }
        network.apply(.start(other[0], keepingDisk: true))
        network.run(for: .seconds(3))
        let admitting = network.snapshot(of: one[0])?.pairing?.fingerprint ?? ""
        network.pair(on: other[0]) { (node, now) throws(PairingRefusal) in
            try node.askForAdmission(by: admitting, at: now)
        }
        network.run(for: .seconds(6))
        network.admit(other[0], on: one[0])
        network.run(for: .seconds(5))
        // It has the key, and so would it after a power cut.
        network.apply(.powerOff(other[0]))
        network.apply(.start(other[0], keepingDisk: true))
        network.run(for: .seconds(5))
        network.apply(.start(other[1], keepingDisk: true))
        network.run(for: .seconds(10))
        network.runUntilSettled()
        #expect(network.sealingKeys.count == 1, network.report)
        network.expectOneCluster()
    }
}
