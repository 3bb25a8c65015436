import Membership
import NodeCore
import VRRP
import Wire

/// The address that floats among the simulated hosts.
let sampleAddress = IPAddress.v4(0x0A00_00FA)

/// Networks of whole nodes, and what scenarios ask of them.
typealias NodeNetwork = SimulatedNetwork<NodeHost>

/// A key that follows from a number.
func sampleKey(_ number: UInt64 = 42) -> ClusterKey {
    var random = SeededGenerator(seed: number)
    return ClusterKey(using: &random)
}

/// How long things may take on nodes with an interval of 20 ms.
enum NodeBounds {
    /// A node that starts listens for half a second, and one that hung keeps the address for its lease of a second.
    static let election = Duration.milliseconds(2500)
    /// The lease of one that can't let go, and a little for the last renewal.
    static let release = Duration.milliseconds(1300)
    /// Beyond the longest wait between two calls to a lost peer.
    static let cluster = Duration.seconds(60)
    /// Beyond the longest wait between two calls to everybody, where everybody is reached.
    static let settling = Duration.milliseconds(12_500)
    /// One that comes from a split announces when it meets the others; three more announcements may be lost.
    static let pointing = Duration.seconds(6)
}

extension SimulatedNetwork where Host == NodeHost {
    /// Nodes with one key and one floating address, watched by every checker, that ran for three seconds.
    static func ofNodes(
        _ count: Int, seed: UInt64 = 7, interval: UInt16 = 2, lease: Duration = .seconds(1), started: Bool = true,
        keyDelay: Duration = .zero, isKeyless: Bool = false, ownClocks: Bool = false,
        flaw: @escaping @Sendable (HostID) -> Flaw? = { _ in nil },
        versions: @escaping @Sendable (HostBoot) -> ClosedRange<UInt8> = { _ in SWIM.Configuration.lan.versions }
    ) -> NodeNetwork {
        let floating = [FloatingAddress(ip: sampleAddress, virtualRouterID: 51)]
        var network = NodeNetwork(
            seed: seed, hosts: count, floatingAddresses: [sampleAddress], lease: lease, ownClocks: ownClocks
        ) { boot in
            let flaw = flaw(boot.id)
            let key = flaw == .otherKey ? sampleKey(UInt64(boot.id.index)) : sampleKey()
            let cluster = NodeHost.Cluster(
                keyring: Keyring(key), floating: floating, interval: interval, isKeyless: isKeyless, keyDelay: keyDelay,
                versions: versions)
            return NodeHost(boot, cluster, flaw: flaw)
        }
        network.checkers = [
            OneActivePerPartition(bound: NodeBounds.election), NoAddressLeftBehind(bound: NodeBounds.release),
            OneClusterAfterHeal(bound: NodeBounds.cluster), NothingChangesWithoutTheKey(),
            LightsTellTheTruth(bound: NodeBounds.election),
        ]
        if started {
            network.startAll()
            network.run(for: .seconds(3))
        }
        return network
    }

    func snapshot(of id: HostID) -> NodeSnapshot? { programs[id.index]?.snapshot }

    /// The running hosts that are Active for the first floating address.
    var active: [HostID] {
        hosts.filter { process(of: $0) == .running && snapshot(of: $0)?.floating.first?.state == .active }
    }

    /// In what state `id` holds the host of that name.
    func state(of other: HostID, seenBy id: HostID) -> [Member.State] {
        snapshot(of: id)?.members.filter { $0.info.name == other.description }.map(\.state) ?? []
    }

    /// How often hosts dropped datagrams for this reason.
    func drops(_ reason: DropReason) -> UInt64 {
        hosts.reduce(0) { $0 + (snapshot(of: $1)?.drops[reason] ?? 0) }
    }

    /// Runs until there is one holder and one cluster, at most for the time that a cluster may take to heal; then for
    /// some time more, in which nothing may happen to either.
    mutating func runUntilSettled(within bound: Duration = NodeBounds.cluster, for more: Duration = .seconds(5)) {
        let end = now.advanced(by: bound)
        while now < end, active.count != 1 || hosts.contains(where: { clusterView(of: $0).count != hosts.count }) {
            run(for: .milliseconds(500))
        }
        run(for: more)
    }
}
