@testable import Wire

/// Names and helpers that the tests of sealing share.
enum Bench {
    static let key = key(1)
    static let start = Instant(nanoseconds: 1_000_000_000_000)

    static func key(_ number: UInt64) -> ClusterKey {
        var random = SeededGenerator(seed: number)
        return ClusterKey(using: &random)
    }

    static func keyring(_ keys: ClusterKey...) throws -> Keyring { try Keyring(newestFirst: keys) }

    static func session(_ node: UInt64, boot: UInt64 = 1, salt: UInt64 = 1) -> Session {
        Session(node: NodeID(high: node, low: node), boot: boot, salt: salt)
    }

    static func address(_ last: UInt32, port: UInt16 = 7373) -> SocketAddress {
        SocketAddress(ip: .v4(0xC0A8_0100 + last), port: port)
    }

    static func message(_ count: Int = 10, fill: UInt8 = 7) -> [UInt8] {
        [0x10] + [UInt8](repeating: fill, count: max(0, count - 1))
    }
}

/// A link at an address: what a node looks like to sealing.
struct Party {
    var link: SealedLink
    var address: SocketAddress

    init(
        _ session: Session, at address: SocketAddress, keyring: Keyring = Keyring(Bench.key), secret: UInt8? = nil,
        firstSequence: UInt64 = 0
    ) {
        let seed = secret ?? UInt8(truncatingIfNeeded: session.node.low &* 31 &+ session.boot &* 7 &+ session.salt)
        link = SealedLink(
            session: session, keyring: keyring, secret: [UInt8](repeating: seed, count: 32),
            firstSequence: firstSequence)
        self.address = address
    }

    init(_ node: UInt64, boot: UInt64 = 1, salt: UInt64 = 1, keyring: Keyring = Keyring(Bench.key)) {
        self.init(
            Bench.session(node, boot: boot, salt: salt), at: Bench.address(UInt32(truncatingIfNeeded: node)),
            keyring: keyring)
    }

    var session: Session { link.session }

    mutating func seal(_ payload: [UInt8] = Bench.message()) throws -> [UInt8] { try link.seal(payload) }

    mutating func receive(_ datagram: [UInt8], from other: Party, at now: Instant = Bench.start) -> SealedLink.Received
    {
        link.receive(datagram, from: other.address, at: now)
    }

    func knows(_ other: Party) -> Bool { link.isProven(other.session, at: other.address) }
}

extension SealedLink.Received {
    /// What is to be sent back, if anything.
    var datagram: [UInt8]? {
        switch self {
        case .reply(let reply): reply
        case .proven(_, let reply), .duplicateIdentity(_, let reply): reply
        case .message, .dropped: nil
        }
    }
}

/// Lets `first` speak and carries every reply back and forth until both are silent; returns all that was received.
@discardableResult
func introduce(
    _ first: inout Party, _ second: inout Party, at now: Instant = Bench.start
) throws -> [SealedLink.Received] {
    var received: [SealedLink.Received] = []
    var travelling: [UInt8]? = try first.seal()
    var towardsSecond = true
    while let datagram = travelling, received.count < 10 {
        let result =
            towardsSecond
            ? second.receive(datagram, from: first, at: now) : first.receive(datagram, from: second, at: now)
        received.append(result)
        travelling = result.datagram
        towardsSecond.toggle()
    }
    return received
}
