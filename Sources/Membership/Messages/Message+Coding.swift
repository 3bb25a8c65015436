import Wire

/// The most records that one message may hold.
private let recordLimit = 64

/// One outgoing payload, filled with records up to the limit.
///
/// kind · version · length of the head · head · number of records · records, each behind its length.
struct Packet: Sendable {
    private(set) var bytes: [UInt8]
    private let countIndex: Int
    private let limit: Int

    init(_ body: Message.Body, version: UInt8, limit: Int) {
        let head = body.head
        bytes = [body.kind, version, UInt8(head.count)] + head + [0]
        countIndex = bytes.count - 1
        self.limit = limit
    }

    /// Whether it holds no record.
    var isEmpty: Bool { bytes[countIndex] == 0 }

    /// Adds an encoded record if there is room for it.
    mutating func add(_ record: [UInt8]) -> Bool {
        guard bytes.count + record.count <= limit, bytes[countIndex] < recordLimit else { return false }
        bytes += record
        bytes[countIndex] += 1
        return true
    }
}

extension Message {
    enum Decoded: Equatable {
        case message(Message)
        case ignored(SWIM.IgnoreReason)
    }

    /// Reads a payload of one of these versions, of which all have the same layout so far. Bytes after the last known field, of the head and of the whole, belong to a newer version.
    static func decode(_ payload: [UInt8], versions: ClosedRange<UInt8>) -> Decoded {
        guard let kind = payload.first else { return .ignored(.malformed) }
        guard (0x10...0x17).contains(kind) else { return .ignored(.unknownKind) }
        guard payload.count > 1 else { return .ignored(.malformed) }
        guard versions.contains(payload[1]) else { return .ignored(.protocolVersion) }
        do throws(DecodeError) {
            var reader = ByteReader(payload.dropFirst(2))
            let length = try reader.integer(UInt8.self)
            var head = ByteReader(try reader.bytes(Int(length)))
            let body = try Body(kind: kind, head: &head)
            return .message(Message(body: body, records: try records(from: &reader)))
        } catch {
            return .ignored(.malformed)
        }
    }

    private static func records(from reader: inout ByteReader) throws(DecodeError) -> [Record] {
        let count = try reader.integer(UInt8.self)
        guard count <= recordLimit else { throw .badValue }
        var records: [Record] = []
        for _ in 0..<count {
            if let record = try Record(from: &reader) { records.append(record) }
        }
        return records
    }
}

extension Message.Body {
    fileprivate var head: [UInt8] {
        var writer = ByteWriter(capacity: 24)
        switch self {
        case .ping(let sequence, let target):
            writer.integer(sequence)
            writer.nodeID(target)
        case .ack(let sequence), .nack(let sequence), .stretch(let sequence): writer.integer(sequence)
        case .pingRequest(let sequence, let target, let patience):
            writer.integer(sequence)
            writer.nodeID(target)
            writer.integer(patience)
        case .sync(let wantsReply): writer.integer(UInt8(wantsReply ? 1 : 0))
        case .gossip, .hello: break
        }
        return writer.bytes
    }

    fileprivate init(kind: UInt8, head: inout ByteReader) throws(DecodeError) {
        switch kind {
        case 0x10: self = .ping(sequence: try head.integer(), target: try head.nodeID())
        case 0x11: self = .ack(sequence: try head.integer())
        case 0x12:
            self = .pingRequest(
                sequence: try head.integer(), target: try head.nodeID(), patience: try head.integer())
        case 0x13: self = .nack(sequence: try head.integer())
        case 0x14: self = .gossip
        case 0x15: self = .sync(wantsReply: try head.integer(UInt8.self) & 1 != 0)
        case 0x16: self = .hello
        case 0x17: self = .stretch(sequence: try head.integer())
        default: throw .badValue
        }
    }
}
