internal import Glibc
internal import Synchronization

/// A step of a write. A test may make any of them fail.
enum StoreStep: Equatable, Sendable {
    case create, write, sync, rename, syncDirectory, remove, makeDirectory, read
}

/// Answers with the number of the error that a step on a path is to fail with; nil lets it happen.
typealias StoreFault = @Sendable (StoreStep, String) -> Int32?

/// The store's directory, held open, and the few ways in which files in it change. Paths are relative to it.
///
/// A file comes to be in one way only: written under a name in `tmp/`, synced, renamed to where it belongs, and that
/// directory synced. So at any instant, and after any crash, a file is there whole or not at all.
final class StoreDirectory: Sendable {
    let path: String
    private let root: Int32
    private let fault: StoreFault?
    /// Held by whoever puts together or removes a release, so that one does not remove what another builds upon.
    let releases = Mutex<Void>(())
    /// Held while the active release is chosen, so that none is removed in the moment in which it becomes active. Whoever
    /// holds both locks took `releases` first.
    let activation = Mutex<Void>(())

    /// Several stores of one process may be open on one directory.
    private static let temporaryFiles = Atomic<UInt64>(0)

    init(_ path: String, fault: StoreFault?) throws(StoreError) {
        self.path = path
        self.fault = fault
        try Self.makePath(path)
        root = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw StoreError("open", path, code: errno) }
    }

    deinit { close(root) }

    private static func makePath(_ path: String) throws(StoreError) {
        var made = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            made += "/" + component
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                // An existing parent may refuse: only the last component decides.
                let code = errno
                if access(made, F_OK) != 0 { throw StoreError("make the directory", made, code: code) }
            }
        }
    }

    /// Whether no one else has this store open. From now on, we have.
    ///
    /// Asked several times: between its fork and its exec, a child of this very process has the lock of a store that
    /// was just closed.
    func isAlone() -> Bool {
        var alone = false
        for attempt in 0..<Self.attempts where !alone {
            if attempt > 0 { usleep(Self.pause) }
            alone = flock(root, LOCK_EX | LOCK_NB) == 0
        }
        _ = flock(root, LOCK_SH | LOCK_NB)
        return alone
    }

    private static let attempts = 5
    /// Between two attempts, in microseconds.
    private static let pause: UInt32 = 10_000

    func error(_ operation: String, _ name: String, _ code: SystemCode) -> StoreError {
        StoreError(operation, path + "/" + name, code: code.number)
    }

    private func check(_ step: StoreStep, _ name: String) throws(StoreError) {
        if let code = fault?(step, name) { throw error("\(step)", name, SystemCode(code)) }
    }
}

// Reading.
extension StoreDirectory {
    /// Opens a file; nil when there is none.
    func open(_ name: String) throws(StoreError) -> Descriptor? {
        try check(.read, name)
        let number = openat(root, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if number >= 0 { return Descriptor(number) }
        if errno == ENOENT { return nil }
        throw error("open", name, SystemCode(errno))
    }

    /// The size of a regular file in bytes; nil when there is none.
    func size(of name: String) throws(StoreError) -> UInt64? {
        var status = stat()
        if fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            return status.st_mode & S_IFMT == S_IFREG ? UInt64(status.st_size) : nil
        }
        if errno == ENOENT { return nil }
        throw error("look at", name, SystemCode(errno))
    }

