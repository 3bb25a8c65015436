public import DHCP
public import Wire

/// What a cluster knows of the address that it has from a DHCP server. Every node has a copy, in memory and on disk;
/// where two differ, one of them supersedes the other on every node alike.
public struct LeaseRecord: Hashable, Sendable {
    /// Raised by whoever hears something new from a server.
    public var version: UInt64
    /// Who the cluster is to the server. It stays the same when the cluster key is replaced.
    public var identity: LANIdentity
    /// The lease; when it was obtained is told by this node's clock. Nil if the server took it back, or never gave one.
    public var lease: DHCPLease?
    /// Whether this is a server's word that still stands. What was read from disk, and a lease that has ended, are
    /// memories: an address to ask for, but not to use.
    public var isLive: Bool

    /// A record with all that is known.
    public init(version: UInt64, identity: LANIdentity, lease: DHCPLease?, isLive: Bool) {
        self.version = version
        self.identity = identity
        self.lease = lease
        self.isLive = isLive
    }

    /// Nothing is known but who the cluster is.
    init(identity: LANIdentity) { self.init(version: 0, identity: identity, lease: nil, isLive: false) }

    /// The lease, if it may be used.
    var liveLease: DHCPLease? { isLive ? lease : nil }

    /// Whether this record is to be believed rather than `other`: what a server said in the cluster's present life
    /// before any memory, then the later word. The rest settles what cannot be told apart, the same way everywhere.
    func supersedes(_ other: LeaseRecord) -> Bool {
        if isLive != other.isLive { return isLive }
        if version != other.version { return version > other.version }
        if (lease == nil) != (other.lease == nil) { return lease != nil }
        return other.order.lexicographicallyPrecedes(order)
    }

    /// Whether both come to the same address of the same server, for the same client: then nothing need be stored.
    func hasContent(of other: LeaseRecord) -> Bool { order == other.order }

    private var order: [UInt8] {
        var writer = ByteWriter()
        writer.append(identity.seed)
        writer.integer(lease?.address ?? 0)
        writer.integer(lease?.server ?? 0)
        writer.append(lease?.serverHardware ?? [])
        return writer.bytes
    }
}

extension LeaseRecord {
    /// Reads the text that `text` writes; nil for anything else. It is a memory: a clock that stood still while the
    /// machine was off cannot tell whether the lease has ended.
    public init?(text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { values[words[0]] = words[1] }
        }
        guard let version = values["version"].flatMap({ UInt64($0) }),
            let seed = values["identity"].flatMap(Self.bytes), let identity = LANIdentity(seed: seed)
        else { return nil }
        self.init(version: version, identity: identity, lease: nil, isLive: false)
        func address(_ key: Substring) -> UInt32? {
            guard let text = values[key], case .v4(let number) = IPAddress(String(text)) else { return nil }
            return number
        }
        guard let leased = address("address"), let server = address("server") else { return }
        lease = DHCPLease(
            address: leased, prefix: nil, router: address("router"), server: server,
            serverHardware: values["hardware"].flatMap(Self.bytes) ?? [], duration: .zero, renewal: .zero,
            rebinding: .zero, obtainedAt: .zero)
    }

    /// The record as a file keeps it: a line for each value.
    public var text: String {
        var lines = ["version \(version)", "identity \(Self.hexadecimal(identity.seed))"]
        if let lease {
            lines += ["address \(IPAddress.v4(lease.address))", "server \(IPAddress.v4(lease.server))"]
            if let router = lease.router { lines.append("router \(IPAddress.v4(router))") }
            if !lease.serverHardware.isEmpty { lines.append("hardware \(Self.hexadecimal(lease.serverHardware))") }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 48...57: character - 48
        case 97...102: character - 87
        default: nil
        }
    }
}
