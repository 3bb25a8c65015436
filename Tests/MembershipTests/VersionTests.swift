import Testing
import Wire

@testable import Membership

@Suite("Versions of the protocol")
struct VersionTests {
    private typealias Rules = RuleTests

    /// A node of versions 2 to 4 that knows member 1, which speaks these.
    private static func desk(with versions: ClosedRange<UInt8>) -> Rules.Desk {
        var desk = Rules.Desk(versions: 2...4)
        var record = Rules.record(1)
        record.info.versions = versions
        var packet = Packet(.hello, version: 2, limit: 1100)
        _ = packet.add(record.encoded)
        _ = desk.swim.receive(packet.bytes, from: Rules.address(1), sender: record.session, at: desk.now)
        return desk
    }

    /// The second byte of all payloads that went to member 1, and to everybody.
    private static func versions(of actions: [SWIM.Action]) -> (member: Set<UInt8>, everybody: Set<UInt8>) {
        actions.reduce(into: ([], [])) { found, action in
            switch action {
            case .send(let payload, let address) where address == Rules.address(1): found.0.insert(payload[1])
            case .broadcast(let payload): found.1.insert(payload[1])
            default: break
            }
        }
    }

    @Test(
        "a member is spoken to in the highest version that both know, and everybody in the lowest",
        arguments: [(1...2, 2), (1...3, 3), (2...4, 4), (3...9, 4), (1...1, 2), (5...6, 2)]
            as [(ClosedRange<UInt8>, UInt8)])
    func spoken(_ versions: ClosedRange<UInt8>, _ expected: UInt8) {
        var desk = Self.desk(with: versions)
        let known = Self.versions(of: desk.converse(for: .seconds(40)))
        #expect(desk.member(1)?.state == .alive)
        #expect(known.member == [expected] && known.everybody == [2])
    }

    @Test("a member that has gone is called in the lowest version: it may come back as an older one")
    func gone() {
        var desk = Self.desk(with: 2...4)
        _ = desk.wait(.seconds(5))
        #expect(desk.member(1)?.state == .dead)
        let called = Self.versions(of: desk.wait(.seconds(60)))
        #expect(called.member == [2])
    }

    @Test("a cluster is updated node by node over two versions, and one of three is always another", arguments: 1...5)
    func rolling(_ seed: UInt64) {
        var network = TestNetwork(3, seed: seed)
        network.run(for: .seconds(3))
        for (versions, understood) in [(1...2, true), (2...2, false)] as [(ClosedRange<UInt8>, Bool)] {
            for index in 0..<3 {
                network.perform(index) { swim, now in swim.leave(at: now) }
                network.crash(index)
                network.run(for: .seconds(1))
                network.versions[index] = versions
                network.start(index)
                network.run(for: .seconds(20))
                #expect(network.isWhole(), "\(index) speaks \(versions)")
            }
            // Who has dropped version 1 is called in it, by those who do not know that yet.
            if understood { #expect(network.ignored[.protocolVersion] == nil) }
        }
        let infos = network.hosts.flatMap { $0.swim?.members.map(\.info.versions) ?? [] }
        #expect(infos == Array(repeating: 2...2, count: 9))
    }

    @Test("of two that have no version in common neither is a member, and each knows which is to be updated")
    func nothingInCommon() {
        var network = TestNetwork(2, starting: false)
        network.versions = [0: 1...1, 1: 2...3]
        for index in 0..<2 { network.start(index) }
        network.run(for: .seconds(30))
        #expect(network.state(of: 1, seenBy: 0) == nil && network.state(of: 0, seenBy: 1) == nil)
        #expect(network.hosts[0].swim?.otherVersions.map(\.isNewer) == [true])
        #expect(network.hosts[1].swim?.otherVersions.map(\.isNewer) == [false])
    }

    @Test("messages of other versions are ignored, and it is known whose they were: each node's last, of eight nodes")
    func otherVersions() throws {
        var desk = Rules.Desk(members: 1...2)
        func hear(_ version: UInt8, from low: UInt64) -> [SWIM.Action] {
            desk.swim.receive(
                [0x14, version, 0, 0], from: Rules.address(UInt32(low)), sender: Rules.session(low), at: desk.now)
        }
        #expect(desk.swim.otherVersions.isEmpty)
        #expect(hear(7, from: 2) == [.ignored(.protocolVersion)])
        let other = try #require(desk.swim.otherVersions.last)
        #expect(other.version == 7 && other.isNewer && other.sender == Rules.session(2))
        #expect(other.source == Rules.address(2) && other.at == desk.now)
        _ = hear(0, from: 1)
        _ = hear(6, from: 2)
        #expect(desk.swim.otherVersions.map(\.version) == [0, 6])
        #expect(desk.swim.otherVersions.map(\.isNewer) == [false, true])
        for low in 3...20 { _ = hear(9, from: UInt64(low)) }
        #expect(desk.swim.otherVersions.map(\.sender.node.low) == Array(13...20))
    }
}

extension RuleTests.Desk {
    /// What it does in this time while member 1 acknowledges what it is asked, and asks for everything once.
    fileprivate mutating func converse(for duration: Duration) -> [SWIM.Action] {
        var actions = hear(.sync(wantsReply: true))
        let end = now.advanced(by: duration)
        while now < end {
            let done = wait(.milliseconds(50))
            actions += done
            for case .send(let payload, RuleTests.address(1)) in done {
                guard case .message(let message) = Message.decode(payload, versions: 2...4) else { continue }
                switch message.body {
                case .ping(let sequence, _), .stretch(let sequence): actions += hear(.ack(sequence: sequence))
                default: break
                }
            }
        }
        return actions
    }

    private mutating func hear(_ body: Message.Body) -> [SWIM.Action] {
        let packet = Packet(body, version: 2, limit: 1100)
        return swim.receive(packet.bytes, from: RuleTests.address(1), sender: RuleTests.session(1), at: now)
    }
}
