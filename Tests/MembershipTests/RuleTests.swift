import Testing
import Wire

@testable import Membership

/// What each rule says, tried on one instance with hand-made messages.
struct RuleTests {
    // MARK: Who overrides whom

    struct Override: Sendable, CustomTestStringConvertible {
        let held: (state: Member.State, counter: UInt32, boot: UInt64)
        let heard: (state: Member.State, counter: UInt32, boot: UInt64)
        let wins: Bool
        var testDescription: String { "\(heard) over \(held)" }
    }

    @Test(
        "a statement overrides one that is older or milder",
        arguments: [
            Override(held: (.alive, 1, 1), heard: (.alive, 2, 1), wins: true),
            Override(held: (.alive, 1, 1), heard: (.suspect, 1, 1), wins: true),
            Override(held: (.alive, 1, 1), heard: (.dead, 1, 1), wins: true),
            Override(held: (.alive, 2, 1), heard: (.dead, 1, 1), wins: false),
            Override(held: (.suspect, 1, 1), heard: (.alive, 1, 1), wins: false),
            Override(held: (.suspect, 1, 1), heard: (.alive, 2, 1), wins: true),
            Override(held: (.dead, 1, 1), heard: (.alive, 1, 1), wins: false),
            Override(held: (.dead, 1, 1), heard: (.alive, 2, 1), wins: true),
            Override(held: (.dead, 9, 1), heard: (.alive, 0, 2), wins: true),
            Override(held: (.left, 9, 1), heard: (.suspect, 9, 1), wins: false),
            Override(held: (.alive, 0, 2), heard: (.dead, 9, 1), wins: false),
        ])
    func overrides(row: Override) {
        var desk = Desk(members: 1...1)
        func third(_ part: (state: Member.State, counter: UInt32, boot: UInt64)) -> Record {
            Self.record(2, part.state, boot: part.boot, counter: part.counter, address: Self.address(2))
        }
        _ = desk.hear(.gossip, [third(row.held)], from: Self.session(1))
        #expect(desk.member(2)?.state == row.held.state)
        let actions = desk.hear(.gossip, [third(row.heard)], from: Self.session(1))
        let expected = row.wins ? row.heard : row.held
        #expect(desk.member(2)?.state == expected.state)
        #expect(desk.member(2)?.incarnation == Incarnation(boot: expected.boot, salt: 1, counter: expected.counter))
        #expect(Self.ignored(actions) == (row.wins ? [] : [.outdated]))
    }

    @Test("what the other side of a split believes is a suspicion here, when it comes with everything else")
    func deadInSync() {
        var desk = Desk(members: 1...2)
        _ = desk.hear(.sync(wantsReply: false), [Self.record(2, .dead)], from: Self.session(1))
        #expect(desk.member(2)?.state == .suspect)
    }

    // MARK: Ourselves

