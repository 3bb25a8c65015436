import Membership
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite("Pairing under a new identity")
struct RenewedPairingTests {
    private static let key: ClusterKey = {
        var random = SeededGenerator(seed: 41)
        return ClusterKey(using: &random)
    }()

    @Test("it goes on with what the node has come to, not with what it began with", arguments: [true, false])
    func current(isFixedMeanwhile: Bool) throws {
        var random = SeededGenerator(seed: 42)
        let (old, new) = (PairingFile(using: &random), PairingFile(using: &random))
        let nonce = PairingNonce(using: &random)
        let began = PairingSetup(identity: try #require(old.identity), record: old.record, nonces: { nonce })
        var configuration = Node.Configuration(
            name: "pi", httpPort: 80, keyring: Keyring(old.record.key), floating: [])
        configuration.pairing = began
        let now = Instant(nanoseconds: 1_000_000_000)
        let session = Session(node: NodeID(high: 1, low: 1), boot: 1, salt: 1)
        var node = Node(
            configuration, session: session, linkSecret: Array(repeating: 1, count: 32), known: [],
            random: SeededGenerator(seed: 1), at: now)
        if isFixedMeanwhile {
            _ = node.rotate(to: Keyring(Self.key), at: now)
            _ = node.fixPairing()
        } else {
            _ = try node.closePairing(at: now)
        }
        let setup = try #require(began.renewed(new.identity, as: node))
        #expect(setup.identity.publicKey == new.identity?.publicKey)
        #expect(setup.isKeyConfigured == isFixedMeanwhile && setup.record.standing != .open)
        #expect(setup.record.key == (isFixedMeanwhile ? Self.key : old.record.key))
    }
}
