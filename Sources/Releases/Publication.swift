/// What an import into the active release did.
public struct Publication: Sendable, Equatable {
    /// The release that is active now.
    public var release: ReleaseID
    /// The one that was active before; nil if there was none or it could not be read.
    public var previous: ReleaseID?
    /// The active release's manifest.
    public var manifest: Manifest
    /// Paths in the order of their bytes, compared with the previous release.
    public var changes: SiteChanges
    /// What in the directory is not part of the site.
    public var skipped: [SkippedFile]
    /// What people should know although all went well.
    public var warnings: [ImportWarning]
    /// How many files had to be read; the others were as the last import saw them.
    public var filesRead: Int
    /// What was removed of old releases.
    public var removed: RemovedContent

    /// Whether another release is active than before.
    public var isNew: Bool { release != previous }
}

/// How a release differs from another.
public struct SiteChanges: Sendable, Equatable {
    /// Paths that the earlier release does not have.
    public private(set) var added: [String] = []
    /// Paths with other content.
    public private(set) var changed: [String] = []
    /// Paths that only the earlier release has.
    public private(set) var removed: [String] = []

    /// Whether both have the same files.
    public var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }

    /// What becomes of the files of `old` with `new`.
    public init(from old: Manifest?, to new: Manifest) {
        var rest = (old?.entries ?? [])[...]
        for entry in new.entries {
            while let first = rest.first, first.path.utf8.lexicographicallyPrecedes(entry.path.utf8) {
                removed.append(first.path)
                rest.removeFirst()
            }
            guard let first = rest.first, first.path.utf8.elementsEqual(entry.path.utf8) else {
                added.append(entry.path)
                continue
            }
            if first.object != entry.object { changed.append(entry.path) }
            rest.removeFirst()
        }
        removed += rest.map(\.path)
    }
}
