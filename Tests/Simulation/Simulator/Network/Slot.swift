import NodeCore
import Wire

/// What travels.
struct Frame {
    enum Content {
        case datagram([UInt8], from: SocketAddress, forged: Bool)
        case announcement(IPAddress)
        /// The lifeline to the sender has ended.
        case lifelineEnd
        /// Nobody listens at the sender's any more.
        case refusal
        /// The sender's kernel acknowledges what came over the lifeline.
        case signOfLife
        /// The way is free again.
        case unclogged
        /// What the receiver's own kernel tells of a knock there.
        case knocked(SocketAddress, Knock)
    }
    let content: Content
    let from: HostID
    let to: HostID
    /// Its number on its way, and what else it is.
    var sequence: UInt64 = 0
    var isCopy = false
    var isReplay = false
}

/// A host without the logic that runs on it: what its kernel knows, and what can be seen of it.
struct Slot {
    var state = ProcessState.off
    var boots = 0
    var disk: [String: [UInt8]] = [:]
    /// The floating addresses on it, and when each is taken off.
    var leases: [IPAddress: Instant] = [:] { didSet { nextLease = leases.values.min() } }
    /// When the first of them is taken off.
    private(set) var nextLease: Instant?
    var neighbours: [IPAddress: HostID] = [:]
    /// To whom the process holds lifelines.
    var lifelines: [HostID] = []
    /// Whether the process has been asked to end.
    var isStopping = false
    /// What a hung process has not read yet.
    var socket: [Frame] = []
    /// What an observer saw of the logic last, and when the logic wants to be called.
    var sight = Sight()
    var deadline: Instant?
    /// How far ahead its clock is, and how often it has moved.
    var clock = Duration.zero
    var moves = 0
    /// When a slow host loses the processor or gets it back; nil if it is not slow.
    var toggle: Instant?
    var longestStall = Duration.zero
    var isStalled = false
    /// Whether the process is stopped, processor or not.
    var isHung = false

    /// When something is due here: the end of a lease, a turn of a slow host, or what the logic waits for.
    var wakes: Instant? {
        let deadline = state == .running ? deadline : nil
        return [nextLease, toggle, deadline].compactMap { $0 }.min()
    }
}

/// What all hosts' kernels know, and when the first of them has something to do.
struct SlotTable {
    private var slots: [Slot]
    /// Nanoseconds, close together, for they are all looked at with each event.
    private var wakes: [Int64]

    init(count: Int) {
        slots = Array(repeating: Slot(), count: count)
        wakes = Array(repeating: .max, count: count)
    }

    var states: [ProcessState] { slots.map(\.state) }
    var indices: Range<Int> { slots.indices }
    var firstWake: Instant? { wakes.min().flatMap { $0 == .max ? nil : Instant(nanoseconds: $0) } }

    /// Whether something is due there.
    func isDue(_ index: Int, at now: Instant) -> Bool { wakes[index] <= now.nanoseconds }

    subscript(index: Int) -> Slot {
        get { slots[index] }
        _modify {
            yield &slots[index]
            wakes[index] = slots[index].wakes?.nanoseconds ?? .max
        }
    }
}

/// What is known of a way: how many were sent, the highest number that was delivered, how many are under way, and
/// until when none arrives.
struct Way {
    var sent: UInt64 = 0
    var delivered: UInt64 = 0
    var underWay = 0
    var cloggedUntil: Instant?
}
