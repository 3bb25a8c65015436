/// The clear part of a datagram. It is authenticated together with what it precedes.
///
///     0  magic "BRM"     3  version      4  key hint (4)    8  node ID (16)
///     24 boot counter (8)   32 session salt (8)   40 sequence number (8)   48 ciphertext, tag (16)
struct DatagramHeader: Hashable, Sendable {
    static let byteCount = 48
    static let magic = Array("BRM".utf8)
    static let version: UInt8 = 1

    /// No datagram is longer: 1,200 bytes pass every link without being cut up.
    static let maximumDatagram = 1200
    /// No datagram is shorter. The longest challenge or answer has just this size, so that none is ever larger than
    /// what provoked it and nobody can use a node to multiply traffic.
    static let minimumDatagram = 128

    let hint: UInt32
    let session: Session
    let sequence: UInt64

    init(hint: UInt32, session: Session, sequence: UInt64) {
        self.hint = hint
        self.session = session
        self.sequence = sequence
    }

    /// Reads the header of a datagram that `flaw(in:)` finds nothing wrong with.
    init(reading datagram: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(datagram)
        _ = try reader.bytes(Self.magic.count + 1)
        hint = try reader.integer()
        session = try reader.session()
        sequence = try reader.integer()
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.maximumDatagram)
        writer.append(Self.magic)
        writer.integer(Self.version)
        writer.integer(hint)
        writer.session(session)
        writer.integer(sequence)
        return writer.bytes
    }

    /// What is wrong with a datagram by its size, magic and version; nil if nothing is.
    static func flaw(in datagram: [UInt8]) -> DropReason? {
        if datagram.count > maximumDatagram { return .tooLong }
        if !datagram.starts(with: magic.prefix(datagram.count)) { return .notBramble }
        guard datagram.count > magic.count else { return .tooShort }
        if datagram[magic.count] != version { return .unknownVersion }
        return datagram.count < minimumDatagram ? .tooShort : nil
    }
}

/// The plaintext of a datagram: the payload's length (2), the payload, zeros up to the smallest datagram's size.
enum PaddedPayload {
    private static let overhead = DatagramHeader.byteCount + SessionKey.tagCount
    private static let lengthCount = 2

    static let maximumCount = DatagramHeader.maximumDatagram - overhead - lengthCount
    static let minimumCount = DatagramHeader.minimumDatagram - overhead - lengthCount

    static func wrap(_ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: lengthCount + max(payload.count, minimumCount))
        writer.integer(UInt16(clamping: payload.count))
        writer.append(payload)
        writer.append(repeatElement(0, count: max(0, minimumCount - payload.count)))
        return writer.bytes
    }

    static func unwrap(_ plaintext: [UInt8]) throws(DecodeError) -> [UInt8] {
        var reader = ByteReader(plaintext)
        let count = Int(try reader.integer(UInt16.self))
        guard count > 0 else { throw .badValue }
        return Array(try reader.bytes(count))
    }
}
