/// One immutable version of a site: which path has which content.
///
/// The encoding is text for people and programs, and the same entries always give the same bytes:
/// ```
/// bramble-manifest 1 entries 2
/// 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 4 css/site.css
/// 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae 3 index.html
/// ```
public struct Manifest: Sendable, Equatable {
    /// One file of the site.
    public struct Entry: Sendable, Equatable {
        /// The path relative to the root of the site: `css/site.css`, without a leading slash.
        public let path: String
        /// The name of the file's content.
        public let object: ObjectID
        /// The size of the file's content in bytes.
        public let size: UInt64

        /// The file at `path` with the content `object` of `size` bytes.
        public init(path: String, object: ObjectID, size: UInt64) {
            self.path = path
            self.object = object
            self.size = size
        }

        /// Whether both have the same path and the same content. Paths are compared by their bytes: String equality
        /// would take é for e + accent.
        public static func == (left: Entry, right: Entry) -> Bool {
            left.object == right.object && left.size == right.size && left.path.utf8.elementsEqual(right.path.utf8)
        }
    }

    /// The most files a release may have.
    public static let maximumEntries = 100_000
    /// The longest path, in bytes of UTF-8.
    public static let maximumPathBytes = 1024
    /// The longest encoded manifest, in bytes.
    public static let maximumEncodedBytes = 32 << 20

    /// The files, in the order of the bytes of their paths; each path once.
    public let entries: [Entry]

    /// A release of these files, in any order.
    public init(entries: [Entry]) throws(ManifestError) {
        let sorted = entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        try self.init(checking: sorted)
        guard encoded.count <= Self.maximumEncodedBytes else { throw ManifestError(line: 1, reason: .tooLarge) }
    }

    /// Reads what ``encoded`` gives, and nothing else: each manifest has one encoding.
    public init(decoding text: [UInt8]) throws(ManifestError) {
        var decoder = ManifestDecoder(text)
        try self.init(checking: try decoder.entries())
    }

    private init(checking entries: [Entry]) throws(ManifestError) {
        guard entries.count <= Self.maximumEntries else { throw ManifestError(line: 1, reason: .tooManyEntries) }
        var previous: Entry?
        for (index, entry) in entries.enumerated() {
            if let reason = Self.problem(with: entry, after: previous) {
                throw ManifestError(line: index + 2, reason: reason)
            }
            previous = entry
        }
        self.entries = entries
    }

    /// The manifest's bytes: what is stored, sent and hashed.
    public var encoded: [UInt8] {
        var text = Array("\(ManifestDecoder.magic) 1 entries \(entries.count)\n".utf8)
        text.reserveCapacity(text.count + entries.count * 112)
        for entry in entries {
            text.append(contentsOf: entry.object.digest.hexadecimal)
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: String(entry.size).utf8)
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: EscapedPath.escape(entry.path))
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// The release's name: the SHA-256 of ``encoded``.
    public var id: ReleaseID { ReleaseID(Digest256(hashing: encoded)) }

    /// The sum of the sizes of all files in bytes, saturated to 64 bits.
    public var totalSize: UInt64 {
        entries.reduce(0) { sum, entry in
            let (total, overflow) = sum.addingReportingOverflow(entry.size)
            return overflow ? .max : total
        }
    }
}

extension Manifest {
    private static func problem(with entry: Entry, after previous: Entry?) -> ManifestError.Reason? {
        if let reason = problem(withPath: entry.path) { return reason }
        if entry.size > UInt64(Int64.max) { return .badSize }
        guard let previous else { return nil }
        if previous.path.utf8.lexicographicallyPrecedes(entry.path.utf8) { return nil }
        return previous.path.utf8.elementsEqual(entry.path.utf8) ? .duplicate : .unsorted
    }

    /// Why `path` can't be the path of an entry; nil if it can.
    static func problem(withPath path: String) -> ManifestError.Reason? {
        let bytes = path.utf8
        if bytes.count > maximumPathBytes { return .pathTooLong }
        if bytes.first == UInt8(ascii: "/") { return .absolutePath }
        if bytes.contains(0) { return .nulByte }
        for component in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.isEmpty { return .emptyComponent }
            if component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8) { return .dotComponent }
        }
        return nil
    }
}
