import Membership
import Testing
import Wire

struct HealingTests {
    /// Probing so slowly that half an hour is soon over; calls are at their normal pace.
    static var unhurried: SWIM.Configuration {
        var configuration = SWIM.Configuration.lan
        configuration.probeInterval = .seconds(2)
        return configuration
    }

    @Test("two nodes that were parted for half an hour find together")
    func healTwo() throws {
        var network = TestNetwork(2)
        network.run(for: .seconds(3))
        network.setGroup(1, of: [1])
        network.run(for: .seconds(1800))
        #expect(network.state(of: 1, seenBy: 0) == .dead)
        network.setGroup(0, of: [1])
        let time = try #require(network.run(atMost: .seconds(60)) { $0.isWhole() })
        #expect(time < .seconds(13))
    }

    @Test("two halves of six find together, and no member of either half dies of it")
    func healSix() {
        var network = TestNetwork(6, configuration: Self.unhurried)
        network.run(for: .seconds(10))
        network.setGroup(1, of: 3..<6)
        network.run(for: .seconds(1800))
        #expect(network.isWhole(0..<3))
        #expect(network.isWhole(3..<6))
        #expect(network.state(of: 4, seenBy: 1) == .dead)
        let deaths = network.deaths.count
        network.setGroup(0, of: 3..<6)
        #expect(network.run(atMost: .seconds(60)) { $0.isWhole() } != nil)
        network.run(for: .seconds(30))
        #expect(network.isWhole())
        #expect(network.deaths.count == deaths)
    }

    @Test("a member whose address changed is reached again, and alive all the while")
    func move() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.move(2, to: 40)
        #expect(
            network.run(atMost: .seconds(5)) { network in
                [0, 1].allSatisfy { network.member(2, seenBy: $0)?.address == TestNetwork.address(40) }
            } != nil)
        network.run(for: .seconds(5))
        #expect(network.isWhole())
        #expect(network.deaths.isEmpty)
    }

    @Test("all restart with new addresses and find together by broadcast and what they have stored")
    func newAddresses() {
        var network = TestNetwork(3)
        network.run(for: .seconds(5))
        #expect(network.hosts.allSatisfy { $0.stored.count == 2 })
        for index in 0..<3 { network.crash(index) }
        network.run(for: .seconds(60))
        for index in 0..<3 {
            network.move(index, to: 50 + index)
            network.start(index)
        }
        #expect(network.run(atMost: .seconds(2)) { $0.isWhole() } != nil)
        network.run(for: .seconds(70))
        #expect(network.hosts[0].stored.map(\.lastAddress) == [TestNetwork.address(51), TestNetwork.address(52)])
    }

    @Test("what a member tells about itself reaches everybody")
    func update() {
        var network = TestNetwork(5)
        network.run(for: .seconds(3))
        let info = MemberInfo(name: "renamed", httpPort: 8080, draining: true, release: 7)
        network.perform(3) { $0.update(info, at: $1) }
        let time = network.run(atMost: .seconds(1)) { network in
            (0..<5).allSatisfy { network.member(3, seenBy: $0)?.info == info }
        }
        #expect(time != nil)
        #expect(network.isWhole())
    }
}
