import Membership
import Testing
import Wire

struct FormingTests {
    @Test("a cluster forms from nothing", arguments: [2, 3, 5, 10], [1, 2, 3] as [UInt64])
    func forms(count: Int, seed: UInt64) throws {
        var network = TestNetwork(count, seed: seed)
        let time = try #require(network.run(atMost: .seconds(5)) { $0.isWhole() })
        #expect(time < .milliseconds(500))
        network.run(for: .seconds(5))
        #expect(network.isWhole())
        #expect(network.deaths.isEmpty)
    }

    @Test("a cluster forms although every fifth datagram is lost", arguments: 1...5 as ClosedRange<UInt64>)
    func formsWithLoss(seed: UInt64) {
        var network = TestNetwork(5, seed: seed, lossPercent: 20)
        #expect(network.run(atMost: .seconds(30)) { $0.isWhole() } != nil)
    }

    @Test("a node that comes later joins in a few round trips")
    func joins() throws {
        var network = TestNetwork(3, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(60))
        network.start(2)
        let time = try #require(network.run(atMost: .seconds(5)) { $0.isWhole() })
        #expect(time < .milliseconds(100))
    }

    @Test("a node on another network is found by its configured address")
    func seeds() {
        var network = TestNetwork(2, starting: false)
        network.start(0)
        network.run(for: .milliseconds(1))
        network.start(1, seeds: [TestNetwork.address(0)])
        #expect(network.run(atMost: .seconds(1)) { $0.isWhole() } != nil)
    }

    @Test("fifty members are told of in several datagrams, each within the limit")
    func manyMembers() {
        var network = TestNetwork(50, starting: false)
        for index in 0..<50 { network.start(index) }
        #expect(network.run(atMost: .seconds(2)) { $0.hosts[7].swim?.members.count == 50 } != nil)
        network.run(for: .seconds(1))
        var sizes: [Int] = []
        network.perform(7) { swim, now in
            let stranger = Session(node: NodeID(high: 99, low: 99), boot: 1, salt: 1)
            let actions = swim.proven(stranger, from: TestNetwork.address(99), at: now)
            sizes = actions.compactMap { if case .send(let payload, _) = $0 { payload.count } else { nil } }
            return actions
        }
        #expect(sizes.count > 3)
        #expect(sizes.allSatisfy { $0 <= SWIM.Configuration.lan.payloadLimit })
    }

    @Test("who meets a crowd exchanges everything with some of them at a time, and with each not twice in a row")
    func crowd() {
        var desk = RuleTests.Desk(members: 101...119)
        _ = desk.wait(.milliseconds(300))
        func met(_ low: UInt64) -> Bool {
            let stranger = RuleTests.session(low)
            return !desk.swim.proven(stranger, from: RuleTests.address(UInt32(low)), at: desk.now).isEmpty
        }
        // Twenty records in each.
        #expect((1...30).count { met($0) } == 5)
        _ = desk.wait(.milliseconds(50))
        #expect(!met(1))
        _ = desk.wait(SWIM.Configuration.lan.probeInterval)
        #expect(met(30) && !met(30))
        #expect((1...30).count { met($0) } == 4)
    }

    @Test("the same seed gives the same history, another seed another one")
    func deterministic() {
        func history(_ seed: UInt64) -> [TestNetwork.Change] {
            var network = TestNetwork(4, seed: seed, lossPercent: 20)
            network.run(for: .seconds(3))
            network.crash(2)
            network.run(for: .seconds(3))
            return network.changes
        }
        #expect(history(5) == history(5))
        #expect(history(5) != history(6))
    }

    @Test("an idle cluster is quiet: twenty datagrams a second and node")
    func idleTraffic() {
        var network = TestNetwork(3)
        network.run(for: .seconds(15))
        let before = network.datagrams
        network.run(for: .seconds(60))
        #expect((network.datagrams - before) / 3 / 60 <= 22)
    }
}
