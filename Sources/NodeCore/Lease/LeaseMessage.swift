internal import DHCP
internal import Wire

/// What a node tells the others of the cluster's lease: its record, and whether it asks for an address.
struct LeaseMessage: Hashable, Sendable {
    /// A search that goes on.
    struct Search: Hashable, Sendable {
        /// How many questions were not answered.
        var unanswered: UInt16
        /// What was wrong with the last offer.
        var flaw: DHCPLease.Flaw?
    }

    /// The record. On the way a lease has an age in place of an instant: clocks differ.
    var record: LeaseRecord
    /// The sender's search, if it asks.
    var search: Search?

    private enum Flag {
        static let live: UInt8 = 1
        static let lease: UInt8 = 2
        static let search: UInt8 = 4
    }

    /// The message at `now`: kind, flags, body.
    func encoded(at now: Instant) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.integer(MessageKind.lease)
        writer.integer(
            (record.isLive ? Flag.live : 0) | (record.lease == nil ? 0 : Flag.lease) | (search == nil ? 0 : Flag.search)
        )
        writer.integer(record.version)
        writer.append(record.identity.seed)
        if let lease = record.lease { Self.write(lease, at: now, with: &writer) }
        if let search {
            let (code, address) = Self.number(search.flaw)
            writer.integer(search.unanswered)
            writer.integer(code)
            writer.integer(address)
        }
        return writer.bytes
    }

    /// Reads a message whose kind is known to be `lease`. Bytes at its end are a newer version's.
    init(decoding payload: [UInt8], at now: Instant) throws(DecodeError) {
        var reader = ByteReader(payload.dropFirst())
        let flags = try reader.integer(UInt8.self)
        let version = try reader.integer(UInt64.self)
        guard let identity = LANIdentity(seed: Array(try reader.bytes(LANIdentity.byteCount))) else { throw .badValue }
        let lease = flags & Flag.lease != 0 ? try Self.lease(&reader, at: now) : nil
        // A record of the highest version could never be superseded.
        guard version < .max / 2 else { throw .badValue }
        record = LeaseRecord(version: version, identity: identity, lease: lease, isLive: flags & Flag.live != 0)
        guard flags & Flag.search != 0 else { return }
        let unanswered = try reader.integer(UInt16.self)
        search = Search(unanswered: unanswered, flaw: Self.flaw(try reader.integer(), try reader.integer()))
    }

    init(record: LeaseRecord, search: Search?) {
        self.record = record
        self.search = search
    }

    private static func write(_ lease: DHCPLease, at now: Instant, with writer: inout ByteWriter) {
        writer.integer(lease.address)
        writer.integer(lease.prefix ?? .max)
        writer.integer(lease.router ?? 0)
        writer.integer(lease.server)
        writer.append((lease.serverHardware + [0, 0, 0, 0, 0, 0]).prefix(6))
        for duration in [lease.duration, lease.renewal, lease.rebinding, lease.obtainedAt.duration(to: now)] {
            writer.integer(UInt64(max(0, duration.wholeNanoseconds / 1_000_000)))
        }
    }

    private static func lease(_ reader: inout ByteReader, at now: Instant) throws(DecodeError) -> DHCPLease {
        let address = try reader.integer(UInt32.self)
        let prefix = try reader.integer(UInt8.self)
        let router = try reader.integer(UInt32.self)
        let server = try reader.integer(UInt32.self)
        let hardware = Array(try reader.bytes(6))
        func duration() throws(DecodeError) -> Duration {
            let milliseconds = try reader.integer(UInt64.self)
            guard milliseconds <= longest else { throw .badValue }
            return .milliseconds(milliseconds)
        }
        let (whole, renewal, rebinding) = (try duration(), try duration(), try duration())
        let age = try duration()
        guard renewal <= rebinding, rebinding <= whole, prefix <= 32 || prefix == .max else { throw .badValue }
        return DHCPLease(
            address: address, prefix: prefix <= 32 ? prefix : nil, router: router == 0 ? nil : router, server: server,
            serverHardware: hardware.allSatisfy { $0 == 0 } ? [] : hardware, duration: whole, renewal: renewal,
            rebinding: rebinding, obtainedAt: now.advanced(by: .zero - age))
    }

    /// Beyond any lease: an endless one has 2³² seconds.
    private static let longest: UInt64 = 1 << 43

    private static func number(_ flaw: DHCPLease.Flaw?) -> (UInt8, UInt32) {
        switch flaw {
        case nil: (0, 0)
        case .incomplete: (1, 0)
        case .outside(let address): (2, address)
        case .taken(let address): (3, address)
        case .refused(let address): (4, address)
        }
    }

    private static func flaw(_ code: UInt8, _ address: UInt32) -> DHCPLease.Flaw? {
        switch code {
        case 1: .incomplete
        case 2: .outside(address)
        case 3: .taken(address)
        case 4: .refused(address)
        default: nil
        }
    }
}
