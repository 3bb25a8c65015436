internal import Wire

/// What hands keys from one member to another: the sender's whole ring, sealed like everything else. It holds what the
/// receiver is to have, and what marks the keys that nobody is to have again.
struct KeyMessage: Hashable, Sendable {
    let ring: KeyRing

    /// The message: kind, floor, count, and each key behind its generation; then count, and what is remembered of each
    /// dropped key: generation, hint, fingerprint.
    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 512)
        writer.integer(MessageKind.keys)
        writer.integer(ring.floor)
        writer.integer(UInt8(ring.entries.count))
        for entry in ring.entries {
            writer.integer(entry.generation)
            writer.append(entry.key.bytes)
        }
        writer.integer(UInt8(ring.dropped.count))
        for key in ring.dropped {
            writer.integer(key.generation)
            writer.integer(key.hint)
            writer.integer(key.mark)
        }
        return writer.bytes
    }

    init(_ ring: KeyRing) { self.ring = ring }

    /// Reads a message whose kind is known to be `keys`. Bytes at its end are a newer version's.
    init(decoding payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.dropFirst())
        let floor = try reader.integer(UInt32.self)
        let entries = try reader.keyEntries()
        let dropped = try reader.droppedKeys()
        // Keys that nobody rotated are the business of each node's own file.
        guard let ring = KeyRing(entries, floor: floor, dropped: dropped), ring.isRotated,
            ring.entries.count == entries.count, ring.newest.generation >= floor
        else { throw .badValue }
        self.ring = ring
    }
}

extension ByteReader {
    fileprivate mutating func keyEntries() throws(DecodeError) -> [KeyRing.Entry] {
        let count = try integer(UInt8.self)
        guard (1...KeyRing.limit).contains(Int(count)) else { throw .badValue }
        var entries: [KeyRing.Entry] = []
        for _ in 0..<count {
            let generation = try integer(UInt32.self)
            guard let key = ClusterKey(bytes: Array(try bytes(ClusterKey.byteCount))),
                generation <= KeyRing.lastGeneration, !entries.contains(where: { $0.key == key })
            else { throw .badValue }
            entries.append(KeyRing.Entry(key, generation: generation))
        }
        return entries
    }

    fileprivate mutating func droppedKeys() throws(DecodeError) -> [KeyRing.Dropped] {
        let count = try integer(UInt8.self)
        guard count <= KeyRing.memory else { throw .badValue }
        var dropped: [KeyRing.Dropped] = []
        for _ in 0..<count {
            let (generation, hint) = (try integer(UInt32.self), try integer(UInt32.self))
            guard generation <= KeyRing.lastGeneration else { throw .badValue }
            dropped.append(.init(hint: hint, mark: try integer(UInt64.self), generation: generation))
        }
        return dropped
    }
}
