import Testing
import VRRP
import Wire

@testable import NodeCore

/// A node in standard mode, without a network: its group is what a test says that it hears.
struct StandardBench {
    static let address4 = IPAddress.v4(0x0A00_00FA)
    static let second4 = IPAddress.v4(0x0A00_00FB)
    static let address6 = IPAddress.v6(0xFD77_0000_0000_0000, 0xFA)
    static let linkLocal = IPAddress.v6(0xFE80_0000_0000_0000, 0xFA)
    static let own4 = IPAddress.v4(0x0A00_0064)
    static let own6 = IPAddress.v6(0xFE80_0000_0000_0000, 0x64)

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var node: Node
    private(set) var wanted: [Action] = []

    init(mode: Node.Configuration.Mode = .standard, preempt: Bool = false, primary: Bool = true) {
        var configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key),
            floating: [Self.address4, Self.address6, Self.second4, Self.linkLocal].map {
                FloatingAddress(ip: $0, virtualRouterID: 51)
            }, interval: 10, preempt: preempt)
        configuration.mode = mode
        node = Node(
            configuration, session: Bench.session, linkSecret: Array(repeating: 1, count: 32), known: [],
            random: SeededGenerator(seed: 1), at: now)
        call { node, now in node.update(health: .healthy, release: 1, at: now) }
        guard primary else { return }
        call { node, now in node.update(primary: PrimaryAddresses(ipv4: Self.own4, ipv6: Self.own6), at: now) }
    }

    mutating func call(_ body: (inout Node, Instant) -> [Action]) { wanted += body(&node, now) }

    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while node.nextDeadline <= end {
            now = max(now, node.nextDeadline)
            call { node, now in node.deadlineReached(at: now) }
        }
        now = end
    }

    /// Somebody in the group advertises the IPv4 addresses, or others.
    mutating func hear(
        _ priority: UInt8, from source: IPAddress = .v4(0x0A00_0065), interval: UInt16 = 10,
        addresses: [IPAddress] = [address4, second4]
    ) {
        let advertisement = Advertisement(
            virtualRouterID: 51, priority: priority, interval: interval, addresses: addresses)
        call { node, now in node.receive(advertisement, from: source, at: now) }
    }

    func state(_ ip: IPAddress = address4) -> RouterState? { floating(ip)?.state }
    func floating(_ ip: IPAddress = address4) -> NodeSnapshot.Floating? {
        node.snapshot.floating.first { $0.address.ip == ip }
    }
    func ignored(_ reason: String) -> UInt64 { node.snapshot.ignored.sorted.first { $0.reason == reason }?.count ?? 0 }

    mutating func take() -> [Action] {
        defer { wanted = [] }
        return wanted
    }
}

extension [Action] {
    var advertisements: [Advertisement] {
        compactMap { if case .advertise(let advertisement) = $0 { advertisement } else { nil } }
    }
}

@Suite("Standard mode")
struct StandardModeTests {
    @Test("people are told once of each sender that disagrees, and when its word changes")
    func disagreements() {
        var bench = StandardBench()
        bench.run(for: .seconds(2))
        func told() -> Int { bench.take().count { if case .tell(.disagreement) = $0 { true } else { false } } }
        _ = told()
        for _ in 0..<50 {
            bench.hear(200, from: .v4(1), interval: 20)
            bench.hear(200, from: .v4(2), interval: 30)
            bench.hear(200, from: .v4(3))
        }
        #expect(told() == 2)
        for _ in 0..<50 {
            bench.hear(200, from: .v4(1), interval: 40)
            bench.hear(200, from: .v4(2), interval: 40, addresses: [StandardBench.address4])
        }
        #expect(told() == 2, "one's interval, the other's addresses; its interval is the first one's")
        for step in 0..<50 { bench.hear(200, from: .v4(1), interval: 20 + UInt16(step % 2)) }
        #expect(told() <= Disagreements.mostTimes - 2, "who changes its word all the time fills no log")
        for source in 10..<1000 { bench.hear(200, from: .v4(UInt32(source)), interval: UInt16(source)) }
        #expect(told() < Disagreements.most)
    }

