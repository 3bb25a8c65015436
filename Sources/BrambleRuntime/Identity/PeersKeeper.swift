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
    private let waiting = Mutex(Waiting())
    private let wakeUp: WakeUp

    /// What waits to be kept. Newer things replace older ones.
    private struct Waiting: Sendable {
        var peers: [KnownPeer]?
        var isDraining: Bool?
        var lease: LeaseRecord?
        var keys: Keys?
        var pairing: Pairing?
        var renewed: (@Sendable (RenewedIdentity) -> Void)?
        var isEnding = false
    }

    /// Keys to be kept, and whom to tell whether they are.
    private struct Keys: Sendable {
        let ring: KeyRing?
        let isDone: @Sendable (Bool) -> Void
    }

    /// The same of pairing.
    private struct Pairing: Sendable {
        let file: PairingFile
        let isDone: @Sendable (Bool) -> Void
    }

    init(_ files: NodeFiles, logger: Logger) throws(SystemError) {
        self.files = files
        self.logger = logger
        wakeUp = try WakeUp()
    }

    /// Has these peers kept, soon. What waited to be kept before is forgotten: a newer list replaces it.
    func keep(_ peers: [KnownPeer]) { keep { $0.peers = peers } }

    /// Has it kept, soon, whether the node is out of service.
    func keep(isDraining: Bool) { keep { $0.isDraining = isDraining } }

    /// Has this record of the cluster's lease kept, soon.
    func keep(_ lease: LeaseRecord) { keep { $0.lease = lease } }

    /// Has the cluster's keys kept, soon, or with nil set aside; then says whether they are. Of those that waited nothing
    /// is said.
    func keep(_ ring: KeyRing?, then isDone: @escaping @Sendable (Bool) -> Void) {
        keep { $0.keys = Keys(ring: ring, isDone: isDone) }
    }

    /// Has this of pairing kept, soon, and after the keys that wait; then says whether it is.
    func keep(_ pairing: PairingFile, then isDone: @escaping @Sendable (Bool) -> Void) {
        keep { $0.pairing = Pairing(file: pairing, isDone: isDone) }
    }

    /// Has the node's identity replaced by a new one, and hands it over.
    func renewIdentity(then begin: @escaping @Sendable (RenewedIdentity) -> Void) { keep { $0.renewed = begin } }

    private func keep(_ change: (inout Waiting) -> Void) {
        waiting.withLock { change(&$0) }
        wakeUp.signal()
    }

    let threadName = "bramble-peers"

    func end() { keep { $0.isEnding = true } }

    func work() {
        guard let poller = try? Poller(), (try? poller.add(wakeUp.descriptor, token: .init(0))) != nil else { return }
        while true {
            _ = try? poller.wait(until: nil)
            wakeUp.clear()
            if writeAll() { return }
        }
    }

    /// Writes all that waits. Whether it was the last.
    func writeAll() -> Bool {
        let work = waiting.withLock { waiting in
            defer { waiting = Waiting(isEnding: waiting.isEnding) }
            return waiting
        }
        if let peers = work.peers { write(peers) }
        if let isDraining = work.isDraining { write(isDraining: isDraining) }
        if let lease = work.lease { write(lease) }
        // A record of pairing without the keys that go with it would name another cluster than they do.
        let areKeysKept = work.keys.map(write) ?? true
        if let pairing = work.pairing { areKeysKept ? write(pairing) : pairing.isDone(false) }
        // The last of all: what was kept for the old one does not undo it.
        if let begin = work.renewed { begin(renewIdentity()) }
        return work.isEnding
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

    private func write(_ keys: Keys) -> Bool {
        do {
            try files.keep(keys.ring)
            keys.isDone(true)
            return true
        } catch {
            logger.error("\(error)")
            // Nobody asks again that those of a former cluster be set aside.
            if keys.ring == nil { waiting.withLock { $0.keys = $0.keys ?? keys } }
            keys.isDone(false)
            return false
        }
    }

    private func write(_ pairing: Pairing) {
        do {
            try files.keep(pairing.file)
            pairing.isDone(true)
        } catch {
            logger.error(
                "\(error) It is tried again; until then a restart undoes what this node has agreed on by pairing.")
            pairing.isDone(false)
        }
    }

    private func write(_ lease: LeaseRecord) {
        do {
            try files.keep(lease)
        } catch {
            logger.warning("\(error) The DHCP server knows the cluster's address by its client identifier.")
        }
    }

    private func renewIdentity() -> RenewedIdentity {
        do {
            return try files.renewIdentity()
        } catch {
            // Without a file for it the new ID lasts for this run only, which is better than two nodes with one.
            logger.error("\(error)")
            var random = SystemRandomNumberGenerator()
            let session = Session(node: NodeID(using: &random), boot: 1, salt: random.next())
            return RenewedIdentity(session: session, pairingSecret: PairingFile(using: &random).secret)
        }
    }
}
