/// Everything about sealing, for one run of one node: what goes out is sealed, what comes in is opened, and who sent it
/// must have answered a fresh challenge before anything it says is passed on.
///
/// Two strangers become known to each other in three datagrams after the first:
///
///     A → B   a message             B does not know A here: counted as unproven
///     B → A   challenge             a cookie, of which B remembers nothing
///     A → B   answer + challenge    the cookie comes back: A is proven to B
///     B → A   answer                B is proven to A
///
/// None of them is larger than the one before it. A datagram recorded earlier can't answer a challenge, so a replay
/// proves nothing; one sent with a false source address draws the challenge to where nobody can answer it.
public struct SealedLink: Sendable {
    /// What a datagram turned out to be.
    public enum Received: Hashable, Sendable {
        /// A message of a proven sender, received for the first time. Its payload begins with its kind.
        case message(from: Session, payload: [UInt8])
        /// Nothing to act on; send this back to the address that the datagram came from.
        case reply([UInt8])
        /// The sender has just answered our challenge. Send the reply, if there is one, back to where it came from.
        case proven(Session, reply: [UInt8]?)
        /// A machine that runs now, which is proven, uses our node ID. Told anew with each datagram it sends.
        case duplicateIdentity(Session, reply: [UInt8]?)
        /// Nothing to act on, because of this. It has been counted.
        case dropped(DropReason)
    }

    /// How many bytes a payload may have.
    public static let maximumPayload = PaddedPayload.maximumCount

    /// What every datagram begins with, whatever its kind and version: the rest is noise to all nodes.
    public static let beginning = Array(DatagramHeader.magic.prefix(2))

    /// What was dropped, and why.
    public private(set) var drops = DropCounts()

    private var seal: DatagramSeal
    private var peers: ProvenPeers
    private let cookies: CookieMaker
    /// With which key those at an address sealed; kept only while there is more than one.
    private var heard = BoundedTable<SocketAddress, HeardKey>(limit: ProvenPeers.nodeLimit)

    /// The newest key that a session has sealed with.
    public struct HeardKey: Hashable, Sendable {
        /// The session: another run may have lost the key.
        public let session: Session
        /// The key.
        public let key: ClusterKey

        /// This session has sealed with this key.
        public init(session: Session, key: ClusterKey) {
            self.session = session
            self.key = key
        }
    }

    /// The link of this session. `secret` is 32 random bytes of this run that nobody else ever learns.
    public init(session: Session, keyring: Keyring, secret: [UInt8]) {
        self.init(session: session, keyring: keyring, secret: secret, firstSequence: 0)
    }

    init(session: Session, keyring: Keyring, secret: [UInt8], firstSequence: UInt64) {
        seal = DatagramSeal(session: session, keyring: keyring, firstSequence: firstSequence)
        peers = ProvenPeers(own: session.node)
        cookies = CookieMaker(secret: secret)
    }

    /// Our session.
    public var session: Session { seal.session }

    /// The keys in use.
    public var keyring: Keyring { seal.keyring }

    /// How many derived keys are kept now.
    var cachedKeys: Int { seal.cachedKeys }

    /// Swaps the keys while everything runs. Who is proven stays proven.
    public mutating func replaceKeyring(_ keyring: Keyring) {
        seal.replaceKeyring(keyring)
        drops.forgetSources(with: keyring.keys.map(\.hint))
        if keyring.keys.count == 1 { heard.removeAll() }
    }

    /// With which key the one at this address, who is proven, has sealed: it surely has that one. Nil if none was heard
    /// while there was more than one key.
    public func heardKey(at address: SocketAddress) -> HeardKey? { heard.peek(address) }

    /// Whether this session has answered a challenge from this address.
    public func isProven(_ session: Session, at address: SocketAddress) -> Bool {
        peers.isProven(session, at: address)
    }

    /// Seals a payload, whose first byte is its kind, into one datagram of at most 1,200 bytes. With the newest key,
    /// unless another of the keyring is asked for.
    public mutating func seal(_ payload: [UInt8], under key: ClusterKey? = nil) throws(SealError) -> [UInt8] {
        if let kind = payload.first, LinkMessage.kinds.contains(kind) { throw .reservedKind(kind) }
        return try seal.seal(payload, under: key)
    }

