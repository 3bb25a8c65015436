/// Makes and opens datagrams with the keys at hand. It knows nothing of who may be believed; `SealedLink` does.
struct DatagramSeal: Sendable {
    /// For how many sessions the derived keys are kept.
    static let cacheLimit = 1024

    /// An authentic datagram.
    struct Opened: Hashable, Sendable {
        let session: Session
        let sequence: UInt64
        let payload: [UInt8]
        /// The key that it was sealed with.
        let key: ClusterKey
    }

    enum Opening: Hashable, Sendable {
        case opened(Opened)
        case dropped(DropReason)
    }

    private struct CachedKey: Hashable, Sendable {
        let key: ClusterKey
        let session: Session
    }

    let session: Session
    private(set) var keyring: Keyring
    /// Those of our own session, in the order of the keyring.
    private var sealingKeys: [SessionKey]
    private var openingKeys = BoundedTable<CachedKey, SessionKey>(limit: cacheLimit)
    private var nextSequence: UInt64

    init(session: Session, keyring: Keyring, firstSequence: UInt64) {
        self.session = session
        self.keyring = keyring
        sealingKeys = keyring.keys.map { SessionKey($0, session) }
        nextSequence = firstSequence
    }

    /// How many derived keys are kept now.
    var cachedKeys: Int { openingKeys.count }

    /// The sequence numbers go on: a key that comes back must not meet a number that it has seen.
    mutating func replaceKeyring(_ keyring: Keyring) {
        self.keyring = keyring
        sealingKeys = keyring.keys.map { SessionKey($0, session) }
        openingKeys.removeAll()
    }

    /// One datagram, and one sequence number used up even if the cipher should refuse. A key that is not in the keyring
    /// is as good as none: the newest seals. The numbers go on from key to key, as if there were one.
    mutating func seal(_ payload: [UInt8], under key: ClusterKey? = nil) throws(SealError) -> [UInt8] {
        guard !payload.isEmpty else { throw .empty }
        guard payload.count <= PaddedPayload.maximumCount else { throw .tooLong(payload.count) }
        guard nextSequence < .max else { throw .exhausted }
        let sequence = nextSequence
        nextSequence += 1
        let index = key.flatMap { keyring.keys.firstIndex(of: $0) } ?? 0
        let header = DatagramHeader(hint: keyring.keys[index].hint, session: session, sequence: sequence).bytes
        let plaintext = PaddedPayload.wrap(payload)
        guard let sealed = sealingKeys[index].seal(plaintext, header: header, sequence: sequence) else {
            throw .cipherFailed
        }
        return header + sealed
    }

    mutating func open(_ datagram: [UInt8]) -> Opening {
        if let flaw = DatagramHeader.flaw(in: datagram) { return .dropped(flaw) }
        guard let header = try? DatagramHeader(reading: datagram) else { return .dropped(.tooShort) }
        guard keyring.keys.contains(where: { $0.hint == header.hint }) else {
            return .dropped(keyring.dropped.contains(header.hint) ? .droppedKey : .otherCluster)
        }
        if header.session == session { return .dropped(.ownEcho) }
        for key in keyring.keys where key.hint == header.hint {
            guard let plaintext = open(datagram, header, with: key) else { continue }
            guard let payload = try? PaddedPayload.unwrap(plaintext) else { return .dropped(.malformed) }
            return .opened(Opened(session: header.session, sequence: header.sequence, payload: payload, key: key))
        }
        return .dropped(.forged)
    }

    /// A derived key is kept only once it has opened something: strangers can't push others' keys out.
    private mutating func open(_ datagram: [UInt8], _ header: DatagramHeader, with key: ClusterKey) -> [UInt8]? {
        let clear = datagram[..<DatagramHeader.byteCount]
        let sealed = datagram[DatagramHeader.byteCount...]
        let name = CachedKey(key: key, session: header.session)
        let known = openingKeys.use(name) { $0 }
        let sessionKey = known ?? SessionKey(key, header.session)
        let plaintext = sessionKey.open(sealed, header: clear, sequence: header.sequence)
        if known == nil, plaintext != nil { openingKeys.insert(sessionKey, for: name) }
        return plaintext
    }
}
