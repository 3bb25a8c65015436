public import Wire

/// Holds a lifeline to one other node, and takes it up again whenever it ends.
///
/// It runs on the thread that made it and never blocks.
public final class LifelineCaller {
    /// What the node is to know.
    public enum Change: Hashable, Sendable {
        /// An established connection has ended: the process at the other end died, or the network broke it.
        case broke
        /// Right after that, the kernel at the other end said that nobody listens there any more.
        case refused
    }

    /// How it stands.
    public enum Standing: String, Hashable, Sendable {
        /// There is none, and the next attempt is in a while.
        case waiting
        /// An attempt is under way.
        case calling
        /// The connection is established.
        case held
    }

    private enum State {
        case waiting(until: Instant)
        case calling(LifelineSocket, until: Instant)
        case held(LifelineSocket, since: Instant, readings: Int)
    }

    /// Several virtual routers of one holder ask at about the same time.
    private static let leastPause = Duration.milliseconds(5)

    /// The other end. The TCP port has the number of the UDP port of gossip.
    public let address: SocketAddress
    private let token: Poller.Token
    private let avoided: Set<IPAddress>
    private var state: State
    private var schedule = LifelineSchedule()
    /// Whether a sign of life was asked for, and is not given yet.
    private var isAsked = false
    /// When a byte was sent last, to which that would be the answer.
    private var sentAt: Instant?
    /// How many segments had been acknowledged before that was asked.
    private var deliveredBefore: Int64?

    /// A lifeline to `address`, tried first at `now`, which is when `deadlineReached` is to be called.
    /// - Parameter avoided: the floating addresses, at neither end of which a lifeline may hang: they move.
    public init(to address: SocketAddress, token: Poller.Token, avoiding avoided: Set<IPAddress>, at now: Instant) {
        self.address = address
        self.token = token
        self.avoided = avoided
        state = .waiting(until: now)
    }

    /// How it stands.
    public var standing: Standing {
        switch state {
        case .waiting: .waiting
        case .calling: .calling
        case .held: .held
        }
    }

    /// Asks the kernel at the other end for a sign of life: that it acknowledges a byte. To ask again is to send another:
    /// one that gets lost is repeated by TCP too late to matter, but one after it that arrives is acknowledged (SACK).
    /// - Returns: whether it is asked. Without a connection it can't be.
    public func askForSignOfLife(at now: Instant) -> Bool {
        guard case .held(let socket, _, _) = state else { return false }
        let isNew = !isAsked
        isAsked = true
        if let sentAt, now < sentAt.advanced(by: Self.leastPause) { return true }
        if isNew || socket.isAcknowledged { deliveredBefore = socket.delivered }
        isAsked = socket.ask()
        if isAsked { sentAt = now }
        return isAsked
    }

    /// Whether the sign of life that was asked for has been given; true once.
    public func takeSignOfLife() -> Bool {
        guard isAsked, case .held(let socket, _, _) = state else { return false }
        let isGiven = socket.delivered.map { $0 != deliveredBefore } ?? socket.isAcknowledged
        if isGiven { isAsked = false }
        return isGiven
    }

    /// When to call `deadlineReached`; nil while a connection is held.
    public var nextDeadline: Instant? {
        switch state {
        case .waiting(let due), .calling(_, let due): due
        case .held: nil
        }
    }

    /// Time has come to, or passed, `nextDeadline`.
    public func deadlineReached(with poller: Poller, at now: Instant) -> [Change] {
        switch state {
        case .waiting(let due) where due <= now: follow(schedule.attempt(at: now), with: poller, at: now)
        case .calling(_, let due) where due <= now: follow(schedule.unanswered(at: now), with: poller, at: now)
        default: []
        }
    }

    /// Deals with what the poller saw.
    public func ready(with poller: Poller, at now: Instant) -> [Change] {
        switch state {
        case .waiting: return []
        case .calling(let socket, let due):
            return concluded(socket.conclude(), socket, until: due, with: poller, at: now)
        case .held(let socket, let since, let readings):
            switch socket.discard() {
            case .nothing: return []
            case .bytes where readings < LifelineReception.mostReadings:
                state = .held(socket, since: since, readings: readings + 1)
                return []
            // Whoever talks so much is no node.
            case .bytes: return follow(schedule.failed(at: now), with: poller, at: now)
            case .ended: return [.broke] + follow(schedule.ended(since: since, at: now), with: poller, at: now)
            }
        }
    }

    private func follow(_ step: LifelineSchedule.Step, with poller: Poller, at now: Instant) -> [Change] {
        // This lets go of the socket before, which leaves the poller by being closed.
        (isAsked, sentAt, deliveredBefore) = (false, nil, nil)
        switch step {
        case .wait(let due):
            state = .waiting(until: due)
            return []
        case .call(let due):
            state = .waiting(until: due)
            guard !avoided.contains(address.ip), let socket = try? LifelineSocket(for: address.ip),
                (try? poller.add(socket.descriptor, token: token, for: .writing)) != nil
            else { return follow(schedule.failed(at: now), with: poller, at: now) }
            return concluded(socket.connect(to: address), socket, until: due, with: poller, at: now)
        }
    }

    private func concluded(
        _ outcome: LifelineSocket.Connecting, _ socket: LifelineSocket, until due: Instant, with poller: Poller,
        at now: Instant
    ) -> [Change] {
        switch outcome {
        case .underWay:
            state = .calling(socket, until: due)
            return []
        case .connected:
            if let local = socket.localAddress, !avoided.contains(local),
                (try? poller.change(socket.descriptor, token: token, for: .reading)) != nil
            {
                state = .held(socket, since: now, readings: 0)
                return []
            }
            return follow(schedule.failed(at: now), with: poller, at: now)
        // What happened while this process stood still is no news: it is asked again.
        case .refused where schedule.isAfterEnd && due < now:
            return follow(schedule.unanswered(at: now), with: poller, at: now)
        case .refused:
            let isNews = schedule.isAfterEnd
            return (isNews ? [.refused] : []) + follow(schedule.failed(at: now), with: poller, at: now)
        case .cutShort:
            return follow(schedule.unanswered(at: now), with: poller, at: now)
        case .failed:
            return follow(schedule.failed(at: now), with: poller, at: now)
        }
    }
}
