import DHCP
import NodeCore
import Testing
import Wire

@Suite("An address from a DHCP server")
struct LeaseTests {
    private static let first: UInt32 = 0x0A00_0064
    private static let second: UInt32 = 0x0A00_0065

    private static func leased(_ count: Int = 3) -> LeaseBench {
        var bench = LeaseBench(count)
        bench.run(for: .seconds(6))
        return bench
    }

    @Test("one node asks, all know, and one holds the address", arguments: 1...4)
    func obtains(count: Int) {
        let bench = Self.leased(count)
        #expect(bench.known == Array(repeating: Self.first, count: count))
        #expect(bench.holders(Self.first).count == 1)
        #expect(bench.server.leases.count == 1)
        #expect(bench.places.filter { $0.asked > 0 }.count == 1)
        #expect(bench.places.allSatisfy { $0.stored?.lease?.address == Self.first })
    }

    @Test("the address stays the same from holder to holder, and each renews it in turn")
    func survivesFailOvers() throws {
        var bench = Self.leased()
        for _ in 0..<2 {
            let holder = try #require(bench.holders(Self.first).first)
            bench.kill(holder)
            bench.run(for: .seconds(40))
            #expect(bench.holders(Self.first).count == 1)
            #expect(bench.known.allSatisfy { $0 == Self.first })
            let renewal = try #require(bench.server.heard.last)
            #expect(renewal.kind == .request && renewal.clientAddress == Self.first)
            let next = try #require(bench.holders(Self.first).first)
            #expect(next != holder && bench.places[next].asked > 0)
        }
        #expect(Set(bench.server.heard.map(\.hardwareAddress)).count == 1)
    }

    @Test("the holder alone renews")
    func holderRenews() throws {
        var bench = Self.leased()
        let holder = try #require(bench.holders(Self.first).first)
        let before = bench.places.map(\.asked)
        bench.run(for: .seconds(100))
        for index in bench.places.indices where index != holder { #expect(bench.places[index].asked == before[index]) }
        #expect(bench.places[holder].asked >= before[holder] + 3)
        #expect(bench.holders(Self.first) == [holder])
    }

    @Test(
        "where nobody answers, no address is made up; one node goes on asking, all know of it, and people are told once"
    )
    func silence() throws {
        var bench = LeaseBench(3)
        bench.server.isSilent = true
        bench.run(for: .seconds(40))
        #expect(bench.places.allSatisfy { $0.held.isEmpty && $0.node?.floatingAddresses.isEmpty == true })
        for index in bench.places.indices {
            guard case .searching(_, let unanswered, nil) = bench.status(index) else {
                Issue.record("n\(index) does not know of the search")
                continue
            }
            #expect(unanswered > 2)
        }
        #expect(bench.places.filter { $0.asked > 0 }.count == 1)
        #expect(bench.places.indices.flatMap { bench.leaseEvents($0) } == [.unanswered])
        bench.server.isSilent = false
        bench.run(for: .seconds(35))
        #expect(bench.holders(Self.first).count == 1)
    }

    @Test("another node asks when the one that asks dies, cannot serve, or has no network", arguments: [0, 1, 2])
    func anotherAsks(how: Int) throws {
        var bench = LeaseBench(3)
        bench.server.isSilent = true
        bench.run(for: .seconds(5))
        let asker = try #require(bench.places.indices.first { bench.places[$0].asked > 0 })
        bench.server.isSilent = false
        switch how {
        case 0: bench.kill(asker)
        case 1: bench.call(asker) { $0.setDraining(true, at: $1) }
        default: bench.call(asker) { $0.setLeaseLink(nil, problem: "no cable", at: $1) }
        }
        bench.run(for: .seconds(30))
        #expect(bench.known.allSatisfy { $0 == Self.first })
        #expect(bench.places.filter { $0.asked > 0 }.count == 2)
    }

    @Test("a node that asks where no answer comes lets another one ask after a minute or so")
    func stepsAside() throws {
        var bench = LeaseBench(3)
        bench.places[2].isDeaf = true
        bench.run(for: .seconds(90))
        #expect(bench.places[2].asked >= 4)
        #expect(bench.known == [Self.first, Self.first, Self.first])
    }

    @Test("a restart of the whole cluster asks for the address that is remembered")
    func restart() throws {
        var bench = Self.leased()
        bench.server.heard = []
        bench.restart()
        bench.run(for: .seconds(7))
        let first = try #require(bench.server.heard.first)
        #expect(first.kind == .request && first.options.requestedAddress == Self.first && first.clientAddress == 0)
        #expect(bench.holders(Self.first).count == 1)
    }

    @Test("an address that is only remembered is not used")
    func memoryIsNotUsed() {
        var bench = Self.leased()
        bench.server.isSilent = true
        bench.restart()
        bench.run(for: .seconds(20))
        #expect(bench.holders(Self.first).isEmpty)
        #expect(
            bench.places.compactMap { $0.node?.snapshot.lease?.remembered }
                == Array(repeating: .v4(Self.first), count: 3))
    }

