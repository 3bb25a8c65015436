import Wire

/// A queue in order of time; what is due at the same instant comes out in the order in which it went in.
struct EventQueue<Event> {
    private struct Entry {
        let time: Instant
        let sequence: UInt64
        let event: Event

        func precedes(_ other: Entry) -> Bool { (time, sequence) < (other.time, other.sequence) }
    }

    private var heap: [Entry] = []
    private var sequence: UInt64 = 0

    /// When the first event is due.
    var nextTime: Instant? { heap.first?.time }
    /// How many events wait.
    var count: Int { heap.count }

    mutating func schedule(_ event: Event, at time: Instant) {
        sequence += 1
        heap.append(Entry(time: time, sequence: sequence, event: event))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> Event? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.event
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].precedes(heap[$1]) }), heap[least].precedes(heap[parent])
            else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
