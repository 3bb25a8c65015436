import Membership
import Testing
import Wire

@Suite("Ways that are not well between members that live")
struct WayTests {
    @Test("all is well on a good network, and at 20 % loss", arguments: [0, 20])
    func well(_ loss: Int) {
        var network = TestNetwork(4, lossPercent: loss)
        for _ in 0..<120 {
            network.run(for: .seconds(1))
            for index in network.hosts.indices { #expect(network.faults(seenBy: index).isEmpty) }
        }
    }

    @Test("among three, each end of a way that is cut in one direction knows which direction", arguments: [3, 4])
    func oneWay(_ count: Int) {
        var network = TestNetwork(count)
        network.run(for: .seconds(3))
        network.severed = [[0, 1]]
        network.run(for: .seconds(20))
        #expect(network.faults(seenBy: 0) == [1: .unheard])
        #expect(network.faults(seenBy: 1) == [0: .unhearing])
        for other in 2..<count { #expect(network.faults(seenBy: other).isEmpty) }
        #expect(network.deaths.isEmpty)
        network.severed = []
        network.run(for: .seconds(20))
        for index in network.hosts.indices { #expect(network.faults(seenBy: index).isEmpty) }
    }

    @Test("of two, the one that is not heard knows that the other lives")
    func oneWayOfTwo() {
        var network = TestNetwork(2)
        network.run(for: .seconds(3))
        network.severed = [[0, 1]]
        network.run(for: .seconds(60))
        #expect(network.state(of: 1, seenBy: 0) == .dead && network.state(of: 0, seenBy: 1) == .dead)
        #expect(network.faults(seenBy: 0) == [1: .unheard])
        #expect(network.faults(seenBy: 1).isEmpty, "it hears nothing, as from a dead one")
        network.severed = []
        network.run(for: .seconds(60))
        #expect(network.isWhole() && network.faults(seenBy: 0).isEmpty)
    }

    @Test("one that is dead is not said to be heard")
    func dead() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.crash(1)
        for _ in 0..<60 {
            network.run(for: .seconds(1))
            #expect(network.faults(seenBy: 0).isEmpty && network.faults(seenBy: 2).isEmpty)
        }
    }

    @Test("a way on which only small datagrams pass is found out within a minute a member, at its near end")
    func narrow() {
        var network = TestNetwork(3)
        network.run(for: .seconds(3))
        network.narrow = [[0, 1]]
        network.run(for: .seconds(180))
        #expect(network.faults(seenBy: 0) == [1: .narrow])
        #expect(network.faults(seenBy: 1).isEmpty && network.faults(seenBy: 2).isEmpty)
        #expect(network.deaths.isEmpty)
        network.narrow = []
        network.run(for: .seconds(180))
        #expect(network.faults(seenBy: 0).isEmpty)
    }
}
