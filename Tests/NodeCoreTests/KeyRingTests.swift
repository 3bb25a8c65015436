import Membership
import Testing
import Wire

@testable import NodeCore

/// A key that follows from a number.
private func key(_ number: UInt64) -> ClusterKey {
    var random = SeededGenerator(seed: number)
    return ClusterKey(using: &random)
}

private func ring(_ keys: [(UInt64, UInt32)], floor: UInt32 = 0) throws -> KeyRing {
    try #require(KeyRing(keys.map { KeyRing.Entry(key($0.0), generation: $0.1) }, floor: floor))
}

@Suite("Rings of keys")
struct KeyRingTests {
    @Test("the newest seals, and those of the file stand last in its order")
    func order() throws {
        let keyring = try Keyring(newestFirst: [key(1), key(2)])
        let unrotated = KeyRing(keyring)
        #expect(!unrotated.isRotated && unrotated.keyring() == keyring)
        let next = try #require(unrotated.adding(key(3)))
        #expect(next.isRotated && next.entries.map(\.key) == [key(3), key(1), key(2)])
        #expect(next.adding(key(1)) == nil && next.adding(key(3)) == nil, "a key comes once")
    }

    @Test("merging two rings gives one, whichever way round, and again", arguments: 1...40 as ClosedRange<UInt64>)
    func merging(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func sample() throws -> KeyRing {
            let floor = UInt32.random(in: 0...2, using: &random)
            let keys = (1...Int.random(in: 1...4, using: &random)).map { number in
                (
                    UInt64.random(in: 1...5, using: &random) * 10 + UInt64(number),
                    UInt32.random(in: 1...4, using: &random)
                )
            }
            let dropped = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                let gone = UInt64.random(in: 1...5, using: &random) * 10 + UInt64.random(in: 1...4, using: &random)
                return KeyRing.Dropped(key(gone), generation: UInt32.random(in: 1...4, using: &random))
            }
            let entries = (keys + [(99, 4)]).map { KeyRing.Entry(key($0.0), generation: $0.1) }
            return try #require(KeyRing(entries, floor: floor, dropped: dropped))
        }
        let (one, other, third) = (try sample(), try sample(), try sample())
        func content(_ ring: KeyRing) -> [UInt64: [KeyRing.Entry]] { [UInt64(ring.floor): ring.entries] }
        let both = one.merged(with: other)
        #expect(content(both) == content(other.merged(with: one)))
        #expect(content(both.merged(with: one)) == content(both))
        #expect(!both.adds(to: both) && both.entries.count <= KeyRing.limit)
        #expect(both.entries.allSatisfy { !both.hasDropped($0.key) } && both.newest.generation >= both.floor)
        #expect(both.dropped == other.merged(with: one).dropped)
        #expect(
            content(both.merged(with: third)).keys == content(one.merged(with: other.merged(with: third))).keys)
    }

    @Test("what was dropped stays dropped, wherever it turns up")
    func dropping() throws {
        let before = try ring([(2, 1), (1, 0)])
        let after = try #require(before.droppingOlder())
        #expect(after.entries.map(\.key) == [key(2)] && after.floor == 2)
        #expect(after.dropped.map(\.fingerprint) == [key(1).fingerprint])
        #expect(after.merged(with: before) == after)
        #expect(before.merged(with: after).entries == after.entries)
        #expect(after.droppingOlder() == nil && KeyRing(Keyring(key(1))).droppingOlder() == nil)
        #expect(after.keyring().dropped == [key(1).hint])
        #expect(after.keyring(fading: [key(1)]).dropped == [], "it opens for a moment yet")
    }

    @Test("a key that was made apart outlives a drop on the other side of a split")
    func dropApart() throws {
        let here = try #require(try ring([(2, 1), (1, 0)]).droppingOlder())
        let there = try ring([(3, 2), (2, 1), (1, 0)])
        let healed = here.merged(with: there)
        #expect(Set(healed.entries.map(\.key)) == [key(2), key(3)])
        #expect(healed.entries == there.merged(with: here).entries)
    }

    @Test(
        "what the keys in a file are to the ring",
        arguments: [
            ([2], .current, [2]), ([1], .behind, [2]), ([9], .foreign, [9]), ([9, 2], .current, [9, 2]),
            ([9, 1], .current, [9, 2]),
            // Not first, so not new: dropped so long ago that nobody remembers.
            ([2, 9], .current, [2]), ([1, 9], .behind, [2]), ([1, 2], .behind, [2]),
        ] as [([UInt64], KeyRing.FileStanding, [UInt64])])
    func file(keys: [UInt64], standing: KeyRing.FileStanding, result: [UInt64]) throws {
        let dropped = try #require(try ring([(2, 1), (1, 0)]).droppingOlder())
        let found = dropped.with(file: try Keyring(newestFirst: keys.map { key($0) }))
        #expect(found.standing == standing && found.ring.entries.map(\.key) == result.map { key($0) })
    }

    @Test("a file without keys leaves the ring as it is")
    func noFile() throws {
        let ring = try ring([(2, 1), (1, 0)])
        #expect(ring.with(file: nil).ring == ring && ring.with(file: nil).standing == .current)
    }

    @Test(
        "two clusters that have counted apart become one, and no key of either is lost",
        arguments: [
            ([(5, 9), (4, 8)], 8, [(2, 1), (1, 0)], 0), ([(5, 1), (4, 0)], 0, [(2, 9), (1, 8)], 8),
            ([(5, 3), (4, 3)], 3, [(2, 4), (1, 3)], 3), ([(5, 0), (4, 0)], 0, [(2, 0), (1, 0)], 0),
        ] as [([(UInt64, UInt32)], UInt32, [(UInt64, UInt32)], UInt32)])
    func joining(
        ours: [(UInt64, UInt32)], ourFloor: UInt32, theirs: [(UInt64, UInt32)], theirFloor: UInt32
    ) throws {
        let (ours, theirs) = (try ring(ours, floor: ourFloor), try ring(theirs, floor: theirFloor))
        let joined = ours.joining(theirs.newest.key, generation: theirs.newest.generation)
        #expect(joined.newest.key == key(2) && Set(joined.entries.map(\.key)) == [key(2), key(4), key(5)])
        #expect(joined.isAhead(of: theirs.held(sealsWithNewest: true)), "so it goes to those that were there")
        #expect(joined.isAhead(of: ours.held(sealsWithNewest: true)))
        for all in [
            theirs.merged(with: joined), joined.merged(with: theirs), ours.merged(with: joined).merged(with: theirs),
        ] {
            #expect(all.newest.key == key(2) && all.dropped.isEmpty)
            #expect(Set(all.entries.map(\.key)) == [key(1), key(2), key(4), key(5)])
        }
    }

    @Test("a key that the ring has already becomes its newest, and a full ring still takes one")
    func raising() throws {
        let raised = try ring([(3, 2), (2, 1), (1, 0)]).joining(key(1), generation: 0)
        #expect(raised.entries.map(\.key) == [key(1), key(3), key(2)] && raised.newest.generation == 3)
        let full = try ring((1...8).map { ($0, UInt32($0)) }).joining(key(9), generation: 0)
        #expect(full.newest.key == key(9) && full.entries.count == KeyRing.limit)
        let last = try ring([(1, KeyRing.lastGeneration)]).joining(key(2), generation: .max)
        #expect(Set(last.entries.map(\.key)) == [key(1), key(2)])
        #expect(last.newest.generation == KeyRing.lastGeneration)
    }

    @Test("a key that one has dropped is taken from nobody, however new it is there")
    func refusing() throws {
        let dropped = try #require(try ring([(2, 1), (1, 0)]).droppingOlder())
        let other = try ring([(1, 9), (2, 1)])
        #expect(dropped.merged(with: other).entries.map(\.key) == [key(2)])
        #expect(other.merged(with: dropped).entries.map(\.key) == [key(2)])
        #expect(dropped.adds(to: other))
        // Somebody who never had the key refuses it, too, once he has been told.
        let told = try KeyMessage(decoding: KeyMessage(dropped).encoded).ring
        #expect(told == dropped)
        #expect(try ring([(2, 1)]).merged(with: told).merged(with: other).entries.map(\.key) == [key(2)])
    }

    @Test("halves that have each dropped the other's key are left with one, and with the same one")
    func crosswise() throws {
        let one = try #require(try ring([(2, 2), (1, 1)]).droppingOlder())
        let other = try #require(try ring([(1, 3), (2, 2)]).droppingOlder())
        #expect(one.merged(with: other).entries == other.merged(with: one).entries)
        #expect(one.merged(with: other).entries.map(\.key) == [key(1)])
    }

    @Test("the last sixteen dropped keys are remembered, the same ones whichever way round")
    func memory() throws {
        func dropping(_ numbers: ClosedRange<UInt64>, _ newest: UInt64) throws -> KeyRing {
            try numbers.reduce(try ring([(newest, 1)])) { kept, number in
                let both = kept.joining(key(number), generation: 0).joining(key(newest), generation: 0)
                return try #require(both.droppingOlder())
            }
        }
        let (one, other) = (try dropping(100...112, 1), try dropping(200...209, 1))
        let both = one.merged(with: other)
        #expect(both.dropped == other.merged(with: one).dropped && both.dropped.count == 16)
        #expect(both.dropped.last?.fingerprint == key(112).fingerprint)
        #expect(!both.hasDropped(key(200)) && both.hasDropped(key(209)) && !both.adds(to: both))
    }

    @Test("a ring that nobody rotated is what the file says")
    func unrotatedFile() throws {
        let found = KeyRing(Keyring(key(1))).with(file: Keyring(key(2)))
        #expect(found.ring == KeyRing(Keyring(key(2))) && found.standing == .current)
    }

    @Test("a ring comes back from its text as it was; anything else is none")
    func text() throws {
        let rings = [
            try ring([(2, 1), (1, 0)]), try #require(try ring([(2, 1), (1, 0)]).droppingOlder()),
            try ring([(5, 7), (4, 7), (3, 2), (2, 1), (1, 0)]),
        ]
        #expect(rings[1].text.contains("dropped 2 "))
        for ring in rings {
            #expect(KeyRing(text: ring.text) == ring)
            #expect(KeyRing(text: ring.text + "later 1 2 3\n") == ring)
            for line in ring.text.split(separator: "\n") where line.hasPrefix("key") {
                #expect(KeyRing(text: String(line.dropLast())) == nil)
            }
        }
        for text in ["", "floor 1\n", "key 1 x\n", "dropped zz y\n", "key 1 \(key(1).text)\ndropped 1 zz y\n"] {
            #expect(KeyRing(text: text) == nil, "\(text)")
        }
    }

    @Test("a message comes through; one that is cut, or makes no sense, does not")
    func messages() throws {
        let ring = try #require(try ring([(3, 2), (2, 1), (1, 0)]).droppingOlder())
        let message = KeyMessage(ring)
        #expect(try KeyMessage(decoding: message.encoded).ring.entries == ring.entries)
        #expect(try KeyMessage(decoding: message.encoded + [1, 2]).ring.floor == ring.floor)
        for count in 0..<message.encoded.count {
            #expect(throws: DecodeError.self) { try KeyMessage(decoding: Array(message.encoded.prefix(count))) }
        }
        let key = [UInt8](repeating: 5, count: 32)
        let bad: [[UInt8]] = [
            [0x40, 0, 0, 0, 0, 0, 0], [0x40, 0, 0, 0, 0, 200], [0x40, 0, 0, 0, 2, 1, 0, 0, 0, 1] + key + [0],
            [0x40, 0, 0, 0, 0, 1, 0, 0, 0, 0] + key + [0], [0x40, 0, 0, 0, 0, 1, 255, 0, 0, 0] + key + [0],
            [0x40, 0, 0, 0, 0, 2, 0, 0, 0, 1] + key + [0, 0, 0, 1] + key + [0],
            [0x40, 0, 0, 0, 0, 1, 0, 0, 0, 1] + key + [17] + Array(repeating: 0, count: 17 * 16),
            [0x40, 0, 0, 0, 0, 1, 0, 0, 0, 1] + key + [1] + Array(repeating: 255, count: 16),
        ]
        let good: [UInt8] = [0x40, 0, 0, 0, 0, 1, 0, 0, 0, 1] + key + [1] + Array(repeating: 0, count: 16)
        #expect(try KeyMessage(decoding: good).ring.dropped.map(\.fingerprint) == ["0000-0000-0000-0000"])
        for payload in bad { #expect(throws: DecodeError.self) { try KeyMessage(decoding: payload) } }
    }
}

