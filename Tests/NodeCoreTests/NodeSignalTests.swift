import Membership
import NodeCore
import Testing
import VRRP
import Wire

@Suite("What a node's lights show")
struct NodeSignalTests {
    @Test("a node that meets no one starts, looks for others, and is alone")
    func alone() {
        var bench = Bench(health: .starting)
        bench.run(for: .seconds(2))
        #expect(bench.take().shown == [.starting], "its first self-check has not ended")
        bench.call { node, now in node.update(health: .healthy, release: 1, at: now) }
        bench.run(for: .seconds(10))
        #expect(bench.take().shown == [.joining, .alone])
    }

    @Test("a node that meets others starts and leads")
    func leads() {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(10))
        #expect(bench.take().shown == [.starting, .member, .leader])
    }

    @Test("a node that hears a leader starts and is a member")
    func member() throws {
        var bench = Bench(peers: [1])
        for _ in 0..<100 {
            bench.run(for: .milliseconds(20))
            try bench.advertise(100)
        }
        #expect(bench.take().shown == [.starting, .member])
    }

    @Test("a node that loses all others is isolated, until one is back")
    func isolated() {
        var bench = Bench(peers: [1, 2])
        bench.run(for: .seconds(2))
        for index in bench.peers.indices { bench.peers[index].isSilent = true }
        bench.run(for: .seconds(5))
        #expect(bench.signal == .isolated)
        #expect(bench.state == .active, "it leads whoever is with it")
        bench.peers[1].isSilent = false
        bench.run(for: .seconds(60))
        #expect(bench.signal == .leaderOfFewer)
    }

    @Test("a node is not isolated while one of the others is there, nor when the others have left")
    func notIsolated() {
        var bench = Bench(peers: [1, 2])
        bench.run(for: .seconds(2))
        bench.peers[0].isSilent = true
        bench.run(for: .seconds(5))
        #expect(bench.signal == .leaderOfFewer)
        bench.leave(1)
        bench.run(for: .seconds(5))
        #expect(bench.snapshot.members.map(\.state).contains(.left))
        #expect(bench.signal == .isolated, "the first one did not say good-bye")
        var other = Bench(peers: [1])
        other.run(for: .seconds(2))
        other.leave(0)
        other.run(for: .seconds(5))
        #expect(other.signal == .alone)
    }

    @Test("two holders are a split, once the election has had its time to settle it")
    func split() throws {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        for round in 0..<100 {
            try bench.advertise(1)
            bench.run(for: .milliseconds(20))
            if round == 40 { #expect(bench.signal == .leader, "0.8 s") }
        }
        #expect(bench.signal == .split)
        bench.run(for: .milliseconds(1100))
        #expect(bench.signal == .leader)
    }

    @Test("what harms the node is shown before what is wanted of it, and uncovers it when it is put right")
    func order() {
        var bench = Bench(peers: [1])
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.call { node, now in node.setDraining(true, at: now) }
        bench.call { node, now in node.update(health: Health([.noSite("gone")]), release: 0, at: now) }
        bench.call { node, now in node.identify(nil, at: now) ?? [] }
        bench.run(for: .seconds(31))
        bench.call { node, now in node.update(health: .healthy, release: 1, at: now) }
        bench.call { node, now in node.setDraining(false, at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.take().shown == [.draining, .cannotServe, .identify, .cannotServe, .draining, .member, .leader])
    }

    @Test("a node whose identity an older run uses keeps it, and shows so while the other speaks")
    func keepsIdentity() throws {
        var bench = Bench()
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.meetDouble(boot: 4)
        #expect(bench.signal == .duplicateIdentity)
        let events = bench.take().events
        #expect(events.contains { if case .duplicateIdentity(_, keepsIdentity: true) = $0 { true } else { false } })
        bench.run(for: .milliseconds(9900))
        #expect(bench.signal == .duplicateIdentity)
        let troubles = bench.snapshot.troubles
        #expect(troubles.map(\.trouble) == [.duplicate] && troubles[0].text.contains("from 10.0.0."))
        #expect(!bench.take().events.contains { if case .trouble = $0 { true } else { false } }, "told once")
        bench.run(for: .milliseconds(200))
        #expect(bench.signal == .alone)
        bench.run(for: .seconds(1))
        #expect(bench.snapshot.troubles.isEmpty)
        #expect(bench.state == .active)
    }

    @Test("a node whose identity a later run uses lets go, and asks for a new one", arguments: [5, 6] as [UInt64])
    func givesUpIdentity(_ boot: UInt64) {
        var bench = Bench()
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.meetDouble(boot: boot)
        let actions = bench.take()
        #expect(actions.releases == 1)
        #expect(actions.contains { if case .takeNewIdentity = $0 { true } else { false } })
        bench.run(for: .seconds(2))
        #expect(bench.take().isEmpty, "it does nothing under the old one")
    }
}

extension Bench {
    /// The peer at `index` says good-bye.
    mutating func leave(_ index: Int) {
        let time = now
        let farewell = peers[index].swim.leave(at: time)
        for case .send(let payload, to: Self.ownAddress) in farewell { try? say(payload, from: index) }
        peers[index].isSilent = true
    }

    /// Another machine with the node's ID proves that it runs.
    mutating func meetDouble(boot: UInt64) {
        let address = SocketAddress(ip: .v4(0x0A00_0063), port: 7373)
        var double = SealedLink(
            session: Session(node: Self.session.node, boot: boot, salt: 6), keyring: Keyring(Self.key),
            secret: Array(repeating: 9, count: 32))
        var next = try? double.seal([0x16])
        while let datagram = next {
            let before = wanted.count
            deliver(datagram, from: address)
            next = nil
            for case .send(let bytes, to: .address(address)) in wanted.dropFirst(before) {
                if case .reply(let reply) = double.receive(bytes, from: Self.ownAddress, at: now) { next = reply }
            }
        }
    }
}
