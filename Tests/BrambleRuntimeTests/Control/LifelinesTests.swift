import LinuxPlatform
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite("A node's lifelines")
struct LifelinesTests {
    private let loopback = IPAddress.v4(0x7F00_0001)
    private let oak = NodeID(high: 1, low: 1)
    private let elm = NodeID(high: 2, low: 2)

    /// Drives the lifelines until it is so, ten seconds at most; the answer is what happened to them.
    private func drive(
        _ lifelines: Lifelines, with poller: Poller, until condition: ([Lifelines.Change]) -> Bool
    ) throws -> [Lifelines.Change] {
        var changes: [Lifelines.Change] = []
        let end = MonotonicClock.now().advanced(by: .seconds(10))
        while !condition(changes), MonotonicClock.now() < end {
            let soon = MonotonicClock.now().advanced(by: .milliseconds(10))
            for event in try poller.wait(until: min(soon, lifelines.nextDeadline ?? soon)) {
                #expect(Lifelines.owns(event))
                changes += lifelines.handle(event, poller: poller, at: MonotonicClock.now())
            }
            changes += lifelines.advance(poller: poller, at: MonotonicClock.now())
        }
        return changes
    }

    @Test("those that stay wanted stay held, others end, and each change is told with its node")
    func holds() throws {
        let (first, second) = (try LifelineListener(port: 0), try LifelineListener(port: 0))
        let poller = try Poller()
        var lifelines = Lifelines(port: 0, floating: [])
        #expect(lifelines.problem == nil && lifelines.nextDeadline == nil)
        let peers = [
            LifelinePeer(node: oak, address: SocketAddress(ip: loopback, port: first.port)),
            LifelinePeer(node: elm, address: SocketAddress(ip: loopback, port: second.port)),
        ]
        lifelines.hold(peers, at: MonotonicClock.now())
        let both = try drive(lifelines, with: poller) { _ in lifelines.facts.calls.allSatisfy { $0.standing == .held } }
        #expect(both.isEmpty)
        lifelines.hold([peers[1]], at: MonotonicClock.now())
        #expect(lifelines.facts.calls == [.init(node: elm, address: peers[1].address, standing: .held)])
        first.close()
        second.close()
        let changes = try drive(lifelines, with: poller) { $0.count == 2 }
        #expect(changes == [.init(node: elm, kind: .broke), .init(node: elm, kind: .refused)])
    }

    private func peer(_ ip: IPAddress, _ listener: LifelineListener) -> LifelinePeer {
        LifelinePeer(node: oak, address: SocketAddress(ip: ip, port: listener.port))
    }

    @Test("an address at which the node is no more is called no more, and a floating one never")
    func moves() throws {
        let (before, after) = (try LifelineListener(port: 0), try LifelineListener(port: 0))
        let poller = try Poller()
        let floating = IPAddress.v4(0x7F00_0002)
        var lifelines = Lifelines(port: 0, floating: [floating])
        lifelines.hold([peer(floating, before)], at: MonotonicClock.now())
        #expect(lifelines.facts.calls.isEmpty)
        for listener in [before, after] {
            lifelines.hold([peer(loopback, listener)], at: MonotonicClock.now())
            let changes = try drive(lifelines, with: poller) { _ in lifelines.facts.calls[0].standing == .held }
            #expect(changes.isEmpty)
        }
        #expect(lifelines.facts.calls.map(\.address.port) == [after.port])
    }

    @Test("a port that another program has is a problem with advice, and the node does without")
    func taken() throws {
        let other = try LifelineListener(port: 0)
        let lifelines = Lifelines(port: other.port, floating: [])
        #expect(lifelines.problem?.contains("ss -ltnp 'sport = :\(other.port)'") == true)
        #expect(!lifelines.facts.isListening && lifelines.facts.heldBy.isEmpty)
    }
}
