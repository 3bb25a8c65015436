import Membership
import NodeCore
import Testing
import VRRP
import Wire

@Suite("A floating address that vanishes")
struct StrippedAddressTests {
    private let address = FloatingAddress(ip: .v4(0x0A4D_00FA), virtualRouterID: 51)

    private func leader() throws -> (Node, Instant) {
        let key = try #require(ClusterKey(bytes: Array(repeating: 7, count: 32)))
        var random = SeededGenerator(seed: 1)
        let configuration = Node.Configuration(
            name: "n1", httpPort: 80, keyring: try Keyring(newestFirst: [key]), floating: [address])
        var node = Node(
            configuration, session: Session(node: NodeID(using: &random), boot: 1, salt: 1),
            linkSecret: Array(repeating: 1, count: 32), known: [], random: random, at: .zero)
        var now = Instant.zero
        _ = node.update(health: .healthy, release: 1, at: now)
        while node.snapshot.floating.first?.state != .active, now < Instant.zero.advanced(by: .seconds(5)) {
            now = max(now, node.nextDeadline)
            _ = node.deadlineReached(at: now)
        }
        try #require(node.snapshot.floating.first?.state == .active)
        return (node, now)
    }

    /// What is done to the address, in words.
    private func deeds(_ actions: [Action]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .claim(address): "claim"
            case .announce(address): "announce"
            case .release(address): "release"
            default: nil
            }
        }
    }

    @Test("is put back and announced by its holder")
    func putBack() throws {
        var (node, now) = try leader()
        #expect(deeds(node.addressStripped(address.ip, at: now)) == ["claim", "announce"])
    }

    @Test("is let go by a holder that stood still for so long that another has it")
    func letGo() throws {
        var (node, now) = try leader()
        #expect(deeds(node.addressStripped(address.ip, at: now.advanced(by: .seconds(3)))) == ["release"])
        #expect(node.snapshot.floating.first?.state == .backup)
    }

    @Test("is nothing to a node that does not hold it")
    func notOurs() throws {
        var (node, now) = try leader()
        #expect(node.addressStripped(.v4(0x0A4D_0001), at: now).isEmpty)
    }
}
