internal import Glibc

/// What tells that a file has not changed since it was last read.
struct FileStamp: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: UInt64
    /// Nanoseconds of the wall clock.
    var modified: Int64
    /// Nanoseconds of the wall clock. No program can set this one back.
    var changed: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    fileprivate init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    /// Whether the file may yet change without a new time: clocks of file systems tick in milliseconds, some in 2 s.
    /// `now` is the wall clock's time in nanoseconds before the file was read.
    func isFresh(at now: Int64) -> Bool { changed > now - 3_000_000_000 }

    static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
    }
}

/// Which content the site's files had when they were last read, so that a start need not read gigabytes again.
///
/// Losing it costs time only; so a file of it that is odd in any way counts as none.
struct ImportCache: Sendable, Equatable {
    private static let header = "bramble-import-cache 1"
    private static let maximumBytes: UInt64 = 32 << 20

    private(set) var objects: [FileStamp: ObjectID] = [:]

    subscript(stamp: FileStamp) -> ObjectID? {
        get { objects[stamp] }
        set { objects[stamp] = newValue }
    }

    init() {}

    init(from store: ObjectStore) {
        self.init(decoding: (try? store.directory.read("import-cache", limit: Self.maximumBytes)) ?? [])
    }

    func save(to store: ObjectStore) throws(StoreError) {
        try store.directory.replace("import-cache", in: ".", with: encoded)
    }

    init(decoding text: [UInt8]) {
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard text.last == UInt8(ascii: "\n"), let first = lines.first, first.elementsEqual(Self.header.utf8) else {
            return
        }
        var objects: [FileStamp: ObjectID] = [:]
        for line in lines.dropFirst() {
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 6, let id = ObjectID(fields[0]),
                let device = UInt64(fields[1]), let inode = UInt64(fields[2]), let size = UInt64(fields[3]),
                let modified = Int64(fields[4]), let changed = Int64(fields[5])
            else { return }
            let stamp = FileStamp(device: device, inode: inode, size: size, modified: modified, changed: changed)
            objects[stamp] = id
        }
        self.objects = objects
    }

    var encoded: [UInt8] {
        let lines = objects.map { stamp, id in
            "\(id) \(stamp.device) \(stamp.inode) \(stamp.size) \(stamp.modified) \(stamp.changed)\n"
        }
        return Array((Self.header + "\n" + lines.sorted().joined()).utf8)
    }
}
