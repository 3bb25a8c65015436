import NodeCore
import Testing
import Wire

@testable import Simulator

@Suite("Nodes that break a rule are found out")
struct NodeMutationTests {
    /// Which checkers notice that nodes have this flaw, when this happens to them.
    func violated(_ flaw: Flaw, _ trouble: (inout NodeNetwork) throws -> Void) rethrows -> Set<String> {
        var network = NodeNetwork.ofNodes(3, started: false) { _ in flaw }
        network.checkers.append(NoBlackHole(bound: NodeBounds.pointing))
        network.startAll()
        network.run(for: .seconds(4))
        try trouble(&network)
        network.run(for: .seconds(8))
        #expect(network.report.rawValue.contains("make scenarios SEED=7"))
        return Set(network.violations.map(\.checker))
    }

    @Test("one that never puts the address on")
    func neverClaims() {
        #expect(violated(.neverClaims) { _ in }.isSuperset(of: ["OneActivePerPartition", "LightsTellTheTruth"]))
    }

    @Test("one that does not renew its lease")
    func neverRenews() {
        #expect(violated(.neverRenews) { _ in }.isSuperset(of: ["OneActivePerPartition", "LightsTellTheTruth"]))
    }

    @Test("one that keeps the address when it can't serve")
    func neverLetsGo() throws {
        let violated = try violated(.neverLetsGo) { network in
            network.command(try network.leader()) { host, now in host.setDraining(true, at: now) }
        }
        #expect(violated.isSuperset(of: ["NoAddressLeftBehind", "OneActivePerPartition"]))
    }

    @Test("a kernel that knows no leases")
    func noLease() throws {
        var network = NodeNetwork.ofNodes(3, lease: .seconds(3600))
        network.apply(.crash(try network.leader()))
        network.run(for: .seconds(4))
        #expect(Set(network.violations.map(\.checker)) == ["NoAddressLeftBehind", "OneActivePerPartition"])
    }

    @Test("one that does not tell the LAN that it has the address now")
    func neverAnnounces() throws {
        var network = NodeNetwork.ofNodes(3) { $0 == HostID(0) ? nil : .neverAnnounces }
        network.checkers.append(NoBlackHole(bound: NodeBounds.pointing))
        // The one that announces leads, so that all send to it; then it goes.
        for id in network.hosts.dropFirst() {
            network.command(id) { host, now in host.setDraining(true, at: now) }
        }
        network.run(for: .seconds(2))
        #expect(network.active == [HostID(0)])
        for id in network.hosts.dropFirst() {
            network.command(id) { host, now in host.setDraining(false, at: now) }
        }
        network.command(HostID(0)) { host, now in host.setDraining(true, at: now) }
        network.run(for: .seconds(8))
        #expect(network.violations.map(\.checker) == ["NoBlackHole"], network.report)
    }

    @Test("one whose lights no longer change")
    func frozenLights() throws {
        let violated = try violated(.frozenLights) { network in network.apply(.crash(try network.leader())) }
        #expect(violated == ["LightsTellTheTruth"])
    }

    @Test("one that does as strangers say")
    func obeysStrangers() {
        let violated = violated(.obeysStrangers) { network in
            network.forge([1], from: HostID(1).address, to: HostID(0))
        }
        #expect(violated == ["NothingChangesWithoutTheKey"])
    }

    @Test("one whose receiver ends with the first junk")
    func deafenedByJunk() {
        var network = NodeNetwork.ofNodes(3) { $0 == HostID(0) ? .deafenedByJunk : nil }
        network.forge([1], from: HostID(1).address, to: HostID(0))
        network.run(for: NodeBounds.cluster + .seconds(3))
        #expect(network.violations.map(\.checker).contains("OneClusterAfterHeal"), network.report)
    }

    @Test("nodes that seal with different keys")
    func otherKey() {
        var network = NodeNetwork.ofNodes(3) { _ in .otherKey }
        network.run(for: NodeBounds.cluster)
        #expect(
            Set(network.violations.map(\.checker)).isSuperset(of: ["OneActivePerPartition", "OneClusterAfterHeal"]))
    }

    @Test("one that seals with a new key before the others have it")
    func sealsTooSoon() {
        var network = NodeNetwork.ofNodes(3) { _ in .sealsTooSoon }
        network.checkers.append(NobodyIsLost())
        network.rotateKey(on: HostID(0), to: 43)
        network.run(for: .seconds(10))
        #expect(Set(network.violations.map(\.checker)).isSuperset(of: ["NobodyIsLost", "OneActivePerPartition"]))
    }

    @Test("one that says it has a new key on its disk, and has not")
    func forgetsKeys() {
        var network = NodeNetwork.ofNodes(3) { $0 == HostID(2) ? .forgetsKeys : nil }
        network.rotateKey(on: HostID(0), to: 43)
        network.run(for: .seconds(3))
        network.dropKeys(on: HostID(0))
        network.run(for: .seconds(15))
        network.expectNoViolation()
        network.apply(.powerOff(HostID(2)))
        network.apply(.start(HostID(2), keepingDisk: true))
        network.run(for: NodeBounds.cluster + .seconds(5))
        #expect(Set(network.violations.map(\.checker)).isSuperset(of: ["OneClusterAfterHeal"]))
    }

    @Test("a member that is lost where none may be")
    func lost() {
        var network = NodeNetwork.ofNodes(3)
        network.checkers = [NobodyIsLost(), NobodyIsDead()]
        network.run(for: .seconds(2))
        network.expectNoViolation()
        network.apply(.hang(HostID(1)))
        network.run(for: .seconds(2))
        #expect(network.violations.map(\.checker).sorted() == ["NobodyIsDead", "NobodyIsLost"])
    }
}
