import Wire

/// A binary heap of things that happen later; what was added first comes first at one instant.
struct EventQueue<Event> {
    private var items: [(time: Instant, order: Int, event: Event)] = []
    private var order = 0

    var nextTime: Instant? { items.first?.time }

    mutating func add(_ event: Event, at time: Instant) {
        items.append((time, order, event))
        order += 1
        var child = items.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Event {
        items.swapAt(0, items.count - 1)
        let first = items.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return first.event }
            items.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (items[left].time, items[left].order) < (items[right].time, items[right].order)
    }
}
