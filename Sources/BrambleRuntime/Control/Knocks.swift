internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// The knocks at other machines' doors that are under way.
struct Knocks {
    /// What one came to.
    struct Result {
        var target: KnockTarget
        /// Nil where there was no door.
        var answer: Knock?
    }

    /// The numbers of the poller's tokens of these.
    private static let tokens: Range<UInt64> = 1 << 31..<1 << 32

    private let knocker = DoorKnocker()
    private var targets: [UInt64: KnockTarget] = [:]
    private var nextToken = tokens.lowerBound

    /// When to call `advance`; nil while nobody is waited for.
    var nextDeadline: Instant? { knocker.nextDeadline }

    /// Whether the poller's event is for a knock.
    static func owns(_ event: Poller.Ready) -> Bool { tokens.contains(event.token.number) }

    /// Knocks; the result may be there at once. `port` is that of gateways, whose answer alone counts.
    mutating func begin(_ target: KnockTarget, port: UInt16, poller: Poller, at now: Instant) -> Result? {
        guard let address = Self.address(of: target, port: port) else { return Result(target: target) }
        let token = Poller.Token(nextToken)
        nextToken = nextToken + 1 == Self.tokens.upperBound ? Self.tokens.lowerBound : nextToken + 1
        if let answer = knocker.knock(at: address, token: token, with: poller, now: now) {
            return Result(target: target, answer: Self.knock(answer))
        }
        targets[token.number] = target
        return nil
    }

    /// Deals with what the poller saw.
    mutating func handle(_ event: Poller.Ready) -> Result? {
        guard let answer = knocker.ready(event.token) else { return nil }
        return targets.removeValue(forKey: event.token.number).map { Result(target: $0, answer: Self.knock(answer)) }
    }

    /// Gives up waiting where it has been long enough.
    mutating func advance(at now: Instant) -> [Result] {
        knocker.timesUp(at: now).compactMap { token in
            targets.removeValue(forKey: token.number).map { Result(target: $0, answer: .silent) }
        }
    }

    private static func address(of target: KnockTarget, port: UInt16) -> SocketAddress? {
        switch target {
        case .member(let peer): peer.address
        case .gateway: DefaultGateway.all().first.map { SocketAddress(ip: $0, port: port) }
        }
    }

    private static func knock(_ answer: DoorKnocker.Answer) -> Knock {
        switch answer {
        case .accepted: .accepted
        case .refused: .refused
        case .unreachable: .unreachable
        case .silent: .silent
        }
    }
}
