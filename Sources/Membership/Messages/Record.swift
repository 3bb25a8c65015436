import Wire

/// A statement about one node. Of two about the same node, the one that supersedes the other is right.
struct Record: Equatable, Sendable {
    /// The most accusers that a record names: the first and as many confirmations as are ever awaited.
    static let accuserLimit = 8

    var session: Session
    var counter: UInt32
    var state: Member.State
    /// Who found a suspect silent; empty in any other state.
    var accusers: [NodeID] = []
    /// Where the node is seen; nil when it speaks about itself, because the datagram's source says it better.
    var address: SocketAddress?
    var info: MemberInfo

    var node: NodeID { session.node }

    var incarnation: Incarnation { Incarnation(boot: session.boot, salt: session.salt, counter: counter) }

    /// The order is total, so everybody ends up with the same record, whatever came first.
    func supersedes(_ other: Record) -> Bool {
        (incarnation, state.rawValue) > (other.incarnation, other.state.rawValue)
    }
}

extension Record {
    private static let stateMask: UInt8 = 0x0F
    private static let addressFlag: UInt8 = 0x10
    /// The most bytes of a newer version's fields that are handed on; a record's length has to stay under 256. A version
    /// that knows nothing of keys takes their 17 bytes for such fields.
    private static let extraLimit = 32

    /// The record behind its length of one byte.
    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.nodeID(session.node)
        writer.integer(session.boot)
        writer.integer(session.salt)
        writer.integer(counter)
        writer.integer(state.rawValue | (address == nil ? 0 : Self.addressFlag))
        if let address { writer.socketAddress(address) }
        if state == .suspect { write(accusers.prefix(Self.sentAccusers), to: &writer) }
        writer.integer(info.httpPort)
        writer.integer(info.flags)
        writer.integer(info.release)
        writer.string(info.wireName)
        if let keys = info.keys { writer.heldKeys(keys) }
        if info.extra.count <= Self.extraLimit { writer.append(info.extra) }
        return [UInt8(writer.bytes.count)] + writer.bytes
    }

    /// Reads a record and its length. Fields after those known here are kept as they are; a record of a state that only
    /// a newer version knows is passed over: nil.
    init?(from reader: inout ByteReader) throws(DecodeError) {
        let length = try reader.integer(UInt8.self)
        var body = ByteReader(try reader.bytes(Int(length)))
        session = Session(node: try body.nodeID(), boot: try body.integer(), salt: try body.integer())
        counter = try body.integer()
        let bits = try body.integer(UInt8.self)
        guard let state = Member.State(rawValue: bits & Self.stateMask) else { return nil }
        self.state = state
        if bits & Self.addressFlag != 0 { address = try body.socketAddress() }
        if state == .suspect { accusers = try Self.readAccusers(from: &body) }
        let port = try body.integer(UInt16.self)
        let flags = try body.integer(UInt16.self)
        let release = try body.integer(UInt64.self)
        info = MemberInfo(name: try body.string(), httpPort: port, release: release, flags: flags)
        if body.count >= HeldKeys.byteCount { info.keys = try body.heldKeys() }
        info.extra = Array(body.remainder())
    }

    /// Four accusers are a suspicion's whole case by default, and leave the record under 256 bytes.
    private static let sentAccusers = 4

    private func write(_ accusers: ArraySlice<NodeID>, to writer: inout ByteWriter) {
        writer.integer(UInt8(accusers.count))
        for accuser in accusers { writer.nodeID(accuser) }
    }

    private static func readAccusers(from body: inout ByteReader) throws(DecodeError) -> [NodeID] {
        let count = try body.integer(UInt8.self)
        guard count <= accuserLimit else { throw .badValue }
        var accusers: [NodeID] = []
        for _ in 0..<count { accusers.append(try body.nodeID()) }
        return accusers
    }
}