    @Test("the cluster is the same client after its key was replaced")
    func outlivesTheKey() throws {
        var bench = Self.leased()
        let before = try #require(bench.server.heard.last)
        bench.restart(key: 99)
        bench.run(for: .seconds(7))
        let after = try #require(bench.server.heard.last)
        #expect(after.options.clientIdentifier == before.options.clientIdentifier)
        #expect(after.hardwareAddress == before.hardwareAddress)
        #expect(bench.holders(Self.first).count == 1)
    }

    @Test("a lease that nobody renews ends on every node, and the same address is asked for again")
    func expires() {
        var bench = Self.leased()
        bench.server.isSilent = true
        bench.run(for: .seconds(60))
        #expect(bench.places.allSatisfy { $0.held.isEmpty && $0.node?.floatingAddresses.isEmpty == true })
        bench.server.isSilent = false
        bench.run(for: .seconds(20))
        #expect(bench.holders(Self.first).count == 1)
    }

    @Test("an address that the server takes back is let go everywhere, and another is asked for")
    func refused() {
        var bench = Self.leased()
        bench.server.leases = bench.server.leases.mapValues { _ in Self.second }
        bench.run(for: .seconds(40))
        #expect(bench.holders(Self.first).isEmpty)
        #expect(bench.holders(Self.second).count == 1)
        #expect(bench.known.allSatisfy { $0 == Self.second })
        #expect(bench.places.allSatisfy { $0.stored?.lease?.address == Self.second })
    }

    @Test("an address that a stranger answers for is declined; after three in an hour it stays at the conflict")
    func declines() {
        var bench = LeaseBench(2)
        bench.hasStranger = true
        bench.run(for: .seconds(8))
        #expect(bench.server.heard.filter { $0.kind == .decline }.map(\.options.requestedAddress) == [Self.first])
        bench.run(for: .seconds(60))
        #expect(
            bench.server.heard.filter { $0.kind == .decline }.map(\.options.requestedAddress)
                == [Self.first, Self.second, Self.second + 1])
        #expect(bench.known == [Self.second + 2, Self.second + 2])
        #expect(bench.places.allSatisfy { $0.held.isEmpty })
    }

    @Test("a claim to an address that has gone since is forgotten with it, and keeps no deadline")
    func forgetsClaims() throws {
        var bench = Self.leased(1)
        bench.run(for: .seconds(20))
        bench.server.leases = bench.server.leases.mapValues { _ in Self.second }
        bench.run(for: .seconds(4))
        bench.call(0) { $0.addressClaimed(.v4(Self.first), by: "02:00:00:00:00:01", at: $1) }
        // The claim waits for three seconds; the server takes the address back before.
        bench.run(for: .seconds(50))
        #expect(bench.known == [Self.second])
        #expect(try #require(bench.places[0].node).nextDeadline > bench.now)
    }

    @Test("a card that was away for long does not take a living address away, whatever its memory says")
    func oldCard() throws {
        var bench = Self.leased(2)
        bench.kill(0)
        let identity = try #require(bench.places[1].stored?.identity)
        var old = try #require(bench.places[1].stored)
        old.version = 1_000_000
        old.lease?.address = Self.second
        old.isLive = false
        #expect(old.identity == identity)
        bench.places[0].stored = old
        bench.start(0)
        bench.run(for: .seconds(7))
        #expect(bench.known == [Self.first, Self.first])
        #expect(bench.holders(Self.first) == [1] && bench.holders(Self.second).isEmpty)
        // Nor when what lives has become a memory.
        bench.restart()
        bench.run(for: .seconds(7))
        #expect(bench.known == [Self.first, Self.first])
    }

    @Test("a node that joins learns the address, and asks no server")
    func joins() {
        var bench = Self.leased(3)
        bench.kill(2)
        bench.run(for: .seconds(5))
        bench.places[2].stored = nil
        bench.places[2].asked = 0
        bench.start(2)
        bench.run(for: .seconds(5))
        #expect(bench.known == [Self.first, Self.first, Self.first])
        #expect(bench.places[2].asked == 0)
    }

    @Test("a link that takes no frames from another address is asked from its own, with answers by broadcast")
    func wireless() throws {
        var bench = LeaseBench(1)
        bench.kill(0)
        bench.server.heard = []
        bench.start(0, link: LeaseBench.link(hardware: [2, 9, 9, 9, 9, 9]))
        bench.run(for: .seconds(6))
        #expect(bench.server.heard.allSatisfy { $0.hardwareAddress == [2, 9, 9, 9, 9, 9] && $0.wantsBroadcast })
        #expect(bench.holders(Self.first) == [0])
    }

    @Test("a server that gives the cluster a node's own address is not obeyed, and people are told")
    func ownAddress() {
        var bench = LeaseBench(2)
        bench.server.pool = [0x0A00_0001]
        bench.run(for: .seconds(5))
        #expect(bench.known == [nil, nil])
        #expect(bench.places.indices.flatMap { bench.leaseEvents($0) }.contains(.unusable(.taken(0x0A00_0001))))
        for index in bench.places.indices {
            guard case .searching(_, _, .taken(0x0A00_0001)) = bench.status(index) else {
                Issue.record("n\(index) does not know what is wrong")
                continue
            }
        }
    }
}
