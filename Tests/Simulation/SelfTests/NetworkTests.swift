import Testing
import Wire

@testable import Simulator

@Suite("The simulated network")
struct NetworkTests {
    /// Two counting hosts that ran for five seconds under these conditions.
    func network(_ conditions: LinkConditions, seed: UInt64 = 1) -> SimulatedNetwork<CountingHost> {
        var network = SimulatedNetwork(seed: seed, hosts: 2, conditions: conditions) { CountingHost($0) }
        network.startAll()
        network.run(for: .seconds(2))
        return network
    }

    func received(_ network: SimulatedNetwork<CountingHost>) -> [UInt8] { network.programs[1]?.received ?? [] }

    @Test("a good network delivers everything once and in order")
    func good() {
        let network = network(LinkConditions())
        #expect(received(network) == (1...199).map { UInt8($0) })
        #expect(network.counters.delivered == 398)
        let c = network.counters
        #expect(c.lost + c.duplicated + c.reordered + c.replayed + c.cut + c.overflowed == 0)
    }

    @Test("loss loses, and says how often")
    func loss() {
        let network = network(LinkConditions(loss: 0.3))
        #expect(network.counters.lost > 60)
        #expect(network.counters.delivered + network.counters.lost + network.queue.count == network.counters.sent)
        #expect(received(network).count < 170)
    }

    @Test("duplication delivers twice")
    func duplication() {
        let network = network(LinkConditions(duplication: 0.3))
        #expect(network.counters.duplicated > 60)
        #expect(Set(received(network)).count < received(network).count)
    }

    @Test("reordering lets later datagrams overtake")
    func reordering() {
        let network = network(LinkConditions(reordering: 0.2, heldBack: .milliseconds(25)))
        #expect(network.counters.reordered > 30)
        #expect(received(network) != received(network).sorted())
    }

    @Test("jitter alone delays without losing")
    func jitter() {
        let network = network(LinkConditions(jitter: .milliseconds(5)))
        #expect(Set(received(network)).count >= 198)
    }

    @Test("delay delays")
    func delay() {
        #expect(received(network(LinkConditions(delay: .milliseconds(500)))).count == 150)
    }

    @Test("a replay comes long after the first")
    func replay() {
        let network = network(LinkConditions(replay: 0.2, replayDelay: .seconds(1)))
        #expect(network.counters.replayed > 20)
        #expect(Set(received(network)).count < received(network).count)
    }

    @Test("a way holds no more than its capacity")
    func capacity() {
        let network = network(LinkConditions(delay: .milliseconds(100), capacity: 3))
        #expect(network.counters.overflowed > 100)
    }

    @Test("a cut in one direction leaves the other open")
    func oneWay() {
        var network = network(LinkConditions())
        let before = received(network).count
        let other = network.programs[0]?.received.count ?? 0
        network.apply(.cutOneWay(from: HostID(0), to: HostID(1)))
        network.run(for: .seconds(1))
        #expect(received(network).count <= before + 1)
        #expect((network.programs[0]?.received.count ?? 0) >= other + 99)
        #expect(network.counters.cut > 90)
        #expect(network.components.allSatisfy { !$0.isClear })
        network.apply(.heal)
        network.run(for: .seconds(1))
        #expect(received(network).count >= before + 99)
    }

    @Test("a hung host reads nothing, keeps what its socket holds, and reads it when it goes on")
    func hang() {
        var network = network(LinkConditions())
        let before = received(network).count
        network.apply(.hang(HostID(1)))
        network.run(for: .seconds(1))
        #expect(received(network).count == before)
        network.apply(.resume(HostID(1)))
        #expect((99...100).contains(received(network).count - before))
        #expect(network.programs[1]?.lastRead == network.now)

        network.apply(.hang(HostID(1)))
        network.run(for: .seconds(3))
        network.apply(.resume(HostID(1)))
        #expect(network.counters.unread > 150)
        #expect(network.counters.hangs == 2 && network.counters.resumes == 2)
    }

    @Test("a restart keeps the disk, unless it is without disk")
    func disk() {
        var network = network(LinkConditions())
        network.apply(.crash(HostID(1)))
        network.run(for: .seconds(1))
        #expect(network.counters.undeliverable > 90)
        network.apply(.start(HostID(1), keepingDisk: true))
        #expect(network.programs[1]?.found == [1])
        #expect(network.programs[1]?.boots == 2)
        network.apply(.start(HostID(1), keepingDisk: false))
        #expect(network.programs[1]?.found == nil)
        #expect(network.programs[1]?.boots == 3)
        #expect(network.counters.restarts == 2 && network.counters.restartsWithoutDisk == 1)
        #expect(network.counters.crashes == 2)
    }

    @Test("one seed gives one run, another seed another")
    func deterministic() {
        func run(_ seed: UInt64) -> (FaultCounters, [String], [UInt8]) {
            var network = network(.rough, seed: seed)
            network.run(FaultPlan.random(seed: seed, hosts: 2, length: .seconds(20), kinds: FaultKind.allCases))
            network.calm()
            network.run(for: .seconds(2))
            return (network.counters, network.trace.lines, received(network))
        }
        #expect(run(5) == run(5))
        #expect(run(5) != run(6))
    }

    @Test("what is due at one instant comes in the order in which it was scheduled")
    func ties() {
        var queue = EventQueue<Int>()
        for number in 0..<100 { queue.schedule(number, at: Instant(nanoseconds: Int64(number % 3))) }
        var order: [Int] = []
        while let next = queue.next() { order.append(next) }
        #expect(order == (0..<100).sorted { ($0 % 3, $0) < ($1 % 3, $1) })
    }

    @Test("the trace keeps its last lines")
    func trace() {
        var trace = Trace(capacity: 3)
        for number in 1...5 { trace.add("\(number)") }
        #expect(trace.lines == ["3", "4", "5"])
    }
}
