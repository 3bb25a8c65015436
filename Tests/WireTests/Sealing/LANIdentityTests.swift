import Testing
import Wire

@Suite("Who a cluster is to its LAN")
struct LANIdentityTests {
    private static func key(_ seed: UInt64) -> ClusterKey {
        var random = SeededGenerator(seed: seed)
        return ClusterKey(using: &random)
    }

    @Test("the same key gives the same identity, and another key another one")
    func followsTheKey() {
        #expect(LANIdentity(of: Self.key(1)) == LANIdentity(of: Self.key(1)))
        #expect(LANIdentity(of: Self.key(1)) != LANIdentity(of: Self.key(2)))
    }

    @Test("the Ethernet address is locally administered and unicast", arguments: UInt64(1)...20)
    func hardwareAddress(seed: UInt64) {
        let address = LANIdentity(of: Self.key(seed)).hardwareAddress
        #expect(address.count == 6)
        #expect(address[0] & 0b11 == 0b10)
    }

    @Test("the client identifier has the form of RFC 4361 with a DUID of RFC 6355")
    func clientIdentifier() throws {
        let identity = LANIdentity(of: Self.key(3))
        let identifier = identity.clientIdentifier
        #expect(identifier.count == 23)
        #expect(identifier.prefix(7) == [255, 0, 0, 0, 1, 0, 4])
        #expect(identifier[13] >> 4 == 8)
        #expect(identifier[15] >> 6 == 0b10)
        #expect(try #require(LANIdentity(seed: identity.seed)).clientIdentifier == identifier)
    }

    @Test("nothing but sixteen bytes makes an identity", arguments: [0, 15, 17])
    func otherLengths(count: Int) {
        #expect(LANIdentity(seed: Array(repeating: 1, count: count)) == nil)
    }

    @Test("the identity gives nothing of the key away")
    func isNoSecret() {
        let key = Self.key(4)
        #expect(!key.bytes.starts(with: LANIdentity(of: key).seed))
        #expect(LANIdentity(of: key).seed != Array(key.bytes.suffix(16)))
    }
}
