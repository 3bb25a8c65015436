import NodeCore
import Testing
import Wire

@Suite("Pairing among strangers")
struct PairingHostileTests {
    // MARK: - What is not proven

    @Test("those that only say that they are of the group are not found, and do not keep it open")
    func unproven() throws {
        var network = try PairingNetwork(1, seed: 8)
        for number in 0..<60 as Range<UInt64> {
            var stranger = try Stranger(seed: 100 + number)
            let body = PairingMessage.Announcement(
                group: network.hosts[0].record.group, isOpen: true, isEstablished: true, name: "x")
            network.inject(stranger.announcement(body), from: 9, to: 0)
            network.run(for: .seconds(3))
            #expect(network.hosts[0].pairing?.found == 1)
        }
        network.run(for: .seconds(2))
        #expect(network.hosts[0].record.standing == .alone)
    }

    @Test("those that prove themselves are found and keep it open, but not for ever")
    func lastCall() throws {
        var network = try PairingNetwork(1, seed: 8)
        let group = network.hosts[0].record.group
        for number in 0..<18 as Range<UInt64> {
            var stranger = try Stranger(seed: 100 + number)
            let body = PairingMessage.Announcement(group: .max, isOpen: true, name: "x")
            network.inject(stranger.announcement(body), from: 9, to: 0)
            let offer = try #require(network.sent.last)
            network.inject(try #require(try stranger.acceptance(of: offer, group: group)), from: 9, to: 0)
            network.run(for: .seconds(101))
            #expect(network.hosts[0].record.standing == (number < 17 ? .open : .closed))
        }
    }

    @Test("an acceptance counts that answers our offer, and no other")
    func acceptances() throws {
        var network = try PairingNetwork(1, seed: 8)
        let group = network.hosts[0].record.group
        var (stranger, other) = (try Stranger(seed: 1), try Stranger(seed: 2))
        let body = PairingMessage.Announcement(group: .max, isOpen: true, name: "x")
        network.inject(stranger.announcement(body), from: 9, to: 0)
        let offer = try #require(network.sent.last)
        let nonce = try PairingMessage(decoding: offer).nonce
        let own = network.hosts[0].identity.publicKey
        let forged = try #require(
            other.identity.acceptance(of: group, from: own, offered: nonce, nonce: other.nonce()))
        var asStranger = try PairingMessage(decoding: forged)
        asStranger.sender = stranger.key
        network.inject(forged, from: 9, to: 0)
        #expect(network.hosts[0].pairing?.ignored[.notForUs] == 1)
        network.inject(asStranger.encoded, from: 9, to: 0)
        #expect(network.hosts[0].pairing?.ignored[.forged] == 1)
        network.inject(asStranger.encoded, from: 9, to: 0)
        #expect(network.hosts[0].pairing?.ignored[.notForUs] == 2, "one offer is worth one computation")
        #expect(network.hosts[0].pairing?.found == 1)
    }

    // MARK: - What is forged

    @Test("an offer of which a bit has changed is not taken, nor one of an earlier run; the true one is")
    func offers() throws {
        var network = try PairingNetwork(2, seed: 4)
        let higher = network.hosts[0].record.group < network.hosts[1].record.group ? 1 : 0
        network.isCut = { from, _ in from != higher }
        network.run(for: .seconds(3))
        func offersUntilNow() -> [[UInt8]] { network.sent.filter { $0[4] == 2 } }
        let old = try #require(offersUntilNow().last)
        network.stop(higher)
        network.start(higher)
        network.run(for: .seconds(3))
        let offer = try #require(offersUntilNow().last)
        network.isCut = { _, _ in true }
        guard case .offer(_, _, let sealed) = try PairingMessage(decoding: offer).body else {
            Issue.record("no offer")
            return
        }
        let end = offer.count - (PairingMessage.byteCount - 102 - sealed.count)
        for bit in 0..<8 * end {
            var changed = offer
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            network.inject(changed, from: 9, to: higher)
            // Each from an address that has a budget.
            if bit % 4 == 0 { network.run(for: .seconds(1)) }
            if bit > 8 * 160 { break }
        }
        network.inject(old, from: 9, to: higher)
        #expect(network.hosts[higher].keys.isEmpty)
        #expect((network.hosts[higher].pairing?.ignored[.forged] ?? 0) > 300)
        #expect((network.hosts[higher].pairing?.ignored[.malformed] ?? 0) > 30)
    }

    @Test("what is too short or too long is no message, and every datagram has one length")
    func lengths() throws {
        var network = try PairingNetwork(3, seed: 4)
        network.run(for: .seconds(10))
        let before = network.hosts[0].pairing?.ignored[.malformed] ?? 0
        for datagram in network.sent.prefix(20) {
            network.inject(Array(datagram.dropLast()), from: 9, to: 0)
            network.inject(datagram + [0], from: 9, to: 0)
        }
        #expect(network.hosts[0].pairing?.ignored[.malformed] == before + 40)
        #expect(Set(network.sent.map { $0[4] }) == [1, 2, 3])
        #expect(network.sent.allSatisfy { $0.count == PairingMessage.byteCount }, "so nothing is amplified")
    }

    // MARK: - Who takes a stranger's key

    /// What a node is when a stranger offers it a key of his own.
    enum Victim: CaseIterable { case lone, accompanied, restarted, closed, openedAgain, alone, fixed }

    /// What he offers.
    enum Bait: CaseIterable {
        case ownGroup, higher, lower, established, admission, establishedAdmission, lowerAdmission

