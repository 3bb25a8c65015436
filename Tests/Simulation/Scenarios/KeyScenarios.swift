import Membership
import NodeCore
import Testing
import VRRP
import Wire

@testable import Simulator

extension SimulatedNetwork where Host == NodeHost {
    /// A person runs `bramble key rotate` on this host.
    mutating func rotateKey(on id: HostID, to number: UInt64) {
        command(id) { host, now in
            host.changeKeys(at: now) { (node) throws(KeyRefusal) in
                try node.rotateKey(to: sampleKey(number), at: now)
            }
        }
    }

    /// A person runs `bramble key drop` on this host.
    mutating func dropKeys(on id: HostID, force: Bool = false) {
        command(id) { host, now in
            host.changeKeys(at: now) { (node) throws(KeyRefusal) in try node.dropOldKeys(force: force, at: now) }
        }
    }

    /// Whom `id` hears that belongs to the cluster, or did, and can't read for want of a key.
    func parted(from id: HostID) -> [(isOurs: Bool, isDropped: Bool, text: String)] {
        (snapshot(of: id)?.troubles ?? []).compactMap { report in
            switch report.trouble {
            case .parted(_, let isDropped): (true, isDropped, report.text)
            case .unreadable(.droppedKey): (false, true, report.text)
            default: nil
            }
        }
    }

    func keys(of id: HostID) -> [ClusterKey] { snapshot(of: id)?.keyRing.entries.map(\.key) ?? [] }

    /// Whether every running host has this one as its newest key, and seals with it.
    func allSeal(with key: ClusterKey) -> Bool {
        hosts.allSatisfy { id in
            guard process(of: id) == .running, let snapshot = snapshot(of: id) else {
                return process(of: id) != .running
            }
            return snapshot.keyRing.newest.key == key && snapshot.keysAreSettled
        }
    }

    /// Runs until this holds, at most so long.
    mutating func run(atMost bound: Duration, until holds: (Self) -> Bool) {
        let end = now.advanced(by: bound)
        while now < end, !holds(self) { run(for: .milliseconds(50)) }
    }

    /// Datagrams that were sealed for somebody who could not open them.
    var lockouts: UInt64 { drops(.otherCluster) + drops(.droppedKey) + drops(.forged) }
}

@Suite("Keys are rotated while the cluster runs")
struct KeyScenarios {
    private static let bound = Duration.seconds(20)

