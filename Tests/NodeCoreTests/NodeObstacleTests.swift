import NodeCore
import Testing
import VRRP
import Wire

@Suite("An obstacle to one floating address")
struct NodeObstacleTests {
    private static let second = FloatingAddress(ip: .v4(0x0A00_00FB), virtualRouterID: 52)
    private static let outside = Health.Reason.cannotClaim("it lies in no network of this node")

    /// A healthy node with two floating addresses, and these obstacles.
    private func node(_ obstacles: [IPAddress: Health.Reason]) throws -> (Node, Instant, [Action]) {
        var node = Node(
            Node.Configuration(
                name: "node", httpPort: 80, keyring: Keyring(Bench.key), floating: [Bench.floating, Self.second]),
            session: Bench.session, linkSecret: Array(repeating: 1, count: 32), known: [],
            random: SeededGenerator(seed: 1), at: .zero)
        let actions = node.update(health: .healthy, obstacles: obstacles, release: 1, at: .zero)
        var now = Instant.zero
        run(&node, for: .seconds(2), from: &now)
        return (node, now, actions)
    }

    private func run(_ node: inout Node, for duration: Duration, from now: inout Instant) {
        let end = now.advanced(by: duration)
        while node.nextDeadline <= end {
            now = max(now, node.nextDeadline)
            _ = node.deadlineReached(at: now)
        }
        now = end
    }

    private func states(_ node: Node) -> [RouterState] { node.snapshot.floating.map(\.state) }

    @Test("leaves the other address to be held, and the node healthy")
    func one() throws {
        var (node, now, actions) = try node([Self.second.ip: Self.outside])
        #expect(states(node) == [.active, .initialize])
        #expect(node.snapshot.health.isServing && node.snapshot.signal != .cannotServe)
        #expect(node.snapshot.floating.map(\.obstacle) == [nil, Self.outside])
        #expect(actions.events.contains(.obstacle(Self.second, Self.outside)))

        let freed = node.update(health: .healthy, release: 1, at: now)
        #expect(freed.events.contains(.obstacle(Self.second, nil)))
        run(&node, for: .seconds(1), from: &now)
        #expect(states(node) == [.active, .active])
    }

    @Test("shows on the lights as a cut cable when that is all, and as a node that cannot serve when it is not")
    func cable() throws {
        let cable = Health.Reason.linkDown("eth0 has no link")
        let (cut, _, _) = try node([Bench.floating.ip: cable, Self.second.ip: cable])
        #expect(cut.snapshot.signal == .isolated)
        let (mixed, _, _) = try node([Bench.floating.ip: cable, Self.second.ip: Self.outside])
        #expect(mixed.snapshot.signal == .cannotServe)
    }

    @Test("makes the holder resign that address alone, for the reason it has", arguments: [true, false])
    func resigns(_ isLink: Bool) throws {
        var (node, now, _) = try node([:])
        #expect(states(node) == [.active, .active])
        let obstacle = isLink ? Health.Reason.linkDown("eth1 has no link") : Self.outside
        let actions = node.update(health: .healthy, obstacles: [Bench.floating.ip: obstacle], release: 1, at: now)
        #expect(states(node) == [.initialize, .active])
        #expect(actions.releases == 1)
        #expect(node.snapshot.floating.first?.history.last?.reason == (isLink ? .linkDown : .cannotServe))
        run(&node, for: .seconds(2), from: &now)
        #expect(states(node) == [.initialize, .active])
    }

    @Test("shows on the lights only when no address is left")
    func lights() throws {
        var (node, now, _) = try node([Bench.floating.ip: Self.outside, Self.second.ip: Self.outside])
        #expect(node.snapshot.signal == .cannotServe)
        #expect(node.snapshot.health.isServing, "the site is served all the same")
        _ = node.update(health: .healthy, obstacles: [Self.second.ip: Self.outside], release: 1, at: now)
        #expect(node.snapshot.signal != .cannotServe)
        run(&node, for: .seconds(1), from: &now)
        #expect(states(node) == [.active, .initialize])
    }

    @Test("is no news while the address is only being asked for")
    func starting() throws {
        let (node, _, actions) = try node([Bench.floating.ip: .starting, Self.second.ip: .starting])
        #expect(states(node) == [.initialize, .initialize])
        #expect(node.snapshot.signal != .cannotServe)
        #expect(!actions.events.contains { if case .obstacle = $0 { true } else { false } })
    }
}
