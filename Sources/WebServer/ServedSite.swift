public import Releases
internal import NIOCore
internal import Synchronization

/// What is served now: a release, or a page that says why there is none.
///
/// The change from one to the next is a single assignment: a request is answered wholly from one of them.
public final class ServedSite: Sendable {
    /// How much of a site is kept in memory.
    public struct MemoryBudget: Sendable {
        /// How many bytes of content in all.
        public var total: Int
        /// The largest file that is kept; larger ones are sent from the disk by `sendfile`.
        public var largestFile: Int

        /// A budget of `total` bytes for files of at most `largestFile` bytes.
        public init(total: Int = 4 << 20, largestFile: Int = 256 << 10) {
            self.total = total
            self.largestFile = largestFile
        }
    }

    private let budget: MemoryBudget
    private let content = Mutex(SiteState.unavailable("The node is starting; it has not read its site yet."))

    /// No site yet. Until one is activated, each path answers 503.
    public init(memory budget: MemoryBudget = MemoryBudget()) { self.budget = budget }

    /// Serves this release from now on.
    ///
    /// All objects must be in the store, else nothing changes: a release is never served in part. Small files are read
    /// into memory. It blocks on the disk: don't call it on an event loop. Requests under way end with what they began.
    public func activate(_ manifest: Manifest, from store: ObjectStore) throws(StoreError) {
        let release = try SiteContent(manifest, from: store, budget: budget)
        content.withLock { $0 = .active(release) }
    }

    /// Answers 503 to each path from now on, with this reason for people.
    public func unavailable(reason: String) { content.withLock { $0 = .unavailable(reason) } }

    /// The release that is served; nil if none is.
    public var release: ReleaseID? {
        guard case .active(let content) = current else { return nil }
        return content.release
    }

    /// Why no site is served; nil if one is.
    public var unavailabilityReason: String? {
        guard case .unavailable(let reason) = current else { return nil }
        return reason
    }

    var current: SiteState { content.withLock { $0 } }
}

/// A release, or why there is none.
enum SiteState: Sendable {
    case active(SiteContent)
    case unavailable(String)
}

/// A release as it is served: its index, its files with their heads, and the contents of the small ones.
final class SiteContent: Sendable {
    let release: ReleaseID
    private let index: SiteIndex
    private let files: [FileKey: PreparedFile]
    private let store: ObjectStore

    init(_ manifest: Manifest, from store: ObjectStore, budget: ServedSite.MemoryBudget) throws(StoreError) {
        release = manifest.id
        index = SiteIndex(manifest)
        self.store = store
        var files: [FileKey: PreparedFile] = [:]
        files.reserveCapacity(manifest.entries.count)
        var left = budget.total
        // The smallest first: the most requests per byte of memory.
        for entry in manifest.entries.sorted(by: { $0.size < $1.size }) {
            let file = SiteFile(entry)
            let key = FileKey(file)
            guard files[key] == nil else { continue }
            guard try store.size(of: file.object) == file.size else { throw .objectMissing(file.object) }
            var content: ByteBuffer?
            if file.size <= UInt64(max(0, min(left, budget.largestFile))) {
                content = ByteBuffer(bytes: try store.read(file.object))
                left -= Int(file.size)
            }
            files[key] = PreparedFile(file, content: content)
        }
        self.files = files
    }

    /// What is at a decoded path.
    func resolve(_ path: String) -> SiteIndex.Resolution { index.resolve(path) }

    /// The file as it was prepared; nil for one of another release.
    func prepared(_ file: SiteFile) -> PreparedFile? { files[FileKey(file)] }

    /// The file's content from the disk.
    func open(_ file: PreparedFile) throws(StoreError) -> OpenFile {
        let object = try store.open(file.object)
        guard object.size == file.size else { throw .objectDamaged(file.object) }
        return OpenFile(descriptor: object.takeDescriptor())
    }
}

/// Files with the same content and the same type have the same responses.
private struct FileKey: Hashable {
    let object: ObjectID
    let mediaType: String

    init(_ file: SiteFile) {
        object = file.object
        mediaType = file.mediaType
    }

    func hash(into hasher: inout Hasher) { hasher.combine(object) }
}
