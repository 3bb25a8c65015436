internal import Glibc
public import Wire

/// Finds out whether somebody listens at a TCP port of another machine, by connecting and letting go at once.
///
/// It runs on the thread that made it and never blocks.
public final class DoorKnocker {
    /// What a knock came to.
    public enum Answer: Hashable, Sendable {
        /// Somebody listens there.
        case accepted
        /// The machine is there, and nobody listens.
        case refused
        /// This kernel knows no way there, or the machine does not answer on this link.
        case unreachable
        /// Nothing was heard in time.
        case silent
    }

    private struct Attempt {
        let socket: LifelineSocket
        let until: Instant
    }

    /// The kernel asks three times, once a second, who has an address on the link, before it gives up.
    private static let patience = Duration.seconds(4)

    private var attempts: [UInt64: Attempt] = [:]

    /// One that knocks nowhere yet.
    public init() {}

    /// When to call `timesUp`; nil while nobody is waited for.
    public var nextDeadline: Instant? { attempts.values.map(\.until).min() }

    /// Knocks at `address`. The answer may be there at once; else the poller tells under `token`, or time does.
    public func knock(
        at address: SocketAddress, token: Poller.Token, with poller: Poller, now: Instant
    ) -> Answer? {
        guard let socket = try? LifelineSocket(for: address.ip),
            (try? poller.add(socket.descriptor, token: token, for: .writing)) != nil
        else { return .silent }
        if let answer = Self.answer(socket.connect(to: address)) { return answer }
        attempts[token.number] = Attempt(socket: socket, until: now.advanced(by: Self.patience))
        return nil
    }

    /// The poller saw something under this token; nil if that was no answer yet.
    public func ready(_ token: Poller.Token) -> Answer? {
        guard let attempt = attempts[token.number], let answer = Self.answer(attempt.socket.conclude()) else {
            return nil
        }
        attempts[token.number] = nil
        return answer
    }

    /// The tokens of those who have not answered in time, once each.
    public func timesUp(at now: Instant) -> [Poller.Token] {
        let late = attempts.filter { $0.value.until <= now }.keys.sorted()
        for number in late { attempts[number] = nil }
        return late.map { Poller.Token($0) }
    }

    private static func answer(_ outcome: LifelineSocket.Connecting) -> Answer? {
        switch outcome {
        case .underWay: nil
        case .connected, .cutShort: .accepted
        case .refused: .refused
        case .failed: .unreachable
        }
    }
}
