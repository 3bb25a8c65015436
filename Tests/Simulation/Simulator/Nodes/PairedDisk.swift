import NodeCore
import Synchronization
import Wire

/// What a simulated node keeps on its disk of pairing.
struct PairedDisk: Sendable {
    /// Shorter than in the daemon: nodes that lead for minutes take long to simulate.
    static let window = Duration.seconds(20)

    private var secret: [UInt8]
    var record: PairingRecord

    /// What a first start makes.
    init(using random: inout SeededGenerator) {
        secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        record = PairingRecord(using: &random)
    }

    /// What a node with a new identity makes: it may be on a copied card.
    mutating func renewSecret(using random: inout SeededGenerator) { secret = PairedDisk(using: &random).secret }

    /// Reads `bytes`; nil for an empty disk.
    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 6, let group = UInt64(lines[1]), let key = try? ClusterKey(String(lines[2])),
            let standing = PairingRecord.Standing(rawValue: String(lines[3]))
        else { return nil }
        secret = lines[0].split(separator: " ").compactMap { UInt8($0) }
        record = PairingRecord(group: group, key: key, standing: standing, isEstablished: lines[4] == "true")
        record.hasMetOthers = lines[5] == "true"
    }

    var bytes: [UInt8] {
        let lines = [
            secret.map(String.init).joined(separator: " "), "\(record.group)", record.key.text,
            record.standing.rawValue, "\(record.isEstablished)", "\(record.hasMetOthers)",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    func setup(nonces: SeededGenerator) -> PairingSetup? {
        let source = NonceSource(nonces)
        guard let identity = PairingIdentity(bytes: secret) else { return nil }
        var setup = PairingSetup(identity: identity, record: record, nonces: { source.next() })
        setup.configuration.window = Self.window
        return setup
    }
}

/// Nonces that follow from a seed.
private final class NonceSource: Sendable {
    private let random: Mutex<SeededGenerator>

    init(_ random: SeededGenerator) { self.random = Mutex(random) }

    func next() -> PairingNonce { random.withLock { PairingNonce(using: &$0) } }
}
