internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import ServiceLifecycle
internal import Synchronization
internal import Wire

/// Keeps on disk the known peers, the cluster's lease and keys, and whether the node is out of service, on a thread of its own: a
/// card may take a second to sync, and the control thread has none to give. So it does with a new identity.
final class PeersKeeper: ThreadService {
    private let files: NodeFiles
    private let logger: Logger
    private let waiting = Mutex<[KnownPeer]?>(nil)
    private let waitingDrain = Mutex<Bool?>(nil)
    private let waitingLease = Mutex<LeaseRecord?>(nil)
    private let waitingPairing = Mutex<PairingFile?>(nil)
    private let waitingKeys = Mutex<Keys?>(nil)
    private let wanted = Mutex<(@Sendable (Session) -> Void)?>(nil)
    private let isEnding = Mutex(false)
    private let wakeUp: WakeUp

    /// Keys to be kept, and whom to tell whether they are.
    private struct Keys: Sendable {
        let ring: KeyRing?
        let isDone: @Sendable (Bool) -> Void
    }

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

    /// Has it kept, soon, whether the node is out of service.
    func keep(isDraining: Bool) {
        waitingDrain.withLock { $0 = isDraining }
        wakeUp.signal()
    }

    /// Has this record of the cluster's lease kept, soon.
    func keep(_ lease: LeaseRecord) {
        waitingLease.withLock { $0 = lease }
        wakeUp.signal()
    }

    /// Has this of pairing kept, soon.
    func keep(_ pairing: PairingFile) {
        waitingPairing.withLock { $0 = pairing }
        wakeUp.signal()
    }

    /// Has the cluster's keys kept, soon, or with nil set aside; then says whether they are. Of those that waited nothing
    /// is said.
    func keep(_ ring: KeyRing?, then isDone: @escaping @Sendable (Bool) -> Void) {
        waitingKeys.withLock { $0 = Keys(ring: ring, isDone: isDone) }
        wakeUp.signal()
    }

    /// Has the node ID replaced by a new one, and hands over the first session of it.
    func renewIdentity(then begin: @escaping @Sendable (Session) -> Void) {
        wanted.withLock { $0 = begin }
        wakeUp.signal()
    }

    let threadName = "bramble-peers"

    func end() {
        isEnding.withLock { $0 = true }
        wakeUp.signal()
    }

    func work() {
        guard let poller = try? Poller(), (try? poller.add(wakeUp.descriptor, token: .init(0))) != nil else { return }
        while true {
            _ = try? poller.wait(until: nil)
            wakeUp.clear()
            // Looked at first: what is kept after this is kept for good.
            let isLast = isEnding.withLock { $0 }
            if let begin = wanted.withLock({ $0.take() }) { begin(newSession()) }
            if let peers = waiting.withLock({ $0.take() }) { write(peers) }
            if let isDraining = waitingDrain.withLock({ $0.take() }) { write(isDraining: isDraining) }
            if let lease = waitingLease.withLock({ $0.take() }) { write(lease) }
            if let pairing = waitingPairing.withLock({ $0.take() }) { write(pairing) }
            if let keys = waitingKeys.withLock({ $0.take() }) { write(keys) }
            if isLast { return }
        }
    }

    private func write(isDraining: Bool) {
        do {
            try files.keep(isDraining: isDraining)
        } catch {
            logger.warning("\(error) After a restart the node is \(isDraining ? "in" : "out of") service again.")
        }
    }

    private func write(_ peers: [KnownPeer]) {
        do {
            try files.keep(peers)
        } catch {
            logger.warning("\(error) The peers are found again by discovery.")
        }
    }

    private func write(_ keys: Keys) {
        do {
            try files.keep(keys.ring)
            keys.isDone(true)
        } catch {
            logger.error("\(error)")
            keys.isDone(false)
        }
    }

    private func write(_ pairing: PairingFile) {
        do {
            try files.keep(pairing)
        } catch {
            logger.error("\(error) After a restart this node has to be let in anew, by `bramble admit` on another one.")
        }
    }

    private func write(_ lease: LeaseRecord) {
        do {
            try files.keep(lease)
        } catch {
            logger.warning("\(error) The DHCP server knows the cluster's address by its client identifier.")
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
