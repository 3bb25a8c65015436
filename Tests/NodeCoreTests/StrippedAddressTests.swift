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

    @Test("again and again is neither fought without end nor complained of each time")
    func bounded() throws {
        var (node, now) = try leader()
        var puttingBack = 0
        var told: [Event] = []
        for _ in 0..<6100 {
            now = now.advanced(by: .milliseconds(10))
            if node.nextDeadline <= now { _ = node.deadlineReached(at: now) }
            let actions = node.addressStripped(address.ip, by: "meddler", at: now)
            puttingBack += deeds(actions).count { $0 == "claim" }
            told += actions.events
        }
        #expect(puttingBack <= 4 * 62)
        #expect(puttingBack >= 4 * 60)
        #expect(
            told == [
                .addressStripped(address, by: "meddler", times: 1),
                .addressStripped(address, by: "meddler", times: 6000),
            ])
        #expect(told.last?.text.contains("probably by meddler; 6000 times") == true)
    }
}
