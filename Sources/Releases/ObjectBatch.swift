/// Objects on their way into the store: written to `tmp/` one by one, then made durable and put in place together.
///
/// A card takes milliseconds for each sync; an import of a thousand files would take half a minute with two each.
struct ObjectBatch {
    private let directory: StoreDirectory
    private var staged: [(temporary: String, id: ObjectID)] = []
    private var names: [ObjectID: UInt64] = [:]

    /// Up to this many files are synced one by one; for more it pays to have the system write all out first.
    private static let fewFiles = 4

    init(_ directory: StoreDirectory) { self.directory = directory }

    /// Adds these bytes, whose hash the caller knows.
    mutating func add(_ bytes: UnsafeRawBufferPointer, as id: ObjectID) throws(StoreError) {
        let file = try directory.createTemporary()
        do throws(StoreError) {
            try directory.write(bytes, to: file)
            keep(file, as: id, size: UInt64(bytes.count))
        } catch {
            try? directory.remove(file.name)
            throw error
        }
    }

    /// Adds what `descriptor` gives, at most `limit` bytes of it.
    mutating func add(contentsOf descriptor: Int32, limit: UInt64) throws(StoreError) -> (id: ObjectID, size: UInt64) {
        let file = try directory.createTemporary()
        do throws(StoreError) {
            let copied = try copy(from: descriptor, limit: limit, to: file)
            if try isKnown(copied.id, size: copied.size) {
                try directory.remove(file.name)
            } else {
                keep(file, as: copied.id, size: copied.size)
            }
            return copied
        } catch {
            try? directory.remove(file.name)
            throw error
        }
    }

    /// Whether an object of this size is in the store or in this batch. One of another size is damaged: it is replaced.
    func isKnown(_ id: ObjectID, size: UInt64) throws(StoreError) -> Bool {
        if names[id] == size { return true }
        return try directory.size(of: ObjectStore.file(of: id)) == size
    }

    private func copy(
        from descriptor: Int32, limit: UInt64, to file: borrowing TemporaryFile
    ) throws(StoreError) -> (id: ObjectID, size: UInt64) {
        var hash = StreamingHash()
        var size: UInt64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        while size < limit {
            let room = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(limit - size, UInt64(chunkBytes)))))
            switch readPiece(descriptor, into: room) {
            case .failure(let code): throw .sourceUnreadable(code: code.number)
            case .success(0): return (ObjectID(hash.finish()), size)
            case .success(let count):
                let piece = UnsafeRawBufferPointer(rebasing: room[..<count])
                hash.update(piece)
                try directory.write(piece, to: file)
                size += UInt64(count)
            }
        }
        return (ObjectID(hash.finish()), size)
    }

    private mutating func keep(_ file: borrowing TemporaryFile, as id: ObjectID, size: UInt64) {
        staged.append((file.name, id))
        names[id] = size
    }

    /// Makes all of it durable and puts it in place. The batch is empty then.
    mutating func commit() throws(StoreError) {
        if staged.count > Self.fewFiles { directory.writeOut() }
        for (temporary, _) in staged { try directory.sync(temporary) }
        let shards = Set(staged.map { ObjectStore.shard(of: $0.id) }).sorted()
        for shard in shards { try directory.makeDirectory(shard, in: "objects") }
        for (temporary, id) in staged { try directory.rename(temporary, to: ObjectStore.file(of: id)) }
        for shard in shards { try directory.syncDirectory(shard) }
        staged = []
        names = [:]
    }

    /// Forgets all that is not in place yet. What can't be removed now is removed when the store is next opened.
    mutating func discard() {
        for (temporary, _) in staged { try? directory.remove(temporary) }
        staged = []
        names = [:]
    }
}