    /// All bytes of a file; nil when there is none. A file of more than `limit` bytes is damaged.
    func read(_ name: String, limit: UInt64, fromDisk: Bool = false) throws(StoreError) -> [UInt8]? {
        guard let file = try open(name) else { return nil }
        let size: UInt64
        switch file.status() {
        case .success(let status): size = UInt64(status.st_size)
        case .failure(let code): throw error("look at", name, code)
        }
        guard size <= limit else { throw .fileDamaged(path: path + "/" + name) }
        if fromDisk { _ = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED) }
        var failure: SystemCode?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            while count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                switch readPiece(file.number, into: rest) {
                case .success(0): return
                case .success(let read): count += read
                case .failure(let code):
                    failure = code
                    return
                }
            }
        }
        if let failure { throw error("read", name, failure) }
        return bytes
    }

    /// The names in a directory, in order; empty when there is no such directory.
    func names(in directory: String) throws(StoreError) -> [String] {
        let number = openat(root, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT { return [] }
            throw error("open", directory, SystemCode(errno))
        }
        let opened = Descriptor(number)
        switch Releases.names(in: opened.number) {
        // Whatever is not UTF-8 is not ours.
        case .success(let names): return names.compactMap { String(validating: $0, as: UTF8.self) }
        case .failure(let code): throw error("list", directory, code)
        }
    }
}

// Writing.
extension StoreDirectory {
    /// Makes a directory of the store, durably. Does nothing if it is there.
    func makeDirectory(_ name: String, in parent: String) throws(StoreError) {
        try check(.makeDirectory, name)
        if mkdirat(root, name, 0o755) == 0 { return try syncDirectory(parent) }
        if errno != EEXIST { throw error("make the directory", name, SystemCode(errno)) }
    }

    /// Makes an empty temporary file.
    func createTemporary() throws(StoreError) -> TemporaryFile {
        let number = Self.temporaryFiles.add(1, ordering: .relaxed).newValue
        let name = "tmp/\(getpid())-\(number)"
        try check(.create, name)
        let descriptor = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw error("create", name, SystemCode(errno)) }
        return TemporaryFile(name: name, descriptor: Descriptor(descriptor))
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing TemporaryFile) throws(StoreError) {
        try check(.write, file.name)
        if case .failure(let code) = writeAll(file.descriptor.number, bytes) { throw error("write", file.name, code) }
    }

    /// Makes a temporary file's bytes durable, also when it is closed by now.
    func sync(_ name: String) throws(StoreError) {
        guard let file = try open(name) else { throw error("sync", name, SystemCode(ENOENT)) }
        try check(.sync, name)
        guard fsync(file.number) == 0 else { throw error("sync", name, SystemCode(errno)) }
    }

    /// Has the system write out all that it holds back, in the order it likes best. Each file is to be synced by itself
    /// after that, for only so are errors reported, but then has nothing left to write.
    func writeOut() { Glibc.sync() }

    /// Moves a synced temporary file to where it belongs. The directory is still to be synced.
    func rename(_ temporary: String, to name: String) throws(StoreError) {
        try check(.rename, name)
        guard renameat(root, temporary, root, name) == 0 else { throw error("rename", name, SystemCode(errno)) }
    }

    func syncDirectory(_ name: String) throws(StoreError) {
        try check(.syncDirectory, name)
        let number = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw error("open", name, SystemCode(errno)) }
        let directory = Descriptor(number)
        guard fsync(directory.number) == 0 else { throw error("sync", name, SystemCode(errno)) }
    }

    /// Removes a file. Does nothing if there is none.
    func remove(_ name: String) throws(StoreError) {
        try check(.remove, name)
        if unlinkat(root, name, 0) != 0, errno != ENOENT { throw error("remove", name, SystemCode(errno)) }
    }

    /// Writes a whole file in place of an earlier one, if any; old or new, never a mixture.
    func replace(_ name: String, in directory: String, with bytes: [UInt8]) throws(StoreError) {
        let file = try createTemporary()
        do throws(StoreError) {
            try bytes.withUnsafeBufferPointer { bytes throws(StoreError) in
                try write(UnsafeRawBufferPointer(bytes), to: file)
            }
            try sync(file.name)
            try rename(file.name, to: name)
        } catch {
            try? remove(file.name)
            throw error
        }
        try syncDirectory(directory)
    }
}

/// A file in `tmp/` that is being written.
struct TemporaryFile: ~Copyable {
    let name: String
    let descriptor: Descriptor
}
