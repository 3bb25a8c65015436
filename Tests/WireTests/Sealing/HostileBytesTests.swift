import Testing
@testable import Wire

@Suite("Hostile bytes")
struct HostileBytesTests {
    /// Every kind of datagram there is, recorded between two parties, and a link to throw them at.
    private static func scene() throws -> (bob: Party, datagrams: [[UInt8]]) {
        var alice = Party(1)
        var bob = Party(2)
        let message = try alice.seal(Bench.message(300))
        let challenge = try #require(bob.receive(message, from: alice).datagram)
        let answer = try #require(alice.receive(challenge, from: bob).datagram)
        let last = try #require(bob.receive(answer, from: alice).datagram)
        return (bob, [message, challenge, answer, last, try alice.seal(), try alice.seal(Bench.message(1134))])
    }

    @Test("a datagram cut at any length is dropped")
    func truncations() throws {
        var (bob, datagrams) = try Self.scene()
        for datagram in datagrams {
            for count in 0..<datagram.count {
                let received = bob.link.receive(Array(datagram.prefix(count)), from: Bench.address(1), at: Bench.start)
                guard case .dropped(let reason) = received else { Issue.record("\(received)"); return }
                #expect([.tooShort, .forged, .ownEcho].contains(reason))
            }
        }
    }

    @Test("one flipped bit anywhere, and a datagram opens no more")
    func flippedBits() throws {
        var (bob, datagrams) = try Self.scene()
        let fresh = datagrams[4]
        for bit in 0..<fresh.count * 8 {
            var changed = fresh
            changed[bit / 8] ^= 1 << (bit % 8)
            let received = bob.link.receive(changed, from: Bench.address(1), at: Bench.start)
            guard case .dropped(let reason) = received else { Issue.record("bit \(bit): \(received)"); return }
            #expect([.notBramble, .unknownVersion, .otherCluster, .forged].contains(reason), "bit \(bit)")
        }
        let received = bob.link.receive(fresh, from: Bench.address(1), at: Bench.start)
        #expect(received == .message(from: Bench.session(1), payload: Bench.message()))
    }

    @Test("100,000 mangled datagrams: nothing traps, nothing gets through", arguments: [1, 2] as [UInt64])
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (bob, datagrams) = try Self.scene()
        let before = bob.link.drops.total
        let count = 50_000
        for _ in 0..<count {
            let mangled = Self.mangle(datagrams[Int.random(in: datagrams.indices, using: &random)], &random)
            let received = bob.link.receive(mangled, from: Bench.address(1), at: Bench.start)
            guard case .dropped = received else { Issue.record("\(received)"); return }
        }
        #expect(bob.link.drops.total == before + UInt64(count))
        #expect(bob.receive(datagrams[4], from: Party(1)) == .message(from: Bench.session(1), payload: Bench.message()))
    }

    @Test("pure noise of any length is dropped")
    func noise() {
        var random = SeededGenerator(seed: 3)
        var bob = Party(2)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...1300, using: &random) % Int.random(in: 1...1300, using: &random)
            let received = bob.link.receive(Self.noise(count, &random), from: Bench.address(1), at: Bench.start)
            guard case .dropped = received else { Issue.record("\(received)"); return }
        }
    }

    @Test("sealed content made at random by someone who has the key: nothing traps")
    func hostileInsider() throws {
        var random = SeededGenerator(seed: 4)
        var bob = Party(2)
        for number in 0..<5_000 as Range<UInt64> {
            let session = Bench.session(number % 7, boot: number % 5)
            let key = SessionKey(Bench.key, session)
            let sequence: UInt64 = Bool.random(using: &random) ? random.next() : .max - number
            let header = DatagramHeader(hint: Bench.key.hint, session: session, sequence: sequence).bytes
            var plaintext = Self.noise(Int.random(in: 64...400, using: &random), &random)
            plaintext[0] = 0
            plaintext[2] = UInt8.random(in: 0...0x11, using: &random)
            let sealed = try #require(key.seal(plaintext, header: header, sequence: sequence))
            let received = bob.link.receive(header + sealed, from: Bench.address(1), at: Bench.start)
            switch received {
            case .message, .proven, .duplicateIdentity: Issue.record("\(received)")
            case .reply, .dropped: break
            }
        }
    }

    @Test("any instant and any address will do")
    func extremes() throws {
        var alice = Party(1)
        var bob = Party(2)
        for at in [Int64.min, -1, 0, 1, .max].map(Instant.init(nanoseconds:)) {
            for ip in [IPAddress.v4(0), .v4(.max), .v6(0, 0), .v6(.max, .max)] {
                let source = SocketAddress(ip: ip, port: .max, interface: .max)
                guard case .reply = bob.link.receive(try alice.seal(), from: source, at: at) else {
                    Issue.record("no challenge"); return
                }
            }
        }
    }

    private static func noise(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var writer = ByteWriter(capacity: count + 8)
        while writer.bytes.count < count { writer.integer(random.next() as UInt64) }
        return Array(writer.bytes.prefix(count))
    }

    /// Changes a datagram so that it surely differs from the original.
    private static func mangle(_ datagram: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = datagram
        switch UInt8.random(in: 0..<5, using: &random) {
        case 0:
            bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 1:
            bytes += noise(Int.random(in: 1...64, using: &random), &random)
        case 2:
            let start = Int.random(in: 0..<bytes.count, using: &random)
            for index in start..<min(bytes.count, start + 16) { bytes[index] = ~bytes[index] }
        case 3:
            bytes.remove(at: Int.random(in: bytes.indices, using: &random))
        default:
            for _ in 0..<3 { bytes[Int.random(in: bytes.indices, using: &random)] &+= 1 }
        }
        return bytes == datagram ? bytes + [0] : bytes
    }
}
