/// What sealing itself sends: who are you, and here I am.
enum LinkMessage: Hashable, Sendable {
    /// Asks this session to bring the cookie back from the address that the challenge is sent to.
    case challenge(Session, Cookie)
    /// Brings a cookie back; with it comes the answerer's own challenge if it does not know the challenger yet.
    case answer(Cookie, challenge: Cookie?)

    /// The kinds, a payload's first byte, that belong to sealing.
    static let kinds: ClosedRange<UInt8> = 0x00...0x0F
    private static let challengeKind: UInt8 = 0x01
    private static let answerKind: UInt8 = 0x02

    /// Whether a payload of this kind is a message that `init(decoding:)` knows.
    static func knows(_ kind: UInt8) -> Bool { kind == challengeKind || kind == answerKind }

    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: PaddedPayload.minimumCount)
        switch self {
        case .challenge(let session, let cookie):
            writer.integer(Self.challengeKind)
            writer.session(session)
            writer.append(cookie.bytes)
        case .answer(let cookie, let challenge):
            writer.integer(Self.answerKind)
            writer.append(cookie.bytes)
            writer.append(challenge?.bytes ?? [])
        }
        return writer.bytes
    }

    init(decoding payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload)
        switch try reader.integer(UInt8.self) {
        case Self.challengeKind:
            self = .challenge(try reader.session(), try Self.cookie(&reader))
        case Self.answerKind:
            let cookie = try Self.cookie(&reader)
            self = .answer(cookie, challenge: reader.count == 0 ? nil : try Self.cookie(&reader))
        default:
            throw .badValue
        }
        try reader.end()
    }

    private static func cookie(_ reader: inout ByteReader) throws(DecodeError) -> Cookie {
        guard let cookie = Cookie(bytes: try reader.bytes(Cookie.byteCount)) else { throw .badValue }
        return cookie
    }
}
