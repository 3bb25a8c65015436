internal import Glibc

/// Releases and the objects they name, in a directory on the node's disk.
///
/// ```
/// format             the version of this layout
/// active             the active release's ID; below it those that were active before, the latest first
/// objects/ab/cdef…   a file's content, by its SHA-256
/// releases/…         a manifest, by its SHA-256
/// import-cache       what the files of the site's directory were like when they were last read
/// tmp/               what is being written; emptied when the store is opened
/// ```
/// Calls block on the disk: don't make them on an event loop. Any thread may make them.
public struct ObjectStore: Sendable {
    let directory: StoreDirectory

    static let format = Array("bramble-store 1\n".utf8)
    /// How many releases `active` remembers.
    static let rememberedReleases = 32

    /// Opens the store in this directory and makes it if need be. What an earlier crash left half-written is removed.
    public init(directory path: String) throws(StoreError) { try self.init(directory: path, fault: nil) }

    init(directory path: String, fault: StoreFault?) throws(StoreError) {
        directory = try StoreDirectory(path, fault: fault)
        try checkFormat()
        for name in ["tmp", "objects", "releases"] { try directory.makeDirectory(name, in: ".") }
        if directory.isAlone() { try removeTemporaryFiles() }
        if try directory.size(of: "format") == nil { try directory.replace("format", in: ".", with: Self.format) }
    }

    /// The directory the store is in.
    public var path: String { directory.path }

    private func checkFormat() throws(StoreError) {
        guard let found = try directory.read("format", limit: 1024), found != Self.format else { return }
        guard found.starts(with: "bramble-store ".utf8) else { throw .fileDamaged(path: path + "/format") }
        throw .unknownFormat(path: path)
    }

    private func removeTemporaryFiles() throws(StoreError) {
        // What can't be removed, on a read-only disk for one, does no harm.
        for name in try directory.names(in: "tmp") { try? directory.remove("tmp/" + name) }
    }

    /// Reads from the disk itself, past the cache: fails when the disk is gone. For the watchdog.
    ///
    /// It blocks for as long as the disk does.
    public func probe() throws(StoreError) {
        let format = try directory.read("format", limit: 1024, fromDisk: true)
        guard format == Self.format else { throw .fileDamaged(path: path + "/format") }
        _ = try directory.read("active", limit: Self.activeLimit, fromDisk: true)
    }
}

// Objects.
extension ObjectStore {
    /// Stores these bytes, unless they are there already.
    @discardableResult
    public func put(_ content: [UInt8]) throws(StoreError) -> ObjectID {
        let id = ObjectID(hashing: content)
        if try size(of: id) == UInt64(content.count) { return id }
        var batch = ObjectBatch(directory)
        do throws(StoreError) {
            try content.withUnsafeBufferPointer { bytes throws(StoreError) in
                try batch.add(UnsafeRawBufferPointer(bytes), as: id)
            }
            try batch.commit()
        } catch {
            batch.discard()
            throw error
        }
        return id
    }

    /// Stores what `descriptor` gives from where it stands to its end, in pieces: the size does not matter.
    ///
    /// The ID is the hash of the bytes that were stored, also if the file changes meanwhile.
    public func put(contentsOf descriptor: Int32) throws(StoreError) -> (id: ObjectID, size: UInt64) {
        var batch = ObjectBatch(directory)
        do throws(StoreError) {
            let stored = try batch.add(contentsOf: descriptor, limit: .max)
            try batch.commit()
            return stored
        } catch {
            batch.discard()
            throw error
        }
    }

    /// Whether the store has this object.
    public func contains(_ id: ObjectID) throws(StoreError) -> Bool { try size(of: id) != nil }

    /// The size of an object in bytes; nil if the store does not have it.
    public func size(of id: ObjectID) throws(StoreError) -> UInt64? { try directory.size(of: Self.file(of: id)) }

    /// Opens an object for sending. The file stays readable until the descriptor is closed, also when it is removed.
    ///
    /// The bytes are not checked against the hash; the size should be compared with the manifest's.
    public func open(_ id: ObjectID) throws(StoreError) -> OpenObject {
        let file = Self.file(of: id)
        guard let descriptor = try directory.open(file) else { throw .objectMissing(id) }
        switch descriptor.status() {
        case .success(let status): return OpenObject(descriptor: descriptor, size: UInt64(status.st_size))
        case .failure(let code): throw directory.error("look at", file, code)
        }
    }

    /// All bytes of an object, checked against its name.
    ///
    /// A damaged object is removed, so that the next import of its file restores it.
    public func read(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        let file = Self.file(of: id)
        // What is wrong in memory may be right on the disk: only the disk's word condemns an object.
        for fromDisk in [false, true] {
            guard let bytes = try directory.read(file, limit: UInt64(Int32.max), fromDisk: fromDisk) else {
                throw .objectMissing(id)
            }
            if ObjectID(hashing: bytes) == id { return bytes }
        }
        try? directory.remove(file)
        throw .objectDamaged(id)
    }

    static func shard(of id: ObjectID) -> String { "objects/" + id.description.prefix(2) }

    static func file(of id: ObjectID) -> String {
        let digits = id.description
        return "objects/\(digits.prefix(2))/\(digits.dropFirst(2))"
    }
}

/// An object that is open for reading. Its descriptor is closed at the end of its life.
public struct OpenObject: ~Copyable, Sendable {
    private let file: Descriptor
    /// The size in bytes.
    public let size: UInt64

    init(descriptor: consuming Descriptor, size: UInt64) {
        file = descriptor
        self.size = size
    }

    /// The descriptor, which still belongs to this value.
    public var descriptor: Int32 { file.number }

    /// Hands the descriptor over: from here on the caller closes it.
    public consuming func takeDescriptor() -> Int32 { file.take() }
}
