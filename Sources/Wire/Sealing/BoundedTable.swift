/// A table with a limit: when it is full, what has gone unused for longest makes room.
///
/// Each use gets a number of its own, so what goes never depends on the order of a dictionary.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var lastUse: UInt64
    }

    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    /// An empty table for at most `limit` values, at least one.
    init(limit: Int) { self.limit = max(1, limit) }

    var count: Int { entries.count }

    /// Looks without counting as a use.
    func peek(_ key: Key) -> Value? { entries[key]?.value }

    /// Changes a value in place, which counts as a use; nil if there is none.
    mutating func use<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let index = entries.index(forKey: key) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return body(&entries.values[index].value)
    }

    /// Puts a value in, in the place of one with the same key, or else of the longest unused if the table is full.
    mutating func insert(_ value: Value, for key: Key) {
        if entries[key] == nil, entries.count >= limit { removeLongestUnused() }
        uses += 1
        entries[key] = Entry(value: value, lastUse: uses)
    }

    mutating func removeAll() { entries.removeAll() }

    private mutating func removeLongestUnused() {
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries[oldest.key] = nil
    }
}
