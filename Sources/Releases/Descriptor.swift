internal import Glibc

/// A file descriptor that is closed at the end of its life.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Hands the descriptor over: from here on the caller closes it.
    consuming func take() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// The file's description, or the number of the error.
    borrowing func status() -> Result<stat, SystemCode> {
        var status = stat()
        return fstat(number, &status) == 0 ? .success(status) : .failure(SystemCode(errno))
    }
}

/// The number of an error of the system.
struct SystemCode: Error, Equatable {
    let number: Int32

    init(_ number: Int32) { self.number = number }
}

/// How much of a file is held in memory while it is copied or hashed.
let chunkBytes = 128 << 10

/// Calls until the call is not interrupted by a signal; gives what it returned, or the error.
func uninterrupted<Count: SignedInteger>(_ call: () -> Count) -> Result<Count, SystemCode> {
    while true {
        let result = call()
        if result >= 0 { return .success(result) }
        let code = errno
        if code != EINTR { return .failure(SystemCode(code)) }
    }
}

/// Reads up to `buffer.count` bytes from where the descriptor stands; 0 at the end.
func readPiece(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, SystemCode> {
    uninterrupted { read(descriptor, buffer.baseAddress, buffer.count) }
}

/// Writes all of `bytes`.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Result<Void, SystemCode> {
    var rest = bytes
    while !rest.isEmpty {
        switch uninterrupted({ write(descriptor, rest.baseAddress, rest.count) }) {
        case .success(0): return .failure(SystemCode(EIO))
        case .success(let count): rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        case .failure(let code): return .failure(code)
        }
    }
    return .success(())
}

/// The names in a directory except `.` and `..`, as bytes and in their order, or the error.
func names(in directory: Int32) -> Result<[[UInt8]], SystemCode> {
    // A descriptor of its own: fdopendir takes it over, and where it stands is its own.
    let copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return .failure(SystemCode(errno)) }
    guard let stream = fdopendir(copy) else {
        let code = errno
        close(copy)
        return .failure(SystemCode(code))
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
        errno = 0
        guard let entry = readdir(stream) else {
            return errno == 0
                ? .success(names.sorted { $0.lexicographicallyPrecedes($1) }) : .failure(SystemCode(errno))
        }
        let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
        let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        if !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8) { names.append(Array(bytes)) }
    }
}
