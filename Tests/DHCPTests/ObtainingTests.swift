import DHCP
import Testing
import Wire

@Suite("A client obtains an address")
struct ObtainingTests {
    @Test("it discovers, requests and is bound, and says who it is each time")
    func obtains() throws {
        var bench = Bench()
        bench.start()
        let discover = try bench.question()
        #expect(discover.kind == .discover)
        #expect(discover.options.clientIdentifier == Fixture.identity.clientIdentifier)
        #expect(discover.hardwareAddress == Fixture.identity.hardwareAddress)
        #expect(discover.options.requestedAddress == nil && discover.options.server == nil)
        bench.answer(.offer, discover)
        let request = try bench.question()
        #expect(request.kind == .request && request.transaction == discover.transaction)
        #expect(request.options.requestedAddress == Fixture.address && request.options.server == Fixture.server)
        #expect(request.clientAddress == 0)
        bench.answer(.acknowledge, request)
        let lease = try #require(bench.bound.last)
        #expect(lease.address == Fixture.address && lease.prefix == 24 && lease.router == Fixture.server)
        #expect(
            lease.duration == .seconds(3600) && lease.renewal == .seconds(1800) && lease.rebinding == .seconds(3150))
        #expect(lease.serverHardware == Fixture.serverHardware)
        #expect(bench.client.state == .bound && !bench.client.isAsking)
        #expect(bench.destinations.allSatisfy { $0 == .everyone })
    }

    @Test("broadcast answers are asked for where the client cannot hear others", arguments: [true, false])
    func broadcastFlag(wanted: Bool) throws {
        var bench = Bench(Fixture.client(broadcast: wanted))
        bench.start()
        #expect(try bench.question().wantsBroadcast == wanted)
    }

    @Test("silence: it asks again, later each time up to a minute or so, for ever, and counts")
    func silence() throws {
        var bench = Bench()
        bench.start()
        var times: [Instant] = []
        while times.count < 9, let next = bench.client.nextDeadline {
            times.append(next)
            bench.now = next
            bench.wanted += bench.client.deadlineReached(at: next)
        }
        let pauses = zip([Fixture.start] + times, times).map { $0.duration(to: $1) }
        for (pause, base) in zip(pauses, [4, 8, 16, 32, 64, 64, 64, 64, 64]) {
            #expect(pause >= .seconds(base - 1) && pause <= .seconds(base + 1))
        }
        #expect(bench.client.unanswered == 9)
        #expect(bench.sent.count == 10 && bench.sent.allSatisfy { $0.kind == .discover })
        #expect(try bench.question().seconds > 300)
        bench.answer(.offer, try bench.question())
        #expect(bench.client.state == .requesting)
    }

    @Test("repetitions are spread: no two clients keep step")
    func jitter() {
        let deadlines = (1...10).map { seed in
            var bench = Bench(Fixture.client(seed: UInt64(seed)))
            bench.start()
            return bench.client.nextDeadline
        }
        #expect(Set(deadlines).count == 10)
    }

    @Test("a server that offers and then falls silent is given up, and anyone is asked again")
    func silentAfterOffer() throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question())
        bench.run(for: .seconds(40))
        #expect(bench.sent.map(\.kind).prefix(5) == [.discover, .request, .request, .request, .discover])
    }

    @Test("a refused request is followed by a new search, and later each time, so as not to go round in circles")
    func refusedRequests() throws {
        var bench = Bench()
        bench.start()
        for _ in 0..<20 {
            if try bench.question().kind == .discover { bench.answer(.offer, try bench.question()) }
            if bench.client.state == .requesting { bench.answer(.refuse, try bench.question()) }
            if bench.client.state == .pausing, let next = bench.client.nextDeadline {
                bench.run(for: bench.now.duration(to: next))
            }
        }
        #expect(Fixture.start.duration(to: bench.now) > .seconds(300))
        #expect(bench.losses.isEmpty)
        #expect(bench.flaws.count > 2 && Set(bench.flaws) == [.refused(Fixture.address)])
    }

    @Test("a remembered address is asked for at once, of everyone")
    func rebooting() throws {
        var bench = Bench()
        bench.start(remembered: Fixture.address)
        let request = try bench.question()
        #expect(request.kind == .request && request.options.requestedAddress == Fixture.address)
        #expect(request.options.server == nil && request.clientAddress == 0)
        bench.answer(.acknowledge, request)
        #expect(bench.bound.map(\.address) == [Fixture.address])
    }

    @Test("a remembered address that the server refuses is forgotten")
    func rebootRefused() throws {
        var bench = Bench()
        bench.start(remembered: Fixture.address)
        bench.answer(.refuse, try bench.question()) { $0.options.text = Array("wrong network".utf8) }
        #expect(bench.wanted.contains(.refused(Fixture.address, "wrong network")) && bench.flaws.isEmpty)
        #expect(try bench.question().kind == .discover)
        #expect(try bench.question().options.requestedAddress == nil)
    }

    @Test("where nobody answers for a remembered address, any address is asked for, and that one is wished for")
    func rebootUnanswered() throws {
        var bench = Bench()
        bench.start(remembered: Fixture.address)
        bench.run(for: .seconds(15))
        #expect(bench.sent.map(\.kind) == [.request, .request, .discover])
        #expect(try bench.question().options.requestedAddress == Fixture.address)
        #expect(bench.client.unanswered == 2)
    }

    @Test(
        "T1 and T2 of the server are taken if they make sense",
        arguments: [
            (10 as UInt32?, 20 as UInt32?, 10, 20), (20, 10, 50, 87.5), (0, 20, 50, 87.5), (10, 100, 50, 87.5),
            (nil, 90, 50, 90), (90, nil, 50, 87.5),
        ])
    func times(first: UInt32?, second: UInt32?, renewal: Double, rebinding: Double) throws {
        var bench = Bench()
        bench.start()
        bench.answer(.offer, try bench.question())
        bench.answer(.acknowledge, try bench.question(), seconds: 100) {
            $0.options.renewalSeconds = first
            $0.options.rebindingSeconds = second
        }
        let lease = try #require(bench.bound.last)
        #expect(lease.renewal == .seconds(renewal))
        #expect(abs(lease.rebinding.components.seconds - Int64(rebinding)) <= 1)
    }
}
