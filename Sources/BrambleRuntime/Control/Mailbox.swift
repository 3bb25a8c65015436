internal import LinuxPlatform
internal import NodeCore
internal import Synchronization
internal import Wire

/// What other threads ask of the control thread, in order; posting wakes it.
final class Mailbox: Sendable {
    /// A request to the control thread.
    enum Message: Sendable {
        /// The self-check has gone round once more.
        case checked(CheckResult)
        /// The configuration names these keys from now on.
        case rotate(Keyring)
        /// The ring is on the disk, or cannot get there.
        case keysStored(KeyRing, Bool)
        /// The record of pairing is on the disk, or cannot get there.
        case pairingStored(PairingRecord, Bool)
        /// The node has a new identity, as it asked for.
        case renewed(RenewedIdentity)
        /// `HandoverKeeper` has seen to the connections of an address that are under way elsewhere, or cannot.
        case adopted(IPAddress)
        /// The node does not answer questions for the address any more; or it cannot be kept from it.
        case silenced(IPAddress, Bool)
        /// How many connections to silent addresses are under way.
        case underWay([IPAddress: Int])
        /// Resign, say good-bye, end.
        case stop
    }

    private let messages = Mutex<[Message]>([])
    let wakeUp: WakeUp

    init() throws(SystemError) { wakeUp = try WakeUp() }

    /// Adds a message and wakes the control thread.
    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        wakeUp.signal()
    }

    /// Takes all messages.
    func take() -> [Message] {
        wakeUp.clear()
        return messages.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
