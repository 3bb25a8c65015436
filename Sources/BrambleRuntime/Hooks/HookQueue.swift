internal import Wire

/// Which hooks wait, and which may run now. The hooks of one address run one after the other; of those that wait, only
/// the latest is kept, for what it reports has replaced the others. So it never holds more than two for an address.
struct HookQueue: Sendable {
    private var waiting: [HookCall] = []
    private var running: Set<IPAddress> = []
    /// How many were replaced by a later one before they ran.
    private(set) var superseded: UInt64 = 0

    /// How many may run at once, for different addresses.
    static let mostAtOnce = 8

    var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    /// Adds a hook, in place of one that waits for the same address.
    mutating func add(_ call: HookCall) {
        if let index = waiting.firstIndex(where: { $0.address == call.address }) {
            waiting.remove(at: index)
            superseded += 1
        }
        waiting.append(call)
    }

    /// The next that may run now; it counts as running until `ended`.
    mutating func next() -> HookCall? {
        guard running.count < Self.mostAtOnce,
            let index = waiting.firstIndex(where: { !running.contains($0.address) })
        else { return nil }
        let call = waiting.remove(at: index)
        running.insert(call.address)
        return call
    }

    /// The hook of this address has ended.
    mutating func ended(_ address: IPAddress) { running.remove(address) }

}
