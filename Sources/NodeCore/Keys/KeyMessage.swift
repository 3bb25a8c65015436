internal import Wire

/// What hands keys from one member to another: the sender's whole ring, sealed like everything else. It holds what the
/// receiver is to have, and nothing that it should not.
struct KeyMessage: Hashable, Sendable {
    let ring: KeyRing

    /// The message: kind, floor, count, and each key behind its generation.
    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.integer(MessageKind.keys)
        writer.integer(ring.floor)
        writer.integer(UInt8(ring.entries.count))
        for entry in ring.entries {
            writer.integer(entry.generation)
            writer.append(entry.key.bytes)
        }
        return writer.bytes
    }

    init(_ ring: KeyRing) { self.ring = ring }

    /// Reads a message whose kind is known to be `keys`. Bytes at its end are a newer version's.
    init(decoding payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.dropFirst())
        let floor = try reader.integer(UInt32.self)
        let count = try reader.integer(UInt8.self)
        guard (1...KeyRing.limit).contains(Int(count)) else { throw .badValue }
        var entries: [KeyRing.Entry] = []
        for _ in 0..<count {
            let generation = try reader.integer(UInt32.self)
            guard let key = ClusterKey(bytes: Array(try reader.bytes(ClusterKey.byteCount))),
                generation >= floor, generation <= KeyRing.lastGeneration,
                !entries.contains(where: { $0.key == key })
            else { throw .badValue }
            entries.append(KeyRing.Entry(key, generation: generation))
        }
        // Keys that nobody rotated are the business of each node's own file.
        guard let ring = KeyRing(entries, floor: floor), ring.isRotated else { throw .badValue }
        self.ring = ring
    }
}