    @Test("all addresses of one IP version go together, and nothing of the election is sealed")
    func together() {
        var bench = StandardBench()
        bench.run(for: .seconds(2))
        let actions = bench.take()
        #expect(bench.node.snapshot.floating.allSatisfy { $0.state == .active })
        let lists = Set(actions.advertisements.map(\.addresses))
        // The link-local address first: RFC 9568 §5.2.9.
        #expect(
            lists == [
                [StandardBench.address4, StandardBench.second4], [StandardBench.linkLocal, StandardBench.address6],
            ])
        let others = actions.compactMap { if case .send(let bytes, _) = $0 { bytes } else { nil } }
        #expect(others.count < 20, "calls for peers, and no advertisement at each interval among them")
    }

    @Test("a node without an address to advertise from does not run, for that IP version alone")
    func needsPrimary() {
        var bench = StandardBench(primary: false)
        bench.run(for: .seconds(2))
        #expect(bench.state() == .initialize)
        bench.call { node, now in node.update(primary: PrimaryAddresses(ipv4: StandardBench.own4), at: now) }
        bench.run(for: .seconds(1))
        #expect(bench.state() == .active)
        #expect(bench.state(StandardBench.address6) == .initialize)
        _ = bench.take()
        bench.call { node, now in node.update(primary: PrimaryAddresses(), at: now) }
        #expect(bench.state() == .initialize)
        #expect(bench.take().releases == 2)
    }

    @Test("a stranger to the cluster that leads is waited for, named, and not taken for a conflict")
    func outsider() {
        var bench = StandardBench()
        bench.hear(90)
        bench.run(for: .milliseconds(600))
        bench.hear(90)
        #expect(bench.state() == .backup)
        #expect(bench.floating()?.outsider == .v4(0x0A00_0065) && bench.floating()?.holder == nil)
        bench.call { node, now in node.addressAnswered(StandardBench.address4, by: "02:00:00:00:00:01", at: now) }
        #expect(bench.node.conflictedAddresses.isEmpty)
        _ = bench.take()
        bench.hear(0)
        #expect(bench.floating()?.outsider == nil)
        bench.run(for: .milliseconds(62))
        #expect(bench.state() == .active, "it takes over after the skew of 61 ms")
        #expect(bench.take().advertisements.first?.priority == 100)
    }

    @Test("a member that leads is named as one, by the address that it advertises from")
    func member() {
        var configuration = Node.Configuration(
            name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating], interval: 2)
        configuration.mode = .standard
        var bench = Bench(peers: [1], configuration: configuration)
        let primary = PrimaryAddresses(ipv4: Bench.ownAddress.ip)
        bench.call { node, now in node.update(primary: primary, at: now) }
        bench.run(for: .milliseconds(400))
        let advertisement = Advertisement(
            virtualRouterID: 51, priority: 100, interval: 2, addresses: [Bench.floating.ip])
        let source = bench.peers[0].address.ip
        bench.call { node, now in node.receive(advertisement, from: source, at: now) }
        #expect(bench.snapshot.floating.first?.holder == bench.peers[0].session.node)
        let lifelines = bench.take().contains { if case .lifelines = $0 { true } else { false } }
        #expect(!lifelines, "others than nodes know of none, and all Backups wait by the RFC's rules")
        #expect(bench.snapshot.floating.first?.outsider == nil)
    }

    @Test("an outsider that falls silent is forgotten, and followed after Active_Down")
    func silence() {
        var bench = StandardBench()
        bench.run(for: .milliseconds(550))
        bench.hear(90)
        bench.run(for: .milliseconds(360))
        #expect(bench.state() == .backup)
        bench.run(for: .milliseconds(2))
        #expect(bench.state() == .active)
        #expect(bench.floating()?.holder == Bench.session.node && bench.floating()?.outsider == nil)
    }

    @Test(
        "equal priorities are settled by the primary addresses",
        arguments: [(UInt32(0x63), RouterState.active), (0x65, .backup)])
    func tie(last: UInt32, expected: RouterState) {
        var bench = StandardBench()
        bench.run(for: .seconds(2))
        _ = bench.take()
        bench.hear(100, from: .v4(0x0A00_0000 + last))
        #expect(bench.state() == expected)
        #expect(bench.state(StandardBench.address6) == .active, "IPv6 is another virtual router")
        let actions = bench.take()
        #expect(actions.advertisements.map(\.priority) == [100], "an answer, or the last word")
        #expect(actions.releases == (expected == .active ? 0 : 2))
    }

    @Test("with another primary address comes another tie-breaker")
    func changedPrimary() {
        var bench = StandardBench()
        bench.run(for: .seconds(2))
        let lower = PrimaryAddresses(ipv4: .v4(0x0A00_0001), ipv6: StandardBench.own6)
        bench.call { node, now in node.update(primary: lower, at: now) }
        bench.hear(100, from: .v4(0x0A00_0063))
        #expect(bench.state() == .backup)
    }

    @Test("preemption is the RFC's: a lower leader is let run out when asked for", arguments: [false, true])
    func preempts(isAsked: Bool) {
        var bench = StandardBench(preempt: isAsked)
        for _ in 0..<20 {
            bench.run(for: .milliseconds(100))
            bench.hear(50)
        }
        #expect((bench.state() == .active) == isAsked)
    }

    @Test("an echo of the node's own advertisement changes nothing and names no holder")
    func echo() {
        var bench = StandardBench()
        bench.run(for: .milliseconds(550))
        bench.hear(254, from: StandardBench.own4)
        #expect(bench.floating()?.outsider == nil && bench.floating()?.holder == nil)
        #expect(bench.ignored("advertisement: our own identity") == 1)
    }

    @Test("each mode ignores what the other one sends, and counts it")
    func modes() throws {
        var sealed = StandardBench(mode: .sealed)
        sealed.hear(200)
        #expect(sealed.ignored("advertisement without a seal, but this node's mode is sealed") == 1)
        sealed.run(for: .seconds(2))
        #expect(sealed.take().advertisements.isEmpty)

        var standard = StandardBench()
        var actions: [Action] = []
        let payload = Advertisement(
            virtualRouterID: 51, priority: 200, interval: 10, addresses: [StandardBench.address4]
        ).encoded(checksum: .none)
        standard.call { node, now in
            node.dispatch(
                [0x20] + payload, from: Bench.ownAddress,
                sender: Session(node: NodeID(high: 1, low: 1), boot: 1, salt: 1),
                at: now, into: &actions)
            return []
        }
        #expect(actions.isEmpty)
        #expect(standard.ignored("sealed advertisement, but this node's mode is standard") == 1)
    }

    @Test("another VRID, and a known one of an IP version that is not here, are counted")
    func unknown() {
        var bench = StandardBench()
        let other = Advertisement(
            virtualRouterID: 52, priority: 200, interval: 10, addresses: [StandardBench.address4])
        bench.call { node, now in node.receive(other, from: StandardBench.own4, at: now) }
        #expect(bench.ignored("advertisement of a virtual router that is not configured here") == 1)
    }
}
