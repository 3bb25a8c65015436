internal import Crypto

/// What a challenge carries and its answer brings back: 16 bytes that only this run of this node could have made, for
/// one session at one address, within the last 10 to 20 seconds.
struct Cookie: Hashable, Sendable {
    static let byteCount = 16

    let bytes: [UInt8]

    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    fileprivate init(truncating code: some Sequence<UInt8>) { bytes = Array(code.prefix(Self.byteCount)) }
}

/// Makes and checks cookies, and remembers none: strangers and replays cost no memory.
struct CookieMaker: Sendable {
    /// How long the time that a cookie is made for lasts. A cookie holds in its own epoch and in the next.
    static let epoch: Duration = .seconds(10)

    private let key: SymmetricKey

    init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    func cookie(for session: Session, at address: SocketAddress, now: Instant) -> Cookie {
        cookie(session, address, epoch: Self.epochNumber(now))
    }

    func accepts(_ cookie: Cookie, from session: Session, at address: SocketAddress, now: Instant) -> Bool {
        let epoch = Self.epochNumber(now)
        let current = Self.equal(cookie, self.cookie(session, address, epoch: epoch))
        let previous = Self.equal(cookie, self.cookie(session, address, epoch: epoch - 1))
        return current || previous
    }

    private func cookie(_ session: Session, _ address: SocketAddress, epoch: Int64) -> Cookie {
        var writer = ByteWriter(capacity: 80)
        writer.session(session)
        writer.socketAddress(address)
        writer.integer(address.interface)
        writer.integer(UInt64(bitPattern: epoch))
        return Cookie(truncating: HMAC<SHA256>.authenticationCode(for: writer.bytes, using: key))
    }

    private static func epochNumber(_ now: Instant) -> Int64 {
        let length = epoch.wholeNanoseconds
        let quotient = now.nanoseconds / length
        return now.nanoseconds % length < 0 ? quotient - 1 : quotient
    }

    /// Compares without telling by its time where the first difference is.
    private static func equal(_ left: Cookie, _ right: Cookie) -> Bool {
        zip(left.bytes, right.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
