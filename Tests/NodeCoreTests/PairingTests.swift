import NodeCore
import Testing
import Wire

@Suite("Pairing of nodes that were given no key")
struct PairingTests {
    @Test(
        "all that are there become one group, whatever the order and the loss",
        arguments: [2, 3, 5, 12], [(0, 1), (0, 2), (20, 3), (60, 4)] as [(Int, UInt64)])
    func gathers(_ count: Int, _ weather: (loss: Int, seed: UInt64)) throws {
        var network = try PairingNetwork(count, seed: weather.seed, starting: false)
        network.lossPercent = weather.loss
        var random = SeededGenerator(seed: weather.seed)
        for index in network.hosts.indices.shuffled(using: &random) {
            network.start(index)
            network.run(for: .milliseconds(Int.random(in: 0...5000, using: &random)))
        }
        let lowest = network.groups.min()
        network.run(for: .seconds(100))
        #expect(network.groups == [try #require(lowest)] && network.clusterKeys.count == 1)
        for host in network.hosts {
            #expect(host.pairing?.found == count)
            #expect(host.keys.last ?? host.record.key == network.hosts[0].record.key)
        }
        network.run(for: .seconds(300))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }

    @Test("three that start at the same instant, of which one dies half-way, leave two with one key", arguments: 1...20)
    func dies(_ seed: UInt64) throws {
        var network = try PairingNetwork(3, seed: seed)
        network.run(for: .milliseconds(Int(seed) / 4))
        let lowest = network.hosts.indices.min { network.hosts[$0].record.group < network.hosts[$1].record.group } ?? 0
        network.stop(lowest)
        network.run(for: .seconds(20))
        let rest = network.hosts.indices.filter { $0 != lowest }
        #expect(Set(rest.map { network.hosts[$0].record.key }).count == 1)
        network.start(lowest)
        network.run(for: .seconds(20))
        #expect(network.clusterKeys.count == 1, "and it joins them when it is back")
    }

