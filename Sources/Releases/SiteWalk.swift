internal import Glibc

/// One way through a site's directory: which files there are, and their bytes into the store.
struct SiteWalk {
    let store: ObjectStore
    let cache: ImportCache
    let site: String
    let now: Int64

    private(set) var entries: [Manifest.Entry] = []
    private(set) var skipped: [SkippedFile] = []
    private(set) var filesRead = 0
    /// What the next import may rely on.
    private(set) var seen = ImportCache()
    private var batch: ObjectBatch

    /// How often a file that changes is read before the import gives up.
    private static let attempts = 3

    init(store: ObjectStore, cache: ImportCache, site: String, now: Int64) {
        self.store = store
        self.cache = cache
        self.site = site
        self.now = now
        batch = ObjectBatch(store.directory)
    }

    /// Makes the objects durable.
    mutating func finish() throws(ImportError) {
        do throws(StoreError) { try batch.commit() } catch { throw .store(error) }
    }

    /// Removes what was stored for nothing.
    mutating func abandon() { batch.discard() }

    /// Visits what is in a directory. `prefix` is its path with a slash at the end, or empty.
    mutating func visit(_ directory: borrowing Descriptor, at prefix: String) throws(ImportError) {
        let found: [[UInt8]]
        switch names(in: directory.number) {
        case .success(let names): found = names
        case .failure(let code): throw unreadable(prefix, code)
        }
        for bytes in found {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                skip(prefix + String(decoding: bytes, as: UTF8.self), .nameNotUTF8)
                continue
            }
            try visit(name, in: directory, at: prefix)
        }
    }

    private mutating func visit(
        _ name: String, in directory: borrowing Descriptor, at prefix: String
    ) throws(ImportError) {
        let path = prefix + name
        if name.utf8.first == UInt8(ascii: "."), name != ".well-known" { return skip(path, .hidden) }
        if path == "lost+found" { return skip(path, .fileSystem) }
        // Looked at before it is opened: to open some devices is to act on them.
        var status = stat()
        guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return }
            throw unreadable(path, SystemCode(errno))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFDIR: break
        case S_IFLNK: return skip(path, .symbolicLink)
        default: return skip(path, .special)
        }
        guard path.utf8.count <= Manifest.maximumPathBytes else { throw .pathTooLong(file: path) }
        guard let opened = try open(name, in: directory, at: path) else { return }
        switch try self.status(of: opened, at: path).st_mode & S_IFMT {
        case S_IFREG: try add(opened, at: path)
        case S_IFDIR: try visit(opened, at: path + "/")
        default: skip(path, .special)
        }
    }

    /// Opens a file or a directory; nil if it went away or became a link in this moment.
    private mutating func open(
        _ name: String, in directory: borrowing Descriptor, at path: String
    ) throws(ImportError) -> Descriptor? {
        let number = openat(directory.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        if number >= 0 { return Descriptor(number) }
        switch errno {
        case ENOENT: return nil
        case ELOOP:
            skip(path, .symbolicLink)
            return nil
        case let code: throw unreadable(path, SystemCode(code))
        }
    }

    private mutating func add(_ file: borrowing Descriptor, at path: String) throws(ImportError) {
        guard entries.count < Manifest.maximumEntries else { throw .tooManyFiles(directory: site) }
        let stamp = FileStamp(try status(of: file, at: path))
        if let known = cache[stamp], try isStored(known, size: stamp.size) {
            seen[stamp] = known
            entries.append(Manifest.Entry(path: path, object: known, size: stamp.size))
            return
        }
        filesRead += 1
        for _ in 0..<Self.attempts {
            if try addUnlessChanging(file, at: path) { return }
        }
        throw .changing(file: site + "/" + path)
    }

    /// Reads a file and stores it unless the store has it. False if it was changed meanwhile: what was stored then is
    /// whole in itself, but perhaps half of the old and half of the new file.
    private mutating func addUnlessChanging(_ file: borrowing Descriptor, at path: String) throws(ImportError) -> Bool {
        let before = FileStamp(try status(of: file, at: path))
        var id: ObjectID
        switch hash(file.number, limit: before.size + 1) {
        case .success(let hash): id = hash
        case .failure(let code): throw unreadable(path, code)
        }
        // Hashed first and copied only if new: reading wears out no card.
        let isKnown = try isStored(id, size: before.size)
        if !isKnown { id = try copy(file, limit: before.size + 1, at: path) }
        guard FileStamp(try status(of: file, at: path)) == before, try isStored(id, size: before.size) else {
            return false
        }
        if !before.isFresh(at: now) { seen[before] = id }
        entries.append(Manifest.Entry(path: path, object: id, size: before.size))
        return true
    }

    private mutating func copy(
        _ file: borrowing Descriptor, limit: UInt64, at path: String
    ) throws(ImportError) -> ObjectID {
        guard lseek(file.number, 0, SEEK_SET) == 0 else { throw unreadable(path, SystemCode(errno)) }
        do throws(StoreError) {
            return try batch.add(contentsOf: file.number, limit: limit).id
        } catch {
            if case .sourceUnreadable(let code) = error { throw unreadable(path, SystemCode(code)) }
            throw .store(error)
        }
    }

    private func hash(_ file: Int32, limit: UInt64) -> Result<ObjectID, SystemCode> {
        var hash = StreamingHash()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while offset < limit {
            let room = Int(min(limit - offset, UInt64(chunkBytes)))
            switch uninterrupted({ pread(file, buffer.baseAddress, room, off_t(offset)) }) {
            case .failure(let code): return .failure(code)
            case .success(0): return .success(ObjectID(hash.finish()))
            case .success(let count):
                hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += UInt64(count)
            }
        }
        return .success(ObjectID(hash.finish()))
    }

    private func isStored(_ id: ObjectID, size: UInt64) throws(ImportError) -> Bool {
        do throws(StoreError) { return try batch.isKnown(id, size: size) } catch { throw .store(error) }
    }

    private func status(of file: borrowing Descriptor, at path: String) throws(ImportError) -> stat {
        switch file.status() {
        case .success(let status): return status
        case .failure(let code): throw unreadable(path, code)
        }
    }

    private mutating func skip(_ path: String, _ reason: SkippedFile.Reason) {
        skipped.append(SkippedFile(path: path, reason: reason))
    }

    private func unreadable(_ path: String, _ code: SystemCode) -> ImportError {
        .unreadable(file: site + "/" + path, code: code.number)
    }
}
