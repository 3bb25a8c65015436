internal import NodeCore
internal import Wire

/// What a node keeps of pairing: its X25519 key, its group, and the key of that.
struct PairingFile: Hashable, Sendable {
    /// Its X25519 key: 32 secret bytes.
    let secret: [UInt8]
    /// Its group.
    private(set) var record: PairingRecord

    /// What it is known by to nodes without a key in common.
    var identity: PairingIdentity? { PairingIdentity(bytes: secret) }

    init(secret: [UInt8], record: PairingRecord) {
        (self.secret, self.record) = (secret, record)
    }

    /// A fresh one.
    init(using random: inout some RandomNumberGenerator) {
        secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        record = PairingRecord(using: &random)
    }

    /// Reads the text that `text` writes; nil for anything else.
    init?(text: String) {
        var words: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { words[parts[0]] = parts[1] }
        }
        guard let secret = words["secret"].flatMap({ Self.bytes(hexadecimal: $0) }),
            PairingIdentity(bytes: secret) != nil,
            let group = words["group"].flatMap({ UInt64($0, radix: 16) }),
            let key = words["key"].flatMap({ try? ClusterKey(String($0)) }),
            let standing = words["standing"].flatMap({ PairingRecord.Standing(rawValue: String($0)) })
        else { return nil }
        self.secret = secret
        record = PairingRecord(
            group: group, key: key, standing: standing, isEstablished: words["established"] == "true")
        record.hasMetOthers = words["met"] == "true"
        record.isConfigured = words["configured"] == "true"
    }

    /// The text as a file keeps it. A secret.
    var text: String {
        """
        # How this node pairs, and the key that it agreed on. Secret. Written by bramble.
        secret \(secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        group \(String(record.group, radix: 16))
        key \(record.key.text)
        standing \(record.standing.rawValue)
        established \(record.isEstablished)
        met \(record.hasMetOthers)
        configured \(record.isConfigured)

        """
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
