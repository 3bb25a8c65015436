internal import LinuxPlatform
internal import Logging
internal import Membership
internal import ServiceLifecycle
internal import Synchronization
internal import Wire

/// Keeps on disk what the control thread wants kept, the known peers and a new identity, on a thread of its own: a card
/// may take a second to sync, and the control thread has none to give.
final class PeersKeeper: Service {
    private let files: NodeFiles
    private let logger: Logger
    private let waiting = Mutex<[KnownPeer]?>(nil)
    private let wanted = Mutex<(@Sendable (Session) -> Void)?>(nil)
    private let isEnding = Mutex(false)
    private let wakeUp: WakeUp

    init(_ files: NodeFiles, logger: Logger) throws(SystemError) {
        self.files = files
        self.logger = logger
        wakeUp = try WakeUp()
    }

    /// Has these peers kept, soon. What waited to be kept before is forgotten: a newer list replaces it.
    func keep(_ peers: [KnownPeer]) {
        waiting.withLock { $0 = peers }
        wakeUp.signal()
    }

    /// Has the node ID replaced by a new one, and hands over the first session of it.
    func renewIdentity(then begin: @escaping @Sendable (Session) -> Void) {
        wanted.withLock { $0 = begin }
        wakeUp.signal()
    }

    func run() async throws {
        let thread = try NamedThread(name: "bramble-peers") { self.work() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await thread.value()
            } onGracefulShutdown: {
                self.end()
            }
        } onCancel: {
            end()
        }
    }

    private func end() {
        isEnding.withLock { $0 = true }
        wakeUp.signal()
    }

    private func work() {
        guard let poller = try? Poller(), (try? poller.add(wakeUp.descriptor, token: .init(0))) != nil else { return }
        while true {
            _ = try? poller.wait(until: nil)
            wakeUp.clear()
            // Looked at first: what is kept after this is kept for good.
            let isLast = isEnding.withLock { $0 }
            if let begin = wanted.withLock({ $0.take() }) { begin(newSession()) }
            if let peers = waiting.withLock({ $0.take() }) { write(peers) }
            if isLast { return }
        }
    }

    private func write(_ peers: [KnownPeer]) {
        do {
            try files.keep(peers)
        } catch {
            logger.warning("\(error) The peers are found again by discovery.")
        }
    }

    private func newSession() -> Session {
        do {
            return try files.renewIdentity()
        } catch {
            // Without a file for it the new ID lasts for this run only, which is better than two nodes with one.
            logger.error("\(error)")
            var random = SystemRandomNumberGenerator()
            return Session(node: NodeID(using: &random), boot: 1, salt: random.next())
        }
    }
}
