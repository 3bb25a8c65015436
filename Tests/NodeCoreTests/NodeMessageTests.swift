import Membership
import NodeCore
import Testing
import VRRP
import Wire

@Suite("What a node is told")
struct NodeMessageTests {
    /// A node that has met one peer.
    func bench() -> Bench {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        return bench
    }

    static let unreadable: [([UInt8], String)] = [
        ([0x60], "unknown message kind"), ([0xFF, 1, 2, 3], "unknown message kind"),
        ([0x2F, 0x31], "unknown message kind"), ([0x20], "malformed advertisement"),
        ([0x20, 0x31, 51, 100, 9, 0, 2, 0, 0], "malformed advertisement"),
        ([0x30], "malformed command"), ([0x30, 1, 2, 3], "malformed command"), ([0x30, 99], "unknown command"),
    ]

    @Test("identify is refused for a member that is dead or has left", arguments: [true, false])
    func identifyGone(_ hasLeft: Bool) {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        let peer = bench.peers[0].session.node
        if hasLeft { bench.leave(0) }
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(15))
        #expect(bench.snapshot.members.first { $0.id == peer }?.state == (hasLeft ? .left : .dead))
        bench.call { node, now in
            let actions = node.identify(peer, at: now)
            #expect(actions == nil)
            return actions ?? []
        }
    }

    @Test("what can't be understood is counted and skipped", arguments: unreadable)
    func strange(_ payload: [UInt8], _ reason: String) throws {
        var bench = bench()
        let before = bench.snapshot
        try bench.say(payload)
        #expect(bench.ignored(reason) == 1)
        #expect(bench.take().isEmpty)
        #expect(bench.snapshot.members == before.members)
        bench.run(for: .seconds(1))
        #expect(bench.signal == before.signal)
    }

    @Test("an advertisement of a virtual router that is not configured is counted")
    func otherRouter() throws {
        var bench = bench()
        try bench.advertise(255, virtualRouter: 52)
        #expect(bench.ignored("advertisement of a virtual router that is not configured here") == 1)
        #expect(bench.state == .active)
    }

    @Test("a node that is asked to shows itself for half a minute")
    func identifyHere() {
        var bench = bench()
        let before = bench.signal
        bench.call { node, now in node.identify(nil, at: now) ?? [] }
        #expect(bench.signal == .identify)
        bench.run(for: .milliseconds(29_900))
        #expect(bench.signal == .identify)
        bench.run(for: .milliseconds(200))
        #expect(bench.signal == before)
    }

    @Test("a node that another member asks to shows itself, unless another node was meant")
    func identifyByCommand() throws {
        var bench = bench()
        var command = ByteWriter()
        command.append([0x30, 1])
        command.nodeID(bench.peers[0].session.node)
        try bench.say(command.bytes)
        #expect(bench.ignored("command for another node") == 1)
        #expect(bench.signal != .identify)
        command = ByteWriter()
        command.append([0x30, 1])
        command.nodeID(Bench.session.node)
        try bench.say(command.bytes)
        #expect(bench.signal == .identify)
    }

    @Test("a node asks another one to show itself, and knows whom it does not know")
    func identifyThere() {
        var bench = bench()
        let peer = bench.peers[0].session.node
        bench.call { node, now in node.identify(peer, at: now) ?? [] }
        var command = ByteWriter()
        command.append([0x30, 1])
        command.nodeID(peer)
        #expect(bench.take().sends == 3, "one may get lost")
        #expect(bench.peers[0].heard.last == command.bytes)
        #expect(bench.signal != .identify)
        var isKnown = true
        bench.call { node, now in
            let actions = node.identify(NodeID(high: 77, low: 77), at: now)
            isKnown = actions != nil
            return actions ?? []
        }
        #expect(!isKnown)
    }

    @Test("a datagram that no key of ours opens is counted, and nothing else")
    func dropped() {
        var bench = bench()
        bench.deliver([1, 2, 3], from: bench.peers[0].address)
        #expect(bench.snapshot.drops.total == 1 + bench.snapshot.drops[.unproven])
        #expect(bench.take().isEmpty)
    }
}
