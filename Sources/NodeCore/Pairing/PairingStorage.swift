internal import Wire

/// What of pairing is on its way to the disk, and who hears that it is there.
///
/// Who has offered a key takes the receiver for a member from the moment on in which it says that it has taken it. So it says
/// that when the record is on the disk, and no power cut undoes it; until then it neither shows itself in the new group nor
/// lets others into it. A node by itself speaks with the new key at once: a power cut leaves of that a dead member at most.
/// Where members come along, the keys of both clusters are to be there before: a record of a key that no ring holds would
/// leave the others behind.
struct PairingStorage: Sendable {
    /// What is to be on the disk; nil if it is.
    private(set) var pending: PairingRecord?
    /// The key that this node's cluster is to have before the record is stored.
    private(set) var joining: PairingOffer?
    /// When to try again what has failed.
    private(set) var retryAt: Instant?
    private var isAsked = false
    private var hasTold = false
    private var pause = Self.shortestPause
    private var answers: [Action] = []

    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)
    private static let mostAnswers = 16

    /// This is to be stored, in place of whatever was to be.
    mutating func begin(_ record: PairingRecord) {
        if record.group != pending?.group { (answers, joining) = ([], nil) }
        pending = record
        isAsked = false
        (retryAt, pause) = (nil, Self.shortestPause)
    }

    /// The record waits until the cluster has this key.
    mutating func wait(for offer: PairingOffer) { joining = offer }

    /// These keys are in force and on the disk. Whether the cluster has what it waited for.
    mutating func note(_ ring: KeyRing) -> Bool {
        if let offer = joining, ring.entries.contains(where: { $0.key == offer.key }) { joining = nil }
        return joining == nil
    }

    /// What is to be written now, if anything is.
    mutating func due() -> PairingRecord? {
        guard joining == nil, !isAsked else { return nil }
        isAsked = pending != nil
        return pending
    }

    /// Says this as soon as everything is on the disk, which may be now.
    mutating func say(_ answer: Action) -> [Action] {
        guard pending != nil else { return [answer] }
        if answers.count < Self.mostAnswers { answers.append(answer) }
        return []
    }

    /// It is on the disk. What is to be said.
    mutating func stored() -> [Action] {
        defer { self = PairingStorage() }
        return answers
    }

    /// It is not, or the keys that it waits for are not.
    mutating func failed(at now: Instant) {
        retryAt = now.advanced(by: pause)
        pause = min(pause + pause, Self.longestPause)
    }

    /// Whether people are to be told of it: they are, once.
    mutating func tells() -> Bool {
        defer { hasTold = true }
        return !hasTold
    }

    /// Whether the time has come to try again.
    mutating func retries(at now: Instant) -> Bool {
        guard let due = retryAt, due <= now else { return false }
        (retryAt, isAsked) = (nil, false)
        return true
    }
}