    @Test("who is accused answers with a newer statement", arguments: [Member.State.suspect, .dead, .left])
    func refute(state: Member.State) {
        var desk = Desk(members: 1...1)
        let ping = Message.Body.ping(sequence: 4, target: Self.own.node)
        let actions = desk.hear(ping, [Self.ownRecord(state, counter: 6)], from: Self.session(1))
        let answer = Self.messages(actions).first { $0.message.body == .ack(sequence: 4) }
        #expect(answer?.to == Self.address(1))
        #expect(
            answer?.message.records.first
                == Record(session: Self.own, counter: 7, state: .alive, info: MemberInfo(name: "own")))
        #expect(desk.swim.localHealth == 1)
    }

    @Test("an old accusation is answered with the statement that refuted it, and not again")
    func oldAccusation() {
        var desk = Desk(members: 1...1)
        _ = desk.hear(.gossip, [Self.ownRecord(.suspect)], from: Self.session(1))
        let ping = Message.Body.ping(sequence: 0, target: Self.own.node)
        let actions = desk.hear(ping, [Self.ownRecord(.suspect)], from: Self.session(1))
        #expect(Self.messages(actions).first?.message.records.first?.counter == 1)
        #expect(desk.swim.localHealth == 1)
    }

    @Test("two machines with one ID do not quarrel: the higher run wins, and it is counted")
    func clones() {
        var desk = Desk(members: 1...2)
        let higher = Self.ownRecord(.alive, counter: 50, salt: 31)
        #expect(Self.ignored(desk.hear(.gossip, [higher], from: Self.session(1))) == [.duplicateIdentity])
        #expect(desk.swim.members.first { $0.id == Self.own.node }?.incarnation.counter == 0)
        let clone = Self.record(2, salt: 9, address: Self.address(3))
        for _ in 0..<5 {
            #expect(
                Self.ignored(desk.hear(.gossip, [clone], from: Self.session(1))).allSatisfy { $0 == .duplicateIdentity }
            )
            #expect(desk.member(2)?.session.salt == 9)
            let lower = desk.hear(.gossip, [Self.record(2)], from: Self.session(2))
            #expect(Self.ignored(lower) == [.duplicateIdentity])
            #expect(desk.member(2)?.session.salt == 9)
        }
    }

    // MARK: Addresses

    @Test("hearsay does not override an address that a member was heard from")
    func hearsay() {
        var desk = Desk(members: 1...2)
        _ = desk.hear(.gossip, [Self.record(2, counter: 1, address: Self.address(9))], from: Self.session(1))
        #expect(desk.member(2)?.address == Self.address(2))
        #expect(desk.member(2)?.incarnation.counter == 1)
    }

    @Test("a member with two addresses is not followed to and fro, one that moved is followed")
    func twoAddresses() {
        var desk = Desk(members: 1...1)
        _ = desk.hear(.ack(sequence: 0), from: Self.session(1), at: 77)
        #expect(desk.member(1)?.address == Self.address(1))
        desk.now = desk.now.advanced(by: .milliseconds(1100))
        let actions = desk.hear(.ack(sequence: 0), from: Self.session(1), at: 77)
        #expect(desk.member(1)?.address == Self.address(77))
        #expect(actions.contains { if case .changed(let member, .alive) = $0 { member.id.low == 1 } else { false } })
    }

    @Test("that a member is dead is only a suspicion where it was heard a moment ago", arguments: [300, 500])
    func justHeard(milliseconds: Int64) {
        var desk = Desk(members: 1...2)
        desk.now = desk.now.advanced(by: .milliseconds(milliseconds))
        _ = desk.hear(.gossip, [Self.record(2, .dead)], from: Self.session(1))
        #expect(desk.member(2)?.state == (milliseconds < 400 ? .suspect : .dead))
    }

    // MARK: Probing

    @Test("a silent member is probed again with help; the helper's no spares our health")
    func indirect() {
        var desk = Desk(members: 1...3)
        _ = desk.hear(.gossip, [Self.record(2, counter: 1)], from: Self.session(2))
        var requests: [(Message, SocketAddress?)] = []
        for _ in 0..<100 {
            for (message, address) in Self.messages(desk.wait(.milliseconds(10))) {
                switch message.body {
                case .ping(let sequence, let target) where target.low != 2:
                    _ = desk.hear(.ack(sequence: sequence), from: Self.session(target.low))
                case .pingRequest(let sequence, let target, let patience):
                    requests.append((message, address))
                    #expect(target.low == 2)
                    #expect(patience == 80)
                    _ = desk.hear(.nack(sequence: sequence), from: Self.session(UInt64(address?.ip.bytes[3] ?? 0)))
                default: break
                }
            }
        }
        #expect(Set(requests.compactMap(\.1)) == [Self.address(1), Self.address(3)])
        #expect(desk.member(2)?.state == .suspect)
        #expect(desk.swim.localHealth == 0)
    }

    @Test("a suspect is told so by the next ping")
    func buddy() {
        var desk = Desk(members: 1...2)
        _ = desk.hear(.gossip, [Self.record(2, .suspect, accusers: [Self.session(1).node])], from: Self.session(1))
        let pings = Self.messages(desk.wait(.milliseconds(250))).filter {
            if case .ping(_, let target) = $0.message.body { target.low == 2 } else { false }
        }
        #expect(!pings.isEmpty)
        #expect(
            pings.allSatisfy { $0.message.records.first?.state == .suspect && $0.message.records.first?.node.low == 2 })
    }

    @Test("who stood still itself accuses nobody, and gives suspects the missed time back", arguments: [false, true])
    func ownPause(datagramFirst: Bool) {
        var desk = Desk(members: 1...3)
        _ = desk.hear(.gossip, [Self.record(2, .suspect, accusers: [Self.session(1).node])], from: Self.session(1))
        let asked = Self.messages(desk.wait(.milliseconds(250))).contains { $0.message.body.kind == 0x10 }
        #expect(asked)
        let before = desk.swim.members.map(\.state)
        let health = desk.swim.localHealth
        desk.now = desk.now.advanced(by: .seconds(30))
        if datagramFirst { _ = desk.hear(.gossip, from: Self.session(3)) }
        let actions = desk.swim.deadlineReached(at: desk.now)
        #expect(desk.swim.members.map(\.state) == before)
        #expect(desk.swim.localHealth == health + 1)
        #expect(!actions.isEmpty)
        _ = desk.wait(.seconds(10))
        #expect(desk.member(2)?.state == .dead, "silence after the pause counts")
    }

    @Test("a helper pings, passes the answer on, and says no in time")
    func relay() {
        var desk = Desk(members: 1...2)
        let request = Message.Body.pingRequest(sequence: 70, target: Self.session(2).node, patience: 80)
        let asked = Self.messages(desk.hear(request, from: Self.session(1)))
        guard case .ping(let sequence, _)? = asked.first?.message.body else {
            Issue.record("no ping")
            return
        }
        #expect(asked.first?.to == Self.address(2))
        let nacks = Self.messages(desk.wait(.milliseconds(81))).filter { $0.message.body == .nack(sequence: 70) }
        #expect(nacks.map(\.to) == [Self.address(1)])
        let passed = Self.messages(desk.hear(.ack(sequence: sequence), from: Self.session(2)))
        let answer = passed.first { $0.message.body == .ack(sequence: 70) && $0.to == Self.address(1) }
        #expect(answer?.message.records.first { $0.node == Self.session(2).node }?.address == Self.address(2))
    }

    @Test(
        "a member that answers through a helper alone is followed where the helper heard it, from the second time on",
        arguments: [("at the helper's word", 1, 77), ("not at a third one's word", 3, 2)] as [(String, UInt64, UInt32)])
    func detour(_: String, teller: UInt64, expected: UInt32) {
        var desk = Desk(members: 1...3)
        var detours = 0
        while detours < 2, desk.now < Instant(nanoseconds: 10_000_000_000) {
            for (message, address) in Self.messages(desk.wait(.milliseconds(10))) {
                switch message.body {
                case .ping(let sequence, let target) where target.low != 2:
                    _ = desk.hear(.ack(sequence: sequence), from: Self.session(target.low))
                case .pingRequest(let sequence, let target, _) where target.low == 2 && address == Self.address(1):
                    let moved = Self.record(2, address: Self.address(77))
                    if teller != 1 { _ = desk.hear(.gossip, [moved], from: Self.session(teller)) }
                    #expect(desk.member(2)?.address == Self.address(2), "once may be chance")
                    _ = desk.hear(.ack(sequence: sequence), teller == 1 ? [moved] : [], from: Self.session(1))
                    detours += 1
                default: break
                }
            }
        }
        #expect(detours == 2)
        #expect(desk.member(2)?.address == Self.address(expected))
        #expect(desk.member(2)?.state == .alive)
    }

    // MARK: What is ignored

    @Test("whatever is ignored has a reason")
    func reasons() {
        var desk = Desk(members: 1...1)
        let one = Self.session(1)
        let elsewhere = NodeID(high: 5, low: 5)
        #expect(Self.ignored(desk.hear(.ping(sequence: 1, target: elsewhere), from: one)) == [.notForUs])
        #expect(Self.ignored(desk.hear(.ack(sequence: 999), from: one)) == [.lateAnswer])
        #expect(Self.ignored(desk.hear(.nack(sequence: 999), from: one)) == [.lateAnswer])
        #expect(Self.ignored(desk.hear(.hello, from: Self.own)) == [.ownMessage])
        #expect(Self.ignored(desk.hear(.hello, from: Self.session(100, boot: 3, salt: 1))) == [.duplicateIdentity])
        #expect(Self.ignored(desk.hear(.hello, from: Self.session(1, boot: 0))) == [.olderSession])
        #expect(Self.ignored(desk.hear(.gossip, [Self.record(8)], from: one)) == [.noAddress])
        let request = Message.Body.pingRequest(sequence: 1, target: elsewhere, patience: 1)
        #expect(Self.ignored(desk.hear(request, from: one)) == [.unknownTarget])
        #expect(Self.ignored(desk.hear(request, from: Self.session(9))) == [.notAMember])
        #expect(
            Self.ignored(desk.swim.receive([0x1F, 1], from: Self.address(1), sender: one, at: .zero)) == [.unknownKind])
        #expect(Self.ignored(desk.swim.receive([0x10], from: Self.address(1), sender: one, at: .zero)) == [.malformed])
        #expect(
            Self.ignored(desk.swim.receive([0x14, 9, 0, 0], from: Self.address(1), sender: one, at: .zero)) == [
                .protocolVersion
            ])
    }

    // MARK: Calls

    @Test("known peers, configured addresses and everybody are called for ever, ever more slowly")
    func calls() {
        let known = KnownPeer(id: NodeID(high: 0, low: 5), lastAddress: Self.address(5), name: "five")
        var desk = Desk(known: [known], seeds: [Self.address(6)])
        func helloTargets(_ actions: [SWIM.Action]) -> [SocketAddress?] {
            Self.messages(actions).filter { $0.message.body == .hello }.map(\.to)
        }
        let early = helloTargets(desk.wait(.seconds(1)))
        for target in [Self.address(5), Self.address(6), nil] {
            #expect((3...5).contains(early.count { $0 == target }))
        }
        _ = desk.wait(.seconds(200))
        let late = helloTargets(desk.wait(.seconds(300)))
        #expect((23...41).contains(late.count { $0 == nil }))
        #expect((23...41).contains(late.count { $0 == Self.address(6) }))
        #expect((7...14).contains(late.count { $0 == Self.address(5) }))
        desk.swim.callAnew(at: desk.now)
        let again = helloTargets(desk.wait(.seconds(1)))
        for target in [Self.address(5), Self.address(6), nil] {
            #expect((3...5).contains(again.count { $0 == target }), "as at the start")
        }
    }

    @Test("a peer that has just been proven is told everything at once, and asked for the same")
    func proven() {
        var desk = Desk(members: 1...1)
        let actions = desk.swim.proven(Self.session(2), from: Self.address(2), at: desk.now)
        let sent = Self.messages(actions)
        #expect(sent.map(\.message.body) == [.sync(wantsReply: true)])
        #expect(sent.first?.to == Self.address(2))
        #expect(sent.first?.message.records.map(\.node) == [Self.own.node, Self.session(1).node])
        #expect(desk.swim.proven(Self.session(1), from: Self.address(1), at: desk.now).isEmpty, "a member needs none")
    }
}
