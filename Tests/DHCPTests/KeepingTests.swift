import DHCP
import Testing
import Wire

@Suite("A client keeps an address")
struct KeepingTests {
    @Test("at T1 it asks the server itself, from the address, and is bound anew")
    func renews() throws {
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(1801))
        let request = try bench.question()
        #expect(request.kind == .request && request.clientAddress == Fixture.address)
        #expect(request.options.requestedAddress == nil && request.options.server == nil)
        #expect(
            bench.destinations == [
                .server(Fixture.server, hardware: Fixture.serverHardware, from: Fixture.address)
            ])
        bench.answer(.acknowledge, request)
        let lease = try #require(bench.bound.last)
        #expect(lease.expiresAt == Fixture.start.advanced(by: .seconds(1800 + 3600)))
        #expect(bench.losses.isEmpty)
    }

    @Test("at T2 it asks everyone, and another server may answer")
    func rebinds() throws {
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(3160))
        #expect(bench.client.state == .rebinding)
        #expect(bench.destinations.last == .everyone)
        bench.answer(.acknowledge, try bench.question()) { $0.options.server = Fixture.server + 1 }
        #expect(bench.bound.last?.server == Fixture.server + 1)
    }

    @Test("renewals are repeated, seldom, and never beyond the lease's end")
    func repeats() throws {
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(3599))
        #expect((5...20).contains(bench.sent.count))
        #expect(bench.losses.isEmpty)
        bench.run(for: .seconds(1))
        #expect(bench.losses == [.expired])
    }

    @Test("a lease that nobody renews ends in its second, and the same address is wished for", arguments: [3, 10, 120])
    func expires(seconds: UInt32) throws {
        var bench = try Bench(boundFor: seconds)
        bench.run(for: .seconds(seconds) - .nanoseconds(1))
        #expect(bench.losses.isEmpty && bench.client.lease != nil)
        bench.run(for: .nanoseconds(1))
        #expect(bench.losses == [.expired])
        #expect(bench.client.state == .selecting && bench.client.lease == nil)
        #expect(try bench.question().options.requestedAddress == Fixture.address)
    }

    @Test("a refusal ends it at once, in the server's words made harmless")
    func refused() throws {
        var bench = try Bench(boundFor: 3600)
        bench.run(for: .seconds(1800))
        bench.answer(.refuse, try bench.question()) { $0.options.text = Array("no\u{1B}[2J more".utf8) }
        #expect(bench.losses == [.refused("no[2J more")])
        #expect(bench.client.lease == nil)
        #expect(try bench.question().kind == .discover)
        #expect(try bench.question().options.requestedAddress == nil)
    }

    @Test("another machine goes on with a lease where its time stands")
    func resumes() throws {
        let lease = try #require(try Bench(boundFor: 3600).client.lease)
        var bench = Bench(Fixture.client(seed: 2))
        bench.now = Fixture.start.advanced(by: .seconds(1000))
        bench.client.resume(lease, at: bench.now)
        #expect(bench.client.state == .bound)
        bench.run(for: .seconds(799))
        #expect(bench.sent.isEmpty)
        bench.run(for: .seconds(1))
        #expect(bench.client.state == .renewing)
        #expect(try bench.question().hardwareAddress == Fixture.identity.hardwareAddress)
    }

    @Test("one that takes over late asks at once", arguments: [2000, 3200])
    func resumesLate(seconds: Int) throws {
        let lease = try #require(try Bench(boundFor: 3600).client.lease)
        var bench = Bench(Fixture.client(seed: 2))
        bench.now = Fixture.start.advanced(by: .seconds(seconds))
        bench.client.resume(lease, at: bench.now)
        bench.run(for: .milliseconds(1))
        #expect(bench.client.state == (seconds > 3150 ? .rebinding : .renewing))
        bench.answer(.acknowledge, try bench.question())
        #expect(bench.client.state == .bound)
    }

    @Test("an endless lease is never renewed and never ends")
    func endless() throws {
        var bench = try Bench(boundFor: .max)
        #expect(bench.client.lease?.isEndless == true)
        bench.run(for: .seconds(10 * 365 * 86400))
        #expect(bench.sent.isEmpty && bench.client.state == .bound)
    }

    @Test("an address that somebody else uses is declined, and another is asked for after ten seconds")
    func declines() throws {
        var bench = try Bench(boundFor: 3600)
        bench.wanted += bench.client.decline(at: bench.now)
        let message = try bench.question()
        #expect(message.kind == .decline && message.clientAddress == 0)
        #expect(message.options.requestedAddress == Fixture.address && message.options.server == Fixture.server)
        #expect(message.options.clientIdentifier == Fixture.identity.clientIdentifier)
        #expect(message.options.parameterList == nil)
        #expect(bench.losses == [.declined])
        bench.run(for: .seconds(9.9))
        #expect(bench.sent.count == 1)
        bench.run(for: .seconds(0.1))
        #expect(try bench.question().kind == .discover)
        #expect(try bench.question().options.requestedAddress == nil)
    }
}
