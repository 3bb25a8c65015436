internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

/// What the control thread is given at its start.
struct ControlSetup: Sendable {
    var configuration: Configuration
    var nodeConfiguration: Node.Configuration
    var session: Session
    var files: NodeFiles
    var peers: PeersKeeper
    var facts: Facts
    var mailbox: Mailbox
    /// This node's X25519 key: 32 secret bytes; empty where there is no pairing.
    var pairingSecret: [UInt8]
    var reloader: Reloader
    var hooks: HookRunner
    var drain: DrainSwitch
    var logger: Logger

    /// The node of the session that the daemon began with.
    func makeNode(at now: Instant) -> Node { makeNode(session, nodeConfiguration, at: now) }

    /// The node under a new identity, which has the keys of the one before it, and its place in a group.
    func makeNode(_ renewed: RenewedIdentity, after node: Node, at now: Instant) -> Node {
        var nodeConfiguration = nodeConfiguration
        nodeConfiguration.keyRing = node.keyRing
        nodeConfiguration.pairing = nodeConfiguration.pairing.flatMap { setup in
            setup.renewed(PairingIdentity(bytes: renewed.pairingSecret), as: node)
        }
        return makeNode(renewed.session, nodeConfiguration, at: now)
    }

    private func makeNode(_ session: Session, _ nodeConfiguration: Node.Configuration, at now: Instant) -> Node {
        var nodeConfiguration = nodeConfiguration
        nodeConfiguration.rememberedLease = files.lease()
        var random = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Node(
            nodeConfiguration, session: session, linkSecret: secret, known: files.peers(),
            random: SeededGenerator(seed: random.next()), at: now)
    }
}

extension PairingSetup {
    /// What a node needs to pair that has taken the place of `node`.
    func renewed(_ identity: PairingIdentity?, as node: Node) -> PairingSetup? {
        guard let identity, let record = node.pairingRecord else { return nil }
        var setup = self
        (setup.identity, setup.record, setup.isKeyConfigured) = (identity, record, node.isKeyConfigured)
        return setup
    }
}