    /// Opens a datagram that came from this address at this time.
    public mutating func receive(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) -> Received {
        let received =
            switch seal.open(datagram) {
            case .dropped(let reason): Received.dropped(reason)
            case .opened(let opened): receive(opened, from: source, at: now)
            }
        if case .dropped(let reason) = received {
            let isOfOtherKey = reason == .otherCluster || reason == .droppedKey
            let header = isOfOtherKey ? try? DatagramHeader(reading: datagram) : nil
            drops.count(reason, from: source, header: header, at: now)
        }
        return received
    }

    private mutating func receive(
        _ opened: DatagramSeal.Opened, from source: SocketAddress, at now: Instant
    ) -> Received {
        switch peers.standing(of: opened.session, at: source, sequence: opened.sequence, now: now) {
        case .replayed: .dropped(.replayed)
        case .tooOld: .dropped(.tooOld)
        case .retired: .dropped(.retired)
        case .proven: receive(opened, from: source, at: now, proven: true)
        case .unproven: receive(opened, from: source, at: now, proven: false)
        }
    }

    private mutating func receive(
        _ opened: DatagramSeal.Opened, from source: SocketAddress, at now: Instant, proven: Bool
    ) -> Received {
        if let kind = opened.payload.first, LinkMessage.kinds.contains(kind) {
            return negotiate(kind, opened, from: source, at: now, proven: proven)
        }
        guard proven else { return challenge(opened, at: source, now: now) }
        peers.accept(opened.session, at: source, sequence: opened.sequence, now: now)
        noteKey(of: opened, at: source)
        if opened.session.node == session.node { return .duplicateIdentity(opened.session, reply: nil) }
        return .message(from: opened.session, payload: opened.payload)
    }

    private mutating func negotiate(
        _ kind: UInt8, _ opened: DatagramSeal.Opened, from source: SocketAddress, at now: Instant, proven: Bool
    ) -> Received {
        guard LinkMessage.knows(kind) else { return .dropped(.unknownKind) }
        switch try? LinkMessage(decoding: opened.payload) {
        case .challenge(let challenged, let cookie):
            guard challenged == session else { return .dropped(.misdirected) }
            if proven { peers.accept(opened.session, at: source, sequence: opened.sequence, now: now) }
            let own = proven ? nil : cookies.cookie(for: opened.session, at: source, now: now)
            return answer(cookie, challenge: own, under: opened.key).map { .reply($0) } ?? .dropped(.unproven)
        case .answer(let cookie, let challenge):
            guard cookies.accepts(cookie, from: opened.session, at: source, now: now) else {
                return .dropped(.badAnswer)
            }
            peers.prove(opened.session, at: source, sequence: opened.sequence, now: now)
            drops.settled(.unproven, from: source.ip)
            noteKey(of: opened, at: source)
            let reply = challenge.flatMap { answer($0, challenge: nil, under: opened.key) }
            return conclude(opened.session, wasProven: proven, reply: reply)
        case nil:
            return .dropped(.malformed)
        }
    }

    /// What a right answer means.
    private func conclude(_ sender: Session, wasProven: Bool, reply: [UInt8]?) -> Received {
        if sender.node == session.node { return .duplicateIdentity(sender, reply: reply) }
        if !wasProven { return .proven(sender, reply: reply) }
        return reply.map { .reply($0) } ?? .dropped(.alreadyProven)
    }

    /// Asks a sender to prove itself. This is counted although there is something to send.
    private mutating func challenge(
        _ opened: DatagramSeal.Opened, at source: SocketAddress, now: Instant
    ) -> Received {
        let cookie = cookies.cookie(for: opened.session, at: source, now: now)
        let message = LinkMessage.challenge(opened.session, cookie).encoded
        guard let datagram = try? seal.seal(message, under: opened.key) else {
            return .dropped(.unproven)
        }
        drops.count(.unproven, from: source, at: now)
        return .reply(datagram)
    }

    /// Under the key that the question was sealed with, for the asker may have no other. Nil if the sequence numbers are
    /// used up.
    private mutating func answer(_ cookie: Cookie, challenge: Cookie?, under key: ClusterKey) -> [UInt8]? {
        try? seal.seal(LinkMessage.answer(cookie, challenge: challenge).encoded, under: key)
    }

    /// A session that has once sealed with a newer key does not lose it by sealing with an older one.
    private mutating func noteKey(of opened: DatagramSeal.Opened, at source: SocketAddress) {
        guard keyring.keys.count > 1 else { return }
        func place(_ key: ClusterKey) -> Int { keyring.keys.firstIndex(of: key) ?? .max }
        if let known = heard.peek(source), known.session == opened.session, place(known.key) <= place(opened.key) {
            return
        }
        heard.insert(HeardKey(session: opened.session, key: opened.key), for: source)
    }
}