    @Test("a cluster that opens again takes others in and joins nobody, whatever the numbers", arguments: 1...6)
    func opensAgain(_ seed: UInt64) throws {
        var network = try PairingNetwork(4, seed: seed, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        let group = network.hosts[0].record.group
        network.start(2)
        network.start(3)
        network.run(for: .seconds(3))
        #expect(network.hosts[2].record.group != group)
        network.perform(1) { $0.openAgain(at: $1) }
        network.run(for: .seconds(20))
        #expect(network.groups == [group])
        // The other member is complete and says so: who has come stays open only so long that others can follow.
        #expect(network.hosts.map(\.record.standing) == [.closed, .open, .closed, .closed])
        network.run(for: .seconds(400))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }

    @Test("a node that finds nobody stays alone, and asks")
    func alone() throws {
        var network = try PairingNetwork(1, seed: 1)
        network.run(for: .seconds(179))
        #expect(network.hosts[0].record.standing == .open)
        network.run(for: .seconds(2))
        #expect(network.hosts[0].record.standing == .alone)
        #expect(network.hosts[0].events == [.closed(isAlone: true)] && network.hosts[0].keys.isEmpty)
    }

    @Test("a closed group takes in nobody by itself; it shows who asks, and a person lets it in")
    func admits() throws {
        var network = try PairingNetwork(3, seed: 2, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        #expect(network.hosts[0].record.standing == .closed)
        network.start(2)
        network.run(for: .seconds(30))
        let key = network.hosts[2].identity.publicKey
        #expect(network.groups.count == 2)
        #expect(network.hosts[0].pairing?.asking.map(\.key) == [key])
        #expect(network.hosts[0].events.last?.text.contains("bramble admit \(key.fingerprint)") == true)
        network.perform(0) { $0.admit("0000-not-there", at: $1) }
        network.run(for: .seconds(5))
        #expect(network.groups.count == 2)
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(5))
        #expect(network.groups.count == 1 && network.clusterKeys.count == 1)
        #expect(network.hosts[2].record.standing == .closed)
        #expect(network.hosts[0].pairing?.asking.isEmpty == true)
    }

    @Test("two groups that closed apart stay apart, until one asks and the other admits it")
    func apart() throws {
        var network = try PairingNetwork(6, seed: 3)
        // The last two are by themselves.
        let isApart: @Sendable (Int, Int) -> Bool = { max($0, $1) > 3 || $0 % 2 != $1 % 2 }
        network.isCut = isApart
        network.run(for: .seconds(250))
        network.isCut = { max($0, $1) > 4 }
        network.run(for: .seconds(250))
        #expect(Set(network.hosts[0...4].map(\.record.group)).count == 3)
        let key = network.hosts[1].identity.publicKey
        let admitting = network.hosts[0].identity.publicKey.fingerprint
        network.perform(1) { $0.askForAdmission(by: admitting, at: $1) }
        network.run(for: .seconds(6))
        #expect(network.hosts[0].pairing?.asking.contains { $0.key == key } == true)
        let own = network.hosts[1].record.group
        #expect(network.hosts[4].pairing?.asking.contains { $0.key == key } == true)
        network.perform(4) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.hosts[1].record.group == own, "nobody admits it but the node that was named")
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.hosts[1].record.key == network.hosts[0].record.key)
        #expect(network.hosts[1].broughtMembers.last == true)
    }

    @Test("who asks by a person's word while it gathers goes to no other group meanwhile", arguments: 1...6)
    func asksWhileOpen(_ seed: UInt64) throws {
        var network = try PairingNetwork(3, seed: seed, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        let (complete, hoped) = (network.hosts[0].record.group, network.hosts[0].identity.publicKey.fingerprint)
        network.start(2)
        network.perform(2) { $0.askForAdmission(by: hoped, at: $1) }
        network.run(for: .seconds(2))
        var stranger = try Stranger(seed: seed)
        let announced = try #require(network.announced(by: 2).last)
        let key = network.hosts[2].identity.publicKey
        network.inject(
            try stranger.offer(group: 0, isAdmission: false, isEstablished: true, to: key, announced: announced),
            from: 9, to: 2)
        #expect(network.hosts[2].keys.isEmpty)
        network.perform(1) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.hosts[2].keys.isEmpty, "and is admitted by no other node")
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.groups == [complete] && network.hosts[2].broughtMembers == [true])
    }

    @Test("of two that admit each other at once one joins, and they do not change places", arguments: 1...8)
    func crossed(_ seed: UInt64) throws {
        var network = try PairingNetwork(2, seed: seed)
        network.isCut = { _, _ in true }
        network.run(for: .seconds(190))
        network.isCut = { _, _ in false }
        network.run(for: .seconds(10))
        let lowest = network.groups.min()
        #expect(network.hosts.allSatisfy { $0.record.standing == .alone })
        for (index, other) in [(0, 1), (1, 0)] {
            let fingerprint = network.hosts[other].identity.publicKey.fingerprint
            network.perform(index) { $0.admit(fingerprint, at: $1) }
        }
        network.run(for: .seconds(20))
        #expect(network.groups == [try #require(lowest)] && network.clusterKeys.count == 1)
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }

    @Test("one that was alone and has let somebody in is complete, though it never heard so")
    func lostAcceptance() throws {
        var network = try PairingNetwork(2, seed: 5)
        network.isCut = { _, _ in true }
        network.run(for: .seconds(190))
        network.isCut = { from, _ in from == 0 }
        network.run(for: .seconds(7))
        let fingerprint = network.hosts[1].identity.publicKey.fingerprint
        network.isCut = { from, _ in from == 1 }
        network.perform(0) { $0.admit(fingerprint, at: $1) }
        network.run(for: .seconds(10))
        #expect(network.groups.count == 1 && network.hosts.map(\.record.standing) == [.alone, .closed])
        network.isCut = { _, _ in false }
        network.perform(0) { _, _ in [] }
        #expect(network.hosts.map(\.record.standing) == [.closed, .closed])
    }

    @Test("a person's word holds for three minutes", arguments: [170, 190])
    func expires(_ seconds: Int) throws {
        var network = try PairingNetwork(2, seed: 5)
        network.isCut = { _, _ in true }
        network.run(for: .seconds(190))
        network.isCut = { from, _ in from == 0 }
        network.run(for: .seconds(10))
        let key = network.hosts[1].identity.publicKey
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(seconds))
        network.isCut = { _, _ in false }
        network.run(for: .seconds(9))
        #expect((network.groups.count == 1) == (seconds < 180))
    }

    @Test("when one node closes, its whole group does, but for nodes that a person has opened again")
    func closesTogether() throws {
        var network = try PairingNetwork(3, seed: 6)
        network.run(for: .seconds(20))
        #expect(network.groups.count == 1)
        network.perform(1) { pairing, _ in pairing.closeNow() }
        network.run(for: .milliseconds(10))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
        network.perform(2) { $0.openAgain(at: $1) }
        network.run(for: .seconds(100))
        #expect(network.hosts.map(\.record.standing) == [.closed, .closed, .open])
    }

    @Test("one that missed that its group is complete hears of it, and goes to no other group")
    func closesLate() throws {
        var network = try PairingNetwork(3, seed: 7, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(20))
        network.isCut = { _, _ in true }
        network.perform(0) { pairing, _ in pairing.closeNow() }
        network.run(for: .seconds(2))
        #expect(network.hosts[1].record.standing == .open)
        network.isCut = { _, _ in false }
        network.run(for: .seconds(3))
        #expect(network.hosts[1].record.standing == .closed)
    }

    @Test("one that restarts while it gathers waits for its company, and asks if none comes back", arguments: 1...6)
    func restarts(_ seed: UInt64) throws {
        var network = try PairingNetwork(4, seed: seed)
        network.isCut = { $0 / 2 != $1 / 2 }
        network.run(for: .seconds(20))
        let group = network.hosts[0].record.group
        network.stop(0)
        // The other goes to a cluster, which is complete soon.
        network.perform(2) { pairing, _ in pairing.closeNow() }
        network.run(for: .seconds(2))
        network.perform(2) { $0.openAgain(at: $1) }
        network.isCut = { _, _ in false }
        network.run(for: .seconds(200))
        #expect(network.hosts[1].record.group == network.hosts[2].record.group)
        network.start(0)
        network.run(for: .seconds(170))
        #expect(network.hosts[0].record.group == group && network.hosts[0].pairing?.asking.isEmpty == true)
        network.run(for: .seconds(20))
        #expect(network.hosts[0].record.standing == .alone)
        let fingerprint = network.hosts[0].identity.publicKey.fingerprint
        network.perform(1) { $0.admit(fingerprint, at: $1) }
        network.run(for: .seconds(7))
        #expect(network.groups.count == 1 && network.clusterKeys.count == 1)
    }

    @Test(
        "one that restarts while it gathers is complete with its company when that is there", arguments: [false, true])
    func restartsWithCompany(isLate: Bool) throws {
        var network = try PairingNetwork(2, seed: 4)
        network.run(for: .seconds(20))
        network.stop(0)
        network.start(0)
        if isLate { network.isCut = { _, _ in true } }
        network.run(for: .seconds(190))
        #expect(network.hosts[0].record.standing == (isLate ? .alone : .closed))
        network.isCut = { _, _ in false }
        network.run(for: .seconds(10))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed } && network.clusterKeys.count == 1)
    }

    @Test("who has joined shows that to nobody, and lets nobody in, before it is on its disk", arguments: 1...4)
    func unstored(_ seed: UInt64) throws {
        var network = try PairingNetwork(3, seed: seed)
        let order = network.hosts.indices.sorted { network.hosts[$0].record.group < network.hosts[$1].record.group }
        // The last one hears the middle one alone, and that one's disk is full.
        let (first, middle, last) = (order[0], order[1], order[2])
        network.isCut = { Set([$0, $1]) == [first, last] || Set([$0, $1]) == [middle, last] }
        network.setDisk(false, of: middle)
        network.run(for: .seconds(5))
        #expect(network.hosts[middle].record.group == network.hosts[first].record.group)
        let announced = network.announced(by: middle).count
        network.isCut = { Set([$0, $1]) == [first, last] }
        network.run(for: .seconds(10))
        #expect(network.announced(by: middle).count == announced)
        #expect(network.groups.count == 2)
        network.setDisk(true, of: middle)
        network.run(for: .seconds(5))
        #expect(network.groups.count == 1)
    }

    @Test("those that have found each other go together to a cluster that gathers", arguments: 1...6)
    func follows(_ seed: UInt64) throws {
        var network = try PairingNetwork(4, seed: seed)
        network.isCut = { $0 / 2 != $1 / 2 }
        network.run(for: .seconds(20))
        network.perform(2) { pairing, _ in pairing.closeNow() }
        network.run(for: .seconds(2))
        let (group, other) = (network.hosts[2].record.group, network.hosts[0].record.group)
        network.perform(2) { $0.openAgain(at: $1) }
        // Of the two, only one ever hears anything of the cluster, of which a member says that it is complete.
        network.isCut = { ($0 == 1 && $1 > 1) || ($1 == 1 && $0 > 1) }
        network.run(for: .seconds(9))
        #expect(group != other && network.groups == [group])
        network.run(for: .seconds(200))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
    }
}
