import Testing
@testable import Wire

@Suite("What is dropped is counted and explained")
struct DropTests {
    @Test("every reason has words for people and a name for metrics, each of its own")
    func words() {
        let reasons = DropReason.allCases
        #expect(Set(reasons.map(\.description)).count == reasons.count)
        #expect(Set(reasons.map(\.name)).count == reasons.count)
        #expect(reasons.allSatisfy { $0.description.count > 10 })
        #expect(DropReason.otherCluster.name == "other_cluster")
        #expect(DropReason.forged.name == "forged")
    }

    @Test("the counts come in one fixed order, zeros too")
    func order() {
        var drops = DropCounts()
        drops.count(.replayed, from: Bench.address(1), at: Bench.start)
        drops.count(.tooShort, from: Bench.address(1), at: Bench.start)
        drops.count(.replayed, from: Bench.address(1), at: Bench.start)
        #expect(drops.map(\.reason) == DropReason.allCases)
        #expect(drops.filter { $0.count > 0 }.map(\.count) == [1, 2])
        #expect(drops.total == 3)
        #expect(drops.sources(at: Bench.start).isEmpty, "nobody can do anything about these")
    }

    @Test("sources are counted from their first to their last, forgotten after a minute, and bounded in number")
    func sources() {
        var drops = DropCounts()
        func at(_ seconds: Int) -> Instant { Bench.start.advanced(by: .seconds(seconds)) }
        for second in 0...4 { drops.count(.unproven, from: Bench.address(1), at: at(second)) }
        let found = drops.sources(at: at(4))
        #expect(found.map(\.count) == [5] && found[0].first == at(0) && found[0].last == at(4))
        #expect(found[0].isLasting)
        drops.settled(.unproven, from: Bench.address(1).ip)
        #expect(drops.sources(at: at(4)).isEmpty)
        for number in 1...100 { drops.count(.forged, from: Bench.address(UInt32(number)), at: at(5)) }
        #expect(drops.sources(at: at(5)).count == 16)
        #expect(drops.sources(at: at(65)).count == 16 && drops.sources(at: at(66)).isEmpty)
        drops.count(.forged, from: Bench.address(1), at: at(100))
        #expect(drops.sources(at: at(100)).map(\.count) == [1], "the count begins anew after a pause")
    }

    @Test("who sends lastingly keeps its place, however many others are made up, and loses it when it is silent")
    func lasting() {
        var drops = DropCounts()
        func at(_ seconds: Int) -> Instant { Bench.start.advanced(by: .seconds(seconds)) }
        let real = Bench.address(1)
        for second in 0...30 {
            drops.count(.otherCluster, from: real, at: at(second))
            guard second > 4 else { continue }
            for number in 2...40 {
                drops.count(.forged, from: Bench.address(UInt32(second * 40 + number)), at: at(second))
            }
        }
        #expect(drops.sources(at: at(30)).first { $0.ip == real.ip }?.count == 31)
        // Others that last do not drive it out, either; and once it is silent, it goes before they do.
        for second in 31...60 {
            if second < 40 { drops.count(.otherCluster, from: real, at: at(second)) }
            for number in 2...40 { drops.count(.forged, from: Bench.address(UInt32(number)), at: at(second)) }
            #expect(drops.sources(at: at(second)).contains { $0.ip == real.ip } == (second <= 54), "\(second)")
        }
    }

    @Test("errors in sealing say what happened")
    func sealErrors() {
        #expect("\(SealError.tooLong(2000))".contains("2000") && "\(SealError.tooLong(2000))".contains("1134"))
        #expect("\(SealError.exhausted)".contains("start again"))
    }
}

@Suite("No amplification")
struct AmplificationTests {
    @Test("whatever arrives, at most one datagram goes back, and it is no larger", arguments: [1, 2, 3] as [UInt64])
    func noAmplification(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bob = Party(2)
        var parties = [Party(1), Party(1, boot: 2), Party(2, boot: 3), Party(3), Party(3, salt: 4)]
        var recorded: [[UInt8]] = []
        var replies = 0
        for _ in 0..<3000 {
            let index = Int.random(in: parties.indices, using: &random)
            let count = Int.random(in: 1...SealedLink.maximumPayload, using: &random)
            let datagram: [UInt8]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: datagram = try parties[index].seal(Bench.message(1))
            case 1: datagram = try parties[index].seal(Bench.message(count))
            default: datagram = try recorded.randomElement(using: &random) ?? parties[index].seal()
            }
            recorded.append(datagram)
            let source = Bool.random(using: &random) ? parties[index].address : Bench.address(UInt32(index) + 60)
            let now = Bench.start.advanced(by: .milliseconds(Int.random(in: 0..<30_000, using: &random)))
            guard let reply = bob.link.receive(datagram, from: source, at: now).datagram else { continue }
            replies += 1
            #expect(reply.count <= datagram.count)
            if let answer = parties[index].receive(reply, from: bob, at: now).datagram {
                #expect(answer.count <= reply.count)
                recorded.append(answer)
            }
            recorded.append(reply)
        }
        #expect(replies > 300)
    }

    @Test("sealing's own messages all have the size of the smallest datagram")
    func ownSizes() throws {
        let cookie = try #require(Cookie(bytes: [UInt8](repeating: 1, count: 16)))
        let own: [LinkMessage] = [
            .challenge(Bench.session(1), cookie), .answer(cookie, challenge: nil), .answer(cookie, challenge: cookie),
        ]
        var seal = DatagramSeal(session: Bench.session(1), keyring: Keyring(Bench.key), firstSequence: 0)
        for message in own {
            #expect(try LinkMessage(decoding: message.encoded) == message)
            #expect(try seal.seal(message.encoded).count == DatagramHeader.minimumDatagram)
        }
        #expect(try seal.seal([0x10]).count == DatagramHeader.minimumDatagram)
    }
}
