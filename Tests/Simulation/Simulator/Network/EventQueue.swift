import Wire

/// A queue in order of time; what is due at the same instant comes out in the order in which it went in.
struct EventQueue<Event> {
    private struct Entry {
        let time: Instant
        let sequence: UInt64
        let event: Event

        func precedes(_ other: Entry) -> Bool {
            time.nanoseconds == other.time.nanoseconds
                ? sequence < other.sequence : time.nanoseconds < other.time.nanoseconds
        }
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
            var least = 2 * parent + 1
            guard least < heap.count else { return }
            if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
            guard heap[least].precedes(heap[parent]) else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