        func offer(to group: UInt64) -> (group: UInt64, isAdmission: Bool, isEstablished: Bool) {
            switch self {
            case .ownGroup: (group, false, false)
            case .higher: (group + 1, false, false)
            case .lower: (group - 1, false, false)
            case .established: (group + 1, false, true)
            case .admission: (group + 1, true, false)
            case .establishedAdmission: (group, true, true)
            case .lowerAdmission: (group - 1, true, true)
            }
        }

        /// Nothing is typed, so one that is by itself goes with whoever comes. One that has company goes only where it
        /// can gather on, so that its company follows; and whoever is in a cluster goes nowhere.
        func isTaken(by victim: Victim) -> Bool {
            switch (self, victim) {
            case (.lower, .lone), (.lower, .accompanied), (.established, .lone), (.established, .accompanied): true
            case (.admission, .lone), (.establishedAdmission, .lone), (.lowerAdmission, .lone): true
            case (.admission, .alone), (.establishedAdmission, .alone), (.lowerAdmission, .alone): true
            default: false
            }
        }
    }

    @Test("a stranger's key is taken only by who has nobody to lose", arguments: Victim.allCases, Bait.allCases)
    func stranger(_ victim: Victim, _ bait: Bait) throws {
        var network = try PairingNetwork(2, seed: 11, starting: false)
        network.start(0)
        if victim != .alone, victim != .lone { network.start(1) }
        network.run(for: .seconds(9))
        switch victim {
        case .fixed:
            network.perform(0) { pairing, _ in
                pairing.fix(pairing.record.key)
                return []
            }
        case .closed, .alone: network.run(for: .seconds(300))
        case .openedAgain:
            network.run(for: .seconds(300))
            network.perform(0) { $0.openAgain(at: $1) }
        case .restarted:
            // It goes nowhere: its company may be complete by now.
            network.stop(0)
            network.start(0)
        case .lone, .accompanied: break
        }
        network.run(for: .seconds(6))
        let own = network.hosts[0].identity.publicKey
        let before = network.hosts[0].record
        let offer = bait.offer(to: before.group)
        var stranger = try Stranger(seed: 12)
        for announced in Set(network.announced(by: 0)) {
            network.inject(
                try stranger.offer(
                    group: offer.group, isAdmission: offer.isAdmission, isEstablished: offer.isEstablished, to: own,
                    announced: announced), from: 9, to: 0)
        }
        let isTaken = bait.isTaken(by: victim)
        #expect((network.hosts[0].record.key != before.key) == isTaken)
        #expect(network.hosts[0].broughtMembers.last != true)
        guard isTaken, victim == .accompanied else { return }
        network.run(for: .seconds(9))
        #expect(network.clusterKeys.count == 1, "its company has come along")
    }

    @Test(
        "two that have found each other come together again, to whatever two groups a stranger leads them",
        arguments: 1...8)
    func parted(_ seed: UInt64) throws {
        var network = try PairingNetwork(3, seed: seed)
        network.run(for: .seconds(9))
        var stranger = try Stranger(seed: 12)
        for round in 0..<3 as Range<UInt64> {
            for index in network.hosts.indices {
                let offer = try stranger.offer(
                    group: 1000 - 100 * round + (index == 1 ? 3 : UInt64(index)), isAdmission: false,
                    isEstablished: true, to: network.hosts[index].identity.publicKey,
                    announced: try #require(network.announced(by: index).last))
                network.inject(offer, from: 9, to: index)
            }
            #expect(network.groups.count == 3, "each takes what it is offered")
            network.run(for: .seconds(6))
            #expect(network.groups.count == 1 && network.clusterKeys.count == 1)
        }
        network.run(for: .seconds(200))
        #expect(network.hosts.allSatisfy { $0.record.standing == .closed })
        #expect(network.groups.count == 1 && network.clusterKeys.count == 1)
    }

    @Test(
        "who has company is led away by nobody when its company may be complete soon", arguments: [171, 175, 179, 160])
    func lateBait(_ seconds: Int) throws {
        var network = try PairingNetwork(2, seed: 11, starting: false)
        network.start(0)
        network.run(for: .seconds(2))
        network.start(1)
        let start = network.now
        while network.hosts.contains(where: { $0.pairing?.found != 2 }) { network.run(for: .milliseconds(1)) }
        #expect(network.now < start.advanced(by: .seconds(2)))
        network.run(for: .seconds(seconds))
        let before = network.hosts[0].record
        var stranger = try Stranger(seed: 12)
        let offer = try stranger.offer(
            group: 0, isAdmission: false, isEstablished: true, to: network.hosts[0].identity.publicKey,
            announced: try #require(network.announced(by: 0).last))
        network.inject(offer, from: 9, to: 0)
        #expect((network.hosts[0].record.key != before.key) == (seconds < 170))
        network.run(for: .seconds(200))
        #expect(network.clusterKeys.count == 1)
    }

    @Test("what a group's number is given to with another key is not taken")
    func sameNumber() throws {
        var network = try PairingNetwork(2, seed: 11)
        network.run(for: .seconds(9))
        let before = network.hosts[0].record
        var stranger = try Stranger(seed: 12)
        let offer = try stranger.offer(
            group: before.group, isAdmission: false, isEstablished: true, to: network.hosts[0].identity.publicKey,
            announced: try #require(network.announced(by: 0).last))
        network.inject(offer, from: 9, to: 0)
        #expect(network.hosts[0].record == before)
    }
}
