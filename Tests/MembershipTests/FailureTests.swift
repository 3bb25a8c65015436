import Membership
import Testing
import Wire

struct FailureTests {
    @Test(
        "a crash is confirmed within 1.5 s, also when all but one crash at once",
        arguments: [(2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (4, 3)], 1...8 as ClosedRange<UInt64>)
    func crash(sizes: (count: Int, crashes: Int), seed: UInt64) throws {
        var network = TestNetwork(sizes.count, seed: seed)
        network.run(for: .milliseconds(5000 + Int(seed) * 37))
        #expect(network.isWhole())
        let crashed = 0..<sizes.crashes
        for index in crashed { network.crash(index) }
        let survivors = sizes.crashes..<sizes.count
        let time = try #require(
            network.run(atMost: .seconds(10)) { network in
                survivors.allSatisfy { observer in
                    crashed.allSatisfy { network.state(of: $0, seenBy: observer) == .dead }
                }
            })
        #expect(time <= .milliseconds(1500))
        #expect(network.isWhole(survivors))
    }

    @Test("one crash among ten is confirmed by all, and nobody else is blamed", arguments: 1...3 as ClosedRange<UInt64>)
    func crashAmongTen(seed: UInt64) {
        var network = TestNetwork(10, seed: seed)
        network.run(for: .seconds(5))
        network.crash(0)
        let time = network.run(atMost: .seconds(5)) { network in
            (1..<10).allSatisfy { network.state(of: 0, seenBy: $0) == .dead }
        }
        #expect(time != nil)
        #expect(network.isWhole(1..<10))
        #expect(network.deaths.count == 9)
    }

    @Test(
        "loss kills nobody", arguments: [2, 3, 5], [(5, 1), (5, 2), (20, 1), (20, 2), (20, 3)] as [(Int, UInt64)])
    func loss(count: Int, weather: (percent: Int, seed: UInt64)) {
        var network = TestNetwork(count, seed: weather.seed, lossPercent: weather.percent)
        network.run(for: .seconds(90))
        #expect(network.deaths.isEmpty)
        #expect(network.hosts[0].swim?.members.count == count)
    }

    @Test("a path that fails one way only costs nobody's life", arguments: 1...3 as ClosedRange<UInt64>)
    func oneWay(seed: UInt64) {
        var network = TestNetwork(3, seed: seed)
        network.run(for: .seconds(3))
        network.severed = [[0, 1]]
        network.run(for: .seconds(60))
        #expect(network.deaths.isEmpty)
    }

    @Test("a slow node refutes, and nobody dies")
    func slowNode() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.setLatency(150_000...250_000, of: 2)
        network.run(for: .seconds(60))
        #expect(network.changes.contains { $0.member.state == .suspect })
        #expect(network.deaths.isEmpty)
        #expect((network.member(2, seenBy: 0)?.incarnation.counter ?? 0) > 0)
        #expect((network.hosts[2].swim?.localHealth ?? 0) > 0)
        network.setLatency(200...2000, of: 2)
        network.run(for: .seconds(30))
        #expect(network.isWhole())
        #expect(network.hosts[2].swim?.localHealth == 0)
    }

    @Test(
        "a node that was stopped for a while blames nobody and is back at once", arguments: [700, 1200, 5000, 60_000])
    func pause(milliseconds: Int) throws {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.pause(1, for: .milliseconds(milliseconds))
        network.run(for: .milliseconds(milliseconds))
        let time = try #require(network.run(atMost: .seconds(5)) { $0.isWhole() })
        #expect(time < .seconds(1))
        network.run(for: .seconds(5))
        #expect(network.isWhole())
        #expect(!network.deaths.contains { $0.observer == 1 })
        #expect(!network.deaths.contains { $0.member.id != network.hosts[1].session.node })
    }

    @Test("a member that leaves is not suspected", arguments: [2, 3, 5])
    func leave(count: Int) {
        var network = TestNetwork(count)
        network.run(for: .seconds(3))
        network.perform(0) { $0.leave(at: $1) }
        network.run(for: .milliseconds(20))
        network.crash(0)
        network.run(for: .seconds(5))
        for observer in 1..<count { #expect(network.state(of: 0, seenBy: observer) == .left) }
        #expect(!network.changes.contains { [.suspect, .dead].contains($0.member.state) })
    }

    @Test("a node that goes on running after its goodbye stays gone, and comes back when it restarts")
    func leaveAndReturn() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.perform(0) { $0.leave(at: $1) }
        network.run(for: .seconds(30))
        #expect(network.state(of: 0, seenBy: 1) == .left)
        network.start(0)
        #expect(network.run(atMost: .seconds(1)) { $0.isWhole() } != nil)
        #expect(network.deaths.isEmpty)
    }

    @Test("a restarted node overrides its own death")
    func restart() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.crash(2)
        network.run(for: .seconds(10))
        #expect(network.state(of: 2, seenBy: 0) == .dead)
        network.start(2)
        #expect(network.run(atMost: .seconds(1)) { $0.isWhole() } != nil)
    }

    @Test("a node that restarts before anybody noticed is never suspected")
    func quickRestart() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.start(2)
        #expect(network.run(atMost: .milliseconds(200)) { $0.isWhole() } != nil)
        network.run(for: .seconds(3))
        #expect(network.isWhole())
        #expect(network.deaths.isEmpty)
    }
}