    @Test(
        "a new key comes into use and the old one is dropped, and nobody is lost for a moment",
        arguments: [2, 3, 5], [0, 0.05, 0.2])
    func rotate(count: Int, loss: Double) throws {
        var network = NodeNetwork.ofNodes(count, seed: UInt64(count))
        let leader = try network.leader()
        // A loss of 5 % makes members suspects now and then, whatever the keys are.
        if loss == 0 { network.checkers.append(NobodyIsLost()) }
        network.apply(.conditions(LinkConditions(loss: loss)))
        network.rotateKey(on: HostID(count - 1), to: 43)
        network.run(atMost: Self.bound) { $0.allSeal(with: sampleKey(43)) }
        #expect(network.allSeal(with: sampleKey(43)), network.report)
        network.run(for: .seconds(2))
        #expect(network.lockouts == 0, network.report)
        for id in network.hosts { #expect(network.keys(of: id) == [sampleKey(43), sampleKey()]) }
        network.dropKeys(on: HostID(0))
        network.run(atMost: Self.bound) { network in
            network.hosts.allSatisfy { network.keys(of: $0) == [sampleKey(43)] }
        }
        network.run(for: .seconds(15))
        for id in network.hosts { #expect(network.keys(of: id) == [sampleKey(43)], network.report) }
        #expect(network.lockouts == 0, network.report)
        network.apply(.conditions(.lan))
        network.runUntilSettled()
        if loss < 0.1 { #expect(network.active == [leader], network.report) }
        network.expectOneCluster()
    }

    @Test("one that was away comes back with the old key, and is given the new one", arguments: [true, false])
    func away(keepingDisk: Bool) throws {
        var network = NodeNetwork.ofNodes(3)
        let away = try #require(network.hosts.first { $0 != network.active.first })
        network.apply(.powerOff(away))
        network.run(for: .seconds(5))
        let asked = try #require(network.hosts.first { $0 != away })
        network.rotateKey(on: asked, to: 43)
        network.run(atMost: Self.bound) { $0.allSeal(with: sampleKey(43)) }
        #expect(network.allSeal(with: sampleKey(43)), "the one that is away is not waited for")
        network.run(for: .seconds(30))
        network.dropKeys(on: asked)
        network.run(for: .seconds(1))
        #expect(network.keys(of: asked).count == 2, "it would lock out the one that is away")
        network.apply(.start(away, keepingDisk: keepingDisk))
        network.run(atMost: .seconds(5)) { $0.allSeal(with: sampleKey(43)) }
        #expect(network.allSeal(with: sampleKey(43)), network.report)
        #expect(network.clusterView(of: away).count == 3, network.report)
        network.runUntilSettled(for: .seconds(2))
        network.expectOneCluster()
    }

    @Test(
        "one that was away when the old key was dropped is shut out, both sides see it, and its file lets it in again")
    func awayTooLong() throws {
        var network = NodeNetwork.ofNodes(3)
        network.checkers = [NoAddressLeftBehind(bound: NodeBounds.release), NothingChangesWithoutTheKey()]
        let away = try #require(network.hosts.first { $0 != network.active.first })
        let asked = try #require(network.hosts.first { $0 != away })
        network.apply(.powerOff(away))
        network.run(for: .seconds(5))
        network.rotateKey(on: asked, to: 43)
        network.run(for: .seconds(5))
        network.dropKeys(on: asked, force: true)
        network.run(for: .seconds(15))
        network.apply(.start(away, keepingDisk: true))
        network.run(for: .seconds(20))
        #expect(network.clusterView(of: away).count <= 1)
        #expect(network.lights(of: away) == "otherKey", network.report)
        let outside = network.parted(from: away)
        #expect(!outside.isEmpty && outside.allSatisfy { $0.isOurs && !$0.isDropped }, network.report)
        for id in network.hosts where id != away {
            let inside = network.parted(from: id)
            #expect(inside.count == 1 && inside.allSatisfy { $0.isOurs && $0.isDropped }, network.report)
            #expect((inside + outside).allSatisfy { $0.text.contains("bramble key show") })
            #expect(inside.allSatisfy { $0.text.contains("\(away)") && $0.text.contains("\(away.address.ip)") })
        }
        network.command(away) { host, now in host.rotate(to: Keyring(sampleKey(43)), at: now) }
        network.runUntilSettled()
        #expect(network.allSeal(with: sampleKey(43)))
        network.expectOneCluster()
        for id in network.hosts { #expect(network.parted(from: id).isEmpty, "it is back") }
    }

    @Test("nobody speaks of a neighbour's cluster, be it ever so large", arguments: [2, 5])
    func neighbours(count: Int) throws {
        var network = NodeNetwork.ofNodes(count) { $0 == HostID(0) ? .otherKey : nil }
        network.checkers = []
        network.run(for: .seconds(120))
        #expect(network.drops(.otherCluster) > 20, "they hear each other")
        for id in network.hosts {
            #expect(network.parted(from: id).isEmpty)
            #expect(max(1, network.clusterView(of: id).count) == (id == HostID(0) ? 1 : count - 1))
        }
    }

    @Test("when all were off and one is not back, older keys are kept for it")
    func awayDuringRestart() throws {
        var network = NodeNetwork.ofNodes(3)
        let away = HostID(2)
        network.apply(.powerOff(away))
        network.run(for: .seconds(5))
        network.rotateKey(on: HostID(0), to: 43)
        network.run(atMost: Self.bound) { $0.allSeal(with: sampleKey(43)) }
        for id in [HostID(0), HostID(1)] { network.apply(.powerOff(id)) }
        for id in [HostID(0), HostID(1)] { network.apply(.start(id, keepingDisk: true)) }
        network.run(for: .seconds(5))
        #expect(network.snapshot(of: HostID(0))?.keyless.map(\.name) == [away.description])
        network.dropKeys(on: HostID(0))
        network.run(for: .seconds(1))
        #expect(network.keys(of: HostID(0)).count == 2, "it would lock out the one that is away")
        network.apply(.start(away, keepingDisk: true))
        network.runUntilSettled()
        #expect(network.allSeal(with: sampleKey(43)), network.report)
        network.dropKeys(on: HostID(0))
        network.run(for: .seconds(15))
        for id in network.hosts { #expect(network.keys(of: id) == [sampleKey(43)], network.report) }
        network.expectOneCluster()
    }

    @Test(
        "the power fails when a key is on the disk and not in use yet, at one of them or at all",
        arguments: [[0], [1], [1, 2], [0, 1, 2]], [50, 250, 450, 650])
    func powerLoss(off: [Int], milliseconds: Int) throws {
        var network = NodeNetwork.ofNodes(3, keyDelay: .milliseconds(200))
        network.rotateKey(on: HostID(0), to: 43)
        network.run(for: .milliseconds(milliseconds))
        for id in off { network.apply(.powerOff(HostID(id))) }
        for id in off { network.apply(.start(HostID(id), keepingDisk: true)) }
        network.runUntilSettled()
        #expect(network.allSeal(with: sampleKey(43)), network.report)
        network.expectOneCluster()
        network.dropKeys(on: HostID(1))
        network.run(for: .seconds(15))
        for id in network.hosts { #expect(network.keys(of: id) == [sampleKey(43)], network.report) }
        for id in network.hosts { network.apply(.powerOff(id)) }
        network.startAll()
        network.runUntilSettled()
        #expect(network.newestKeys == [sampleKey(43)], "what is on the disk counts, whatever the file says")
        network.expectOneCluster()
    }

    @Test(
        "whoever began dies at any moment, with or without its disk, and all end with one key",
        arguments: [0, 1, 5, 20, 60, 150, 400, 1000], [true, false])
    func initiatorDies(milliseconds: Int, keepingDisk: Bool) throws {
        var network = NodeNetwork.ofNodes(3)
        network.apply(.conditions(LinkConditions(loss: 0.3)))
        let began = HostID(1)
        network.rotateKey(on: began, to: 43)
        network.run(for: .milliseconds(milliseconds))
        network.apply(.powerOff(began))
        network.run(for: .seconds(10))
        network.apply(.conditions(.lan))
        network.run(for: .seconds(2))
        #expect(network.newestKeys.count == 1, network.report)
        network.apply(.start(began, keepingDisk: keepingDisk))
        network.runUntilSettled()
        #expect(network.newestKeys.count == 1, network.report)
        #expect(network.hosts.allSatisfy { network.snapshot(of: $0)?.keysAreSettled == true })
        network.expectOneCluster()
    }

    @Test("two people rotate at once on two nodes: one key is the newest everywhere", arguments: Seeds.fewer)
    func twoAtOnce(seed: UInt64) throws {
        var network = NodeNetwork.ofNodes(3 + Int(seed % 3), seed: seed)
        network.checkers.append(NobodyIsLost())
        network.rotateKey(on: HostID(0), to: 100 + seed)
        network.run(for: .milliseconds(Int(seed % 4)))
        network.rotateKey(on: HostID(1), to: 200 + seed)
        network.run(for: .seconds(5))
        #expect(network.newestKeys.count == 1, network.report)
        #expect(network.hosts.allSatisfy { network.snapshot(of: $0)?.keysAreSettled == true }, network.report)
        network.dropKeys(on: HostID(2))
        network.run(for: .seconds(15))
        #expect(network.hosts.allSatisfy { network.keys(of: $0) == Array(network.newestKeys) }, network.report)
        #expect(network.lockouts == 0)
        network.expectOneCluster()
    }

    @Test("halves that rotated apart find each other and have one key", arguments: [false, true])
    func partition(bothSides: Bool) throws {
        var network = NodeNetwork.ofNodes(4)
        network.apply(.partition([[HostID(0), HostID(1)], [HostID(2), HostID(3)]]))
        network.run(for: .seconds(10))
        network.rotateKey(on: HostID(0), to: 43)
        if bothSides { network.rotateKey(on: HostID(3), to: 44) }
        network.run(for: .seconds(60))
        network.apply(.heal)
        network.runUntilSettled()
        #expect(network.newestKeys.count == 1, network.report)
        #expect(network.hosts.allSatisfy { network.snapshot(of: $0)?.keysAreSettled == true }, network.report)
        #expect(network.keys(of: HostID(0)).count == (bothSides ? 3 : 2))
        network.expectOneCluster()
    }

    @Test("all restart at once in the middle of a rotation", arguments: [1, 3, 10, 100, 1000])
    func restart(milliseconds: Int) throws {
        var network = NodeNetwork.ofNodes(3)
        network.apply(.conditions(LinkConditions(loss: 0.3)))
        network.rotateKey(on: HostID(0), to: 43)
        network.run(for: .milliseconds(milliseconds))
        network.apply(.conditions(.lan))
        for id in network.hosts { network.apply(.powerOff(id)) }
        network.startAll()
        network.runUntilSettled()
        #expect(network.newestKeys == [sampleKey(43)], network.report)
        network.expectOneCluster()
    }

    @Test("a rotation message that is played back changes nothing")
    func replay() throws {
        var network = NodeNetwork.ofNodes(3)
        network.rotateKey(on: HostID(0), to: 43)
        let heard = network.overheard
        network.run(for: .seconds(5))
        network.dropKeys(on: HostID(0))
        network.run(for: .seconds(15))
        for datagram in heard { network.forge(datagram.bytes, from: datagram.from.address, to: datagram.to) }
        network.run(for: .seconds(2))
        for id in network.hosts { #expect(network.keys(of: id) == [sampleKey(43)]) }
        network.expectOneCluster()
    }
}
