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

    /// A node for a session: the first one, or one under a new identity, which has the keys of the one before it.
    func makeNode(_ session: Session, keyRing: KeyRing?, pairing: PairingRecord?, at now: Instant) -> Node {
        var nodeConfiguration = nodeConfiguration
        if let pairing { nodeConfiguration.pairing?.record = pairing }
        if let keyRing { nodeConfiguration.keyRing = keyRing }
        nodeConfiguration.rememberedLease = files.lease()
        var random = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Node(
            nodeConfiguration, session: session, linkSecret: secret, known: files.peers(),
            random: SeededGenerator(seed: random.next()), at: now)
    }
}
