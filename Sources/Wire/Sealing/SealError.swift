/// Why a payload was not sealed. Nothing has been sent, and the link can go on unless its numbers are used up.
public enum SealError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The payload is empty: it lacks even its kind.
    case empty
    /// The payload's first byte is a kind that belongs to sealing itself (0x00 to 0x0F).
    case reservedKind(UInt8)
    /// The payload has this many bytes, more than `SealedLink.maximumPayload`.
    case tooLong(Int)
    /// All sequence numbers of this session are used up. Only a new session can seal again.
    case exhausted
    /// The cipher refused, which it does for no payload of a valid size.
    case cipherFailed

    /// What happened, for people.
    public var description: String {
        switch self {
        case .empty: "an empty payload can't be sealed"
        case .reservedKind(let kind): "payloads of kind \(kind) belong to sealing itself"
        case .tooLong(let count): "a payload of \(count) bytes is too long: at most \(SealedLink.maximumPayload) fit"
        case .exhausted: "all sequence numbers of this run are used up; the node must start again"
        case .cipherFailed: "the cipher refused to seal"
        }
    }
}
