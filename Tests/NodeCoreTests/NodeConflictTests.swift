import NodeCore
import Testing
import VRRP
import Wire

@Suite("A floating address that a stranger has")
struct NodeConflictTests {
    static let address = IPAddress.v4(0x0A00_00FA)

    @Test("is not claimed, shows on the lights, and is claimed when the stranger no longer answers")
    func stranger() {
        var bench = Bench(peers: [1])
        bench.run(for: .milliseconds(300))
        _ = bench.take()
        bench.call { node, now in node.addressAnswered(Self.address, by: "02:00:00:00:00:99", at: now) }
        #expect(bench.signal == .addressConflict)
        bench.run(for: .milliseconds(2900))
        #expect(bench.state == .initialize)
        let actions = bench.take()
        #expect(actions.claims == 0)
        bench.run(for: .milliseconds(700))
        #expect(bench.state == .active)
        #expect(bench.signal == .leader)
    }

    @Test("is known to be in conflict while the lights show something else")
    func hidden() {
        var bench = Bench(peers: [1])
        bench.run(for: .milliseconds(300))
        bench.call { node, now in node.identify(nil, at: now) ?? [] }
        bench.call { node, now in node.addressAnswered(Self.address, by: "02:00:00:00:00:99", at: now) }
        #expect(bench.signal == .identify)
        #expect(bench.node.conflictedAddresses == [Self.address])
        bench.run(for: .milliseconds(3100))
        #expect(bench.node.conflictedAddresses.isEmpty)
    }

    @Test("is none when the node holds the address itself")
    func own() {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.call { node, now in node.addressAnswered(Self.address, by: "02:00:00:00:00:99", at: now) }
        #expect(bench.state == .active)
        #expect(bench.take().isEmpty)
    }
}