@Suite("Which keys seal, and who is given them")
struct KeyRotationTests {
    private static let own = NodeID(high: 5, low: 0)
    private static let now = Instant(nanoseconds: 1_000_000_000)

    private static func address(_ number: UInt64) -> SocketAddress {
        SocketAddress(ip: .v4(0x0A00_0000 + UInt32(number)), port: 7373)
    }

    private static func member(
        _ number: UInt64, _ keys: HeldKeys?, state: Member.State = .alive, boot: UInt64 = 1
    ) -> Member {
        var info = MemberInfo(name: "n\(number)")
        info.keys = keys
        let session = Session(node: NodeID(high: number, low: 0), boot: boot, salt: 1)
        return Member(
            session: session, address: address(number), state: state,
            incarnation: Incarnation(boot: boot, salt: 1, counter: 1), info: info, since: now)
    }

    private static let old = KeyRing(Keyring(key(1))).held(sealsWithNewest: true)
    private static func new(_ sealing: Bool = true) throws -> HeldKeys {
        try ring([(2, 1), (1, 0)]).held(sealsWithNewest: sealing)
    }

    @Test("what is said to all is sealed with the newest key that all present have")
    func group() throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        func conclude(_ members: [Member]) {
            rotation.conclude(members, own: Self.own, at: Self.now)
        }
        conclude([Self.member(1, try Self.new()), Self.member(2, Self.old)])
        #expect(rotation.groupKey == key(1) && !rotation.isSettled && !rotation.held.sealsWithNewest)
        #expect(rotation.lacking == [Self.address(2)])
        conclude([Self.member(1, try Self.new()), Self.member(2, Self.old, state: .suspect)])
        #expect(rotation.groupKey == key(1), "a suspect is present")
        conclude([Self.member(1, try Self.new(false)), Self.member(2, Self.old, state: .dead)])
        #expect(rotation.groupKey == key(2) && rotation.lacking.isEmpty)
        #expect(!rotation.isSettled, "another one does not use it yet")
        conclude([Self.member(1, try Self.new()), Self.member(2, Self.old, state: .dead)])
        #expect(rotation.isSettled && rotation.held.sealsWithNewest)
        conclude([Self.member(1, nil)])
        #expect(rotation.groupKey == key(1) && rotation.lacking.isEmpty, "an old version cannot be given keys")
    }

    @Test("to one member it is sealed with the newest key that this member has")
    func unicast() throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        rotation.conclude([Self.member(1, try Self.new()), Self.member(2, Self.old)], own: Self.own, at: Self.now)
        #expect(rotation.keys(for: Self.address(1), heard: nil) == [key(2)])
        #expect(rotation.keys(for: Self.address(2), heard: nil) == [key(1)])
        let same = Session(node: NodeID(high: 2, low: 0), boot: 1, salt: 1)
        #expect(rotation.keys(for: Self.address(2), heard: .init(session: same, key: key(2))) == [key(2)])
        // The node has lost its disk and is another run now: what it said before does not count.
        let later = Session(node: NodeID(high: 1, low: 0), boot: 2, salt: 1)
        let stranger = Session(node: NodeID(high: 9, low: 0), boot: 1, salt: 1)
        for session in [later, stranger] {
            #expect(rotation.keys(for: Self.address(1), heard: .init(session: session, key: key(1))) == [key(1)])
        }
        let earlier = Session(node: NodeID(high: 1, low: 0), boot: 0, salt: 1)
        #expect(rotation.keys(for: Self.address(1), heard: .init(session: earlier, key: key(1))) == [key(2)])
        #expect(rotation.keys(for: Self.address(7), heard: nil) == [key(2), key(1)], "nobody knows")
        #expect(rotation.keysForEveryone == [key(2), key(1)])
        let groups = (0..<8).map { _ in rotation.keyForGroup() }
        #expect(Set(groups) == [key(1), key(2)], "by turns")
    }

    @Test("of one who rotated apart only the newest and the oldest key are sure")
    func apart() throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        let other = try ring([(3, 1), (1, 0)]).held(sealsWithNewest: true)
        rotation.conclude([Self.member(1, other), Self.member(2, try Self.new())], own: Self.own, at: Self.now)
        #expect(rotation.keys(for: Self.address(1), heard: nil) == [key(1)])
        #expect(rotation.groupKey == key(1))
    }

    @Test("a ring counts once it is on the disk, and not before")
    func storing() throws {
        var rotation = KeyRotation(KeyRing(Keyring(key(1))))
        let next = try ring([(2, 1), (1, 0)])
        var toStore = [rotation.receive(next, from: Self.address(1))]
        #expect(rotation.ring == KeyRing(Keyring(key(1))) && rotation.held.newest == key(1).hint)
        toStore.append(rotation.receive(next, from: Self.address(2)))
        #expect(toStore == [next, nil], "it is on its way to the disk already")
        rotation.notStored(next)
        toStore = [rotation.receive(next, from: Self.address(2))]
        #expect(toStore == [next], "it is tried anew")
        let isOther = rotation.stored(KeyRing(Keyring(key(3))), at: Self.now)
        let isStored = rotation.stored(next, at: Self.now)
        #expect(!isOther && isStored && rotation.held.newest == key(2).hint)
        toStore = [rotation.receive(next, from: Self.address(2))]
        #expect(toStore == [nil], "a copy changes nothing")
    }

    @Test("whoever lacks what others brought is answered with the whole ring")
    func replies() throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        let received = rotation.receive(try ring([(3, 1), (1, 0)]), from: Self.address(1))
        let merged = try #require(received)
        var replies = [rotation.takeReplies()]
        let isStored = rotation.stored(merged, at: Self.now)
        #expect(isStored)
        replies.append(rotation.takeReplies())
        #expect(replies == [[], [Self.address(1)]], "once it is on the disk")
        _ = rotation.receive(merged, from: Self.address(1))
        replies = [rotation.takeReplies()]
        #expect(replies == [[]])
    }

    @Test("keys that were dropped open for a while, those of another cluster not at all", arguments: [true, false])
    func fading(isSameCluster: Bool) throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        let next = isSameCluster ? try #require(rotation.ring.droppingOlder()) : try ring([(9, 1)])
        _ = rotation.take(next)
        let isStored = rotation.stored(next, at: Self.now)
        #expect(isStored && rotation.keyring.keys.count == (isSameCluster ? 2 : 1))
        guard isSameCluster else { return }
        let before = Self.now.advanced(by: .seconds(9))
        let end = Self.now.advanced(by: .seconds(10))
        let fades = [rotation.fade(at: before), rotation.fade(at: end)]
        #expect(fades == [false, true] && rotation.nextDeadline == nil)
        #expect(rotation.keyring.keys == [key(2)] && rotation.keyring.dropped == [key(1).hint])
    }

    @Test("the ring is handed out again and again, ever more slowly, until nobody lacks it")
    func patience() throws {
        var rotation = KeyRotation(try ring([(2, 1), (1, 0)]))
        rotation.conclude([Self.member(1, Self.old)], own: Self.own, at: Self.now)
        var times: [Int64] = []
        while let due = rotation.speakAt, times.count < 8 {
            let told = rotation.due(at: due)
            #expect(told == [Self.address(1)])
            times.append(Self.now.duration(to: due).wholeNanoseconds / 1_000_000)
        }
        #expect(times == [0, 500, 1500, 3500, 7500, 15500, 23500, 31500])
        rotation.conclude([Self.member(1, try Self.new())], own: Self.own, at: Self.now)
        #expect(rotation.speakAt == nil)
    }
}
