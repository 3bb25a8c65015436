import Testing
import VRRP
import Wire

@testable import Membership
@testable import NodeCore
@testable import Simulator

@Suite("Two versions of the protocol in one cluster")
struct VersionScenarios {
    private static let next = HostID(0)
    private static let others = [HostID(1), HostID(2)]

    /// Three nodes, of which the first speaks the next version, too, and has more to say.
    private static func network(seed: UInt64) -> NodeNetwork {
        var network = NodeNetwork.ofNodes(3, seed: seed, started: false, versions: { $0.id == next ? 1...2 : 1...1 })
        network.startAll()
        network.command(next) { host, now in host.becomeNext(at: now) }
        return network
    }

    @Test("they are one cluster with one leader, whichever leads, and are so when leaders die", arguments: Seeds.fewer)
    func together(_ seed: UInt64) throws {
        var network = Self.network(seed: seed)
        network.runNext(Self.next, for: .seconds(3))
        network.expectOneCluster()
        for dying in [Self.others, [Self.next]] {
            for id in dying { network.apply(.crash(id)) }
            network.runNext(Self.next, for: .seconds(3))
            #expect(dying.contains(try network.leader()) == false, network.report)
            for id in dying { network.apply(.start(id, keepingDisk: true)) }
            network.command(Self.next) { host, now in host.becomeNext(at: now) }
            network.runNext(Self.next, for: .seconds(4))
            network.expectOneCluster()
        }
    }

    @Test("kinds of messages that are not known are skipped and counted, and versions with where they came from")
    func skipped() throws {
        var network = Self.network(seed: 1)
        network.runNext(Self.next, for: .seconds(5))
        network.expectOneCluster()
        for id in Self.others {
            let snapshot = try #require(network.snapshot(of: id))
            let ignored = Dictionary(snapshot.ignored.sorted.map { ($0.reason, $0.count) }, uniquingKeysWith: +)
            #expect(ignored["unknown message kind", default: 0] > 10, network.report)
            #expect(ignored["unknownKind", default: 0] > 10, "of membership's own")
            #expect(ignored["unknown command", default: 0] > 10)
            #expect(ignored["protocolVersion", default: 0] > 10)
            #expect(snapshot.drops[.unknownVersion] > 10)
            let sources = snapshot.drops.sources(at: network.now).filter { $0.reason == .unknownVersion }
            #expect(sources.map(\.ip) == [Self.next.address.ip])
            let next = try #require(snapshot.members.first { $0.info.name == Self.next.description }).id
            let troubles = snapshot.troubles.map(\.trouble)
            #expect(troubles == [.version(next, isNewer: true), .unreadable(.otherVersion)])
            #expect(snapshot.signal == .otherVersion)
        }
    }

    @Test("what the next version says of itself is handed on by nodes that do not understand it")
    func handedOn() throws {
        var network = Self.network(seed: 2)
        let (relay, far) = (Self.others[0], Self.others[1])
        network.apply(.cutOneWay(from: Self.next, to: far))
        network.apply(.cutOneWay(from: far, to: Self.next))
        network.runNext(Self.next, for: .seconds(5))
        for id in [relay, far] {
            let member = try #require(
                network.snapshot(of: id)?.members.first { $0.info.name == Self.next.description }, network.report)
            #expect(member.info.extra == NodeHost.nextFields, "seen by \(id)")
            #expect(member.info.versions == 1...2 && member.info.priority == 100)
        }
    }

    @Test("a cluster is updated node by node, speaks the next version then, and the page stays")
    func rolling() throws {
        var network = NodeNetwork.ofNodes(3, seed: 3, versions: { $0.boots > 1 ? 1...2 : 1...1 })
        for id in network.hosts {
            network.apply(.stop(id))
            network.run(for: .seconds(2))
            network.apply(.start(id, keepingDisk: true))
            network.run(for: .seconds(4))
            network.expectOneCluster()
        }
        for id in network.hosts {
            let members = network.snapshot(of: id)?.members ?? []
            #expect(members.map(\.info.versions) == [1...2, 1...2, 1...2])
            for other in members where other.info.name != id.description {
                #expect(network.programs[id.index]?.node.membership.version(for: other.id) == 2)
            }
        }
    }

    @Test(
        "who speaks no version in common is named on both sides, and the address has one holder", arguments: Seeds.fewer
    )
    func nothingInCommon(_ seed: UInt64) throws {
        var network = NodeNetwork.ofNodes(
            3, seed: seed, started: false, versions: { $0.id == Self.next ? 2...2 : 1...1 })
        network.checkers.removeAll { $0 is OneClusterAfterHeal }
        network.startAll()
        network.run(for: .seconds(10))
        _ = try network.leader()
        func troubles(of id: HostID) throws -> [NodeSnapshot.TroubleReport] {
            try #require(network.snapshot(of: id), network.report).troubles
        }
        let ids = network.hosts.compactMap { network.snapshot(of: $0)?.session.node }
        for id in Self.others {
            #expect(try troubles(of: id).map(\.trouble) == [.version(ids[0], isNewer: true)])
            #expect(network.lights(of: id) == "otherVersion", network.report)
        }
        let older = try troubles(of: Self.next)
        #expect(Set(older.map(\.trouble)) == [.version(ids[1], isNewer: false), .version(ids[2], isNewer: false)])
        #expect(older.allSatisfy { $0.text.contains("an earlier version") && $0.text.contains("Update bramble there") })
        #expect(network.lights(of: Self.next) == "otherVersion")
        network.expectNoViolation()
    }
}

extension NodeHost {
    /// What the next version says of itself, behind all that is known today.
    static let nextFields: [UInt8] = [0xC0, 0xFF, 0xEE, 1, 2, 3]

    /// From here on this node tells of itself what the next version tells.
    mutating func becomeNext(at now: Instant) -> [HostAction] {
        guard node.membership.own.info.extra != Self.nextFields else { return [] }
        node.membership.own.info.extra = Self.nextFields
        var told: [SWIM.Action] = []
        node.membership.restate(at: now, into: &told)
        return []
    }

    /// Says to all what this version has no ear for.
    mutating func saySomethingNew(at now: Instant) -> [HostAction] {
        let payloads: [[UInt8]] = [
            [0x60, 1, 2, 3], [0x2F], [0x1E, 1, 0, 0], [0x1F, 2, 9], [0x14, 2, 0, 0], [0x30, 200, 1],
        ]
        var actions = becomeNext(at: now)
        for payload in payloads {
            guard var datagram = try? node.link.seal(payload) else { continue }
            actions.append(.broadcast(datagram))
            // The format of datagrams may have a next version, too.
            datagram[3] = 2
            actions.append(.broadcast(datagram))
        }
        return actions
    }
}

extension SimulatedNetwork where Host == NodeHost {
    /// Lets time pass in which this node says something new, ten times a second.
    fileprivate mutating func runNext(_ id: HostID, for duration: Duration) {
        let end = now.advanced(by: duration)
        while now < end {
            command(id) { host, now in host.saySomethingNew(at: now) }
            run(for: .milliseconds(100))
        }
    }
}
