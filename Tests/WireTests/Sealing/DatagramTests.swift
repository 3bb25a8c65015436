import Testing
@testable import Wire

@Suite("Datagrams")
struct DatagramTests {
    private static let session = Session(
        node: NodeID(high: 0x1011_1213_1415_1617, low: 0x1819_1A1B_1C1D_1E1F), boot: 7, salt: 0x0123_4567_89AB_CDEF)

    /// Sealed by an implementation in another language: key bytes 0 to 31, the session above, sequence number 5,
    /// payload 0x10 "hello".
    private static let vector = """
        42524d014436d05e101112131415161718191a1b1c1d1e1f00000000000000070123456789abcdef0000000000000005\
        bd29ba778a8b610fd4e6fdec5aee8dc8374f1fffbe82f0bae8c488c94a174d69d9505a5f8444c358f8ceafff0a983c4f\
        72045ce5db0d52b85c1fc9472bd23f543375e2704dc3b4dfa4069b07a0b22f7d
        """

    @Test("a datagram is what the format says, byte by byte")
    func vector() throws {
        let key = try #require(ClusterKey(bytes: Array(0..<32)))
        var seal = DatagramSeal(session: Self.session, keyring: Keyring(key), firstSequence: 5)
        let datagram = try seal.seal([0x10] + Array("hello".utf8))
        let text = datagram.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(text == Self.vector)
    }

    @Test("payloads of every size come through, in 128 to 1,200 bytes")
    func sizes() throws {
        var sender = DatagramSeal(session: Self.session, keyring: Keyring(Bench.key), firstSequence: 0)
        var receiver = DatagramSeal(session: Bench.session(2), keyring: Keyring(Bench.key), firstSequence: 0)
        #expect(SealedLink.maximumPayload == 1134)
        for count in 1...SealedLink.maximumPayload {
            let payload = Bench.message(count, fill: UInt8(truncatingIfNeeded: count))
            let datagram = try sender.seal(payload)
            #expect((128...1200).contains(datagram.count))
            #expect(
                receiver.open(datagram)
                    == .opened(
                        .init(session: Self.session, sequence: UInt64(count - 1), payload: payload, key: Bench.key)))
        }
    }

    @Test("what can't be sealed is refused by name and uses no number up")
    func refusals() throws {
        var link = Party(1).link
        #expect(throws: SealError.empty) { try link.seal([]) }
        #expect(throws: SealError.tooLong(1135)) { try link.seal(Bench.message(1135)) }
        for kind in 0x00...0x0F as ClosedRange<UInt8> {
            #expect(throws: SealError.reservedKind(kind)) { try link.seal([kind, 1]) }
        }
        let header = try DatagramHeader(reading: link.seal(Bench.message()))
        #expect(header.sequence == 0)
    }

    @Test("no sequence number is used twice: when they are used up, nothing is sealed any more")
    func exhaustion() throws {
        var alice = Party(Bench.session(1), at: Bench.address(1), firstSequence: .max - 1)
        var bob = Party(2)
        let last = try alice.seal()
        #expect(try DatagramHeader(reading: last).sequence == .max - 1)
        #expect(throws: SealError.exhausted) { try alice.seal() }
        let challenge = try #require(bob.receive(last, from: alice).datagram)
        #expect(alice.receive(challenge, from: bob) == .dropped(.unproven))
        #expect(alice.receive(try bob.seal(), from: bob) == .dropped(.unproven))
        #expect(throws: SealError.exhausted) { try alice.seal() }
    }

    @Test("the sequence number is the nonce: equal payloads never look equal")
    func noEqualDatagrams() throws {
        var link = Party(1).link
        var seen: Set<[UInt8]> = []
        for _ in 0..<200 { seen.insert(Array(try link.seal(Bench.message()).dropFirst(DatagramHeader.byteCount))) }
        #expect(seen.count == 200)
    }

    @Test(
        "what is no datagram is dropped for the right reason",
        arguments: [
            ([], .tooShort), (Array("BR".utf8), .tooShort), (Array("BRM".utf8), .tooShort),
            (Array("BX".utf8), .notBramble), ([0], .notBramble), ([UInt8](repeating: 0, count: 1200), .notBramble),
            (Array("BRM\u{1}".utf8), .tooShort), (Array("BRM\u{2}".utf8), .unknownVersion),
            (Array("BRM\u{1}".utf8) + [UInt8](repeating: 0, count: 123), .tooShort),
            (Array("BRM\u{1}".utf8) + [UInt8](repeating: 0, count: 124), .otherCluster),
            (Array("BRM\u{1}".utf8) + [UInt8](repeating: 0, count: 1196), .otherCluster),
            (Array("BRM\u{1}".utf8) + [UInt8](repeating: 0, count: 1197), .tooLong),
        ] as [([UInt8], DropReason)])
    func flaws(datagram: [UInt8], reason: DropReason) {
        var link = Party(1).link
        #expect(link.receive(datagram, from: Bench.address(9), at: Bench.start) == .dropped(reason))
        #expect(link.drops[reason] == 1)
        #expect(link.drops.total == 1)
    }

    @Test("authentic content that is broken is told from a forgery")
    func malformed() throws {
        var bob = Party(2)
        let key = SessionKey(Bench.key, Self.session)
        func datagram(_ plaintext: [UInt8]) throws -> [UInt8] {
            let header = DatagramHeader(hint: Bench.key.hint, session: Self.session, sequence: 1).bytes
            return header + (try #require(key.seal(plaintext, header: header, sequence: 1)))
        }
        func receive(_ plaintext: [UInt8]) throws -> SealedLink.Received {
            bob.link.receive(try datagram(plaintext), from: Bench.address(1), at: Bench.start)
        }
        #expect(try receive([UInt8](repeating: 0, count: 64)) == .dropped(.malformed))
        #expect(try receive([0, 63] + [UInt8](repeating: 0x10, count: 62)) == .dropped(.malformed))
        #expect(try receive(PaddedPayload.wrap([0x01])) == .dropped(.malformed))
        #expect(try receive(PaddedPayload.wrap([0x02] + [UInt8](repeating: 0, count: 17))) == .dropped(.malformed))
        #expect(try receive(PaddedPayload.wrap([0x02] + [UInt8](repeating: 0, count: 33))) == .dropped(.malformed))
        for kind in [0x00] + Array(0x03...0x0F) as [UInt8] {
            #expect(try receive(PaddedPayload.wrap([kind, 1])) == .dropped(.unknownKind))
        }
        #expect(try receive(PaddedPayload.wrap([0x10])).datagram != nil)
    }
}
