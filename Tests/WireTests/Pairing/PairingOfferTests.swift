import Testing

@testable import Wire

@Suite("Identities and offers of pairing")
struct PairingOfferTests {
    private static func identity(_ seed: UInt8) throws -> PairingIdentity {
        try #require(PairingIdentity(bytes: [UInt8](repeating: seed, count: 32)))
    }

    private static func nonce(_ seed: UInt64) -> PairingNonce {
        var random = SeededGenerator(seed: seed)
        return PairingNonce(using: &random)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    @Test("a public key is that of RFC 7748 §6.1, and a secret has 32 bytes")
    func publicKey() throws {
        let secret = Self.bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        let bob = try #require(PairingIdentity(bytes: secret))
        #expect(bob.publicKey.bytes == Self.bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        #expect(PairingIdentity(bytes: secret.dropLast()) == nil && PairingIdentity(bytes: secret + [0]) == nil)
    }

    @Test("a fingerprint has eighty bits, in groups that people can read")
    func fingerprint() throws {
        let key = try #require(PairingKey(bytes: Array(0..<32)))
        #expect(key.fingerprint == "630d-cd29-66c4-3366-9112")
        #expect(key.fingerprint.utf8.count == PairingKey.fingerprintLength)
        #expect(PairingKey(bytes: Array(0..<31)) == nil && PairingKey(bytes: Array(0..<33)) == nil)
    }

    @Test("keys are sorted by their bytes")
    func order() throws {
        let keys = try [[0, 9], [1, 0], [1, 1]].map { start in
            try #require(PairingKey(bytes: start.map { UInt8($0) } + [UInt8](repeating: 0, count: 30)))
        }
        #expect(keys.reversed().sorted() == keys)
    }

    /// What goes wrong on an offer's way.
    enum Mishap: CaseIterable {
        case none, otherReceiver, otherSender, otherNonce, otherRun, truncated, empty, longer, changed, asAcceptance,
            reflected

        /// What it does to the bytes that were sealed.
        func spoil(_ sealed: inout [UInt8]) {
            switch self {
            case .truncated: sealed.removeLast()
            case .empty: sealed = []
            case .longer: sealed.append(0)
            case .changed: sealed[0] ^= 1
            default: break
            }
        }
    }

    @Test("an offer opens for its receiver alone, in the run that it was made for", arguments: Mishap.allCases)
    func opens(_ mishap: Mishap) throws {
        let (us, them, third) = (try Self.identity(1), try Self.identity(2), try Self.identity(3))
        let key = try #require(ClusterKey(bytes: Array(100..<132)))
        for (isAdmission, isEstablished) in [(false, false), (false, true), (true, false), (true, true)] {
            let offer = PairingOffer(group: 7, key: key, isAdmission: isAdmission, isEstablished: isEstablished)
            let datagram = try #require(
                them.offer(offer, to: us.publicKey, announced: Self.nonce(1), nonce: Self.nonce(2)))
            let message = try PairingMessage(decoding: datagram)
            #expect(message.sender == them.publicKey && message.nonce == Self.nonce(2))
            guard case .offer(us.publicKey, Self.nonce(1), var sealed) = message.body else {
                Issue.record("\(message)")
                return
            }
            mishap.spoil(&sealed)
            let receiver = mishap == .otherReceiver ? third : mishap == .reflected ? them : us
            let sender = mishap == .otherSender ? third : mishap == .reflected ? us : them
            let nonces = (Self.nonce(mishap == .otherNonce ? 3 : 2), Self.nonce(mishap == .otherRun ? 3 : 1))
            if mishap == .asAcceptance {
                #expect(us.accepted(sealed, by: them.publicKey, nonce: nonces.1, offered: nonces.0) == nil)
                continue
            }
            let opened = receiver.open(sealed, from: sender.publicKey, nonce: nonces.0, announced: nonces.1)
            #expect(opened == (mishap == .none ? offer : nil))
        }
    }

    @Test("an acceptance opens for who made the offer alone, and for that offer", arguments: Mishap.allCases)
    func accepts(_ mishap: Mishap) throws {
        let (us, them, third) = (try Self.identity(1), try Self.identity(2), try Self.identity(3))
        let datagram = try #require(
            them.acceptance(of: 7, from: us.publicKey, offered: Self.nonce(1), nonce: Self.nonce(2)))
        let message = try PairingMessage(decoding: datagram)
        guard case .accept(us.publicKey, Self.nonce(1), var sealed) = message.body else {
            Issue.record("\(message)")
            return
        }
        mishap.spoil(&sealed)
        let receiver = mishap == .otherReceiver ? third : mishap == .reflected ? them : us
        let sender = mishap == .otherSender ? third : mishap == .reflected ? us : them
        let nonces = (Self.nonce(mishap == .otherNonce ? 3 : 2), Self.nonce(mishap == .otherRun ? 3 : 1))
        let group = receiver.accepted(sealed, by: sender.publicKey, nonce: nonces.0, offered: nonces.1)
        #expect(group == (mishap == .none || mishap == .asAcceptance ? 7 : nil))
        if mishap == .asAcceptance {
            #expect(us.open(sealed, from: them.publicKey, nonce: nonces.0, announced: nonces.1) == nil)
        }
    }

    @Test(
        "with a key that agrees with every secret nothing is sealed, and nothing opens",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ])
    func lowOrder(_ hexadecimal: String) throws {
        let us = try Self.identity(1)
        let key = try #require(PairingKey(bytes: Self.bytes(hexadecimal)))
        let offer = PairingOffer(
            group: 7, key: try #require(ClusterKey(bytes: Array(0..<32))), isAdmission: false)
        #expect(us.offer(offer, to: key, announced: Self.nonce(1), nonce: Self.nonce(2)) == nil)
        #expect(us.acceptance(of: 7, from: key, offered: Self.nonce(1), nonce: Self.nonce(2)) == nil)
        #expect(
            us.open([UInt8](repeating: 0, count: 57), from: key, nonce: Self.nonce(1), announced: Self.nonce(2)) == nil)
    }
}
