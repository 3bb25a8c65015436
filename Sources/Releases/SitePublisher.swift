internal import Synchronization

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

extension ObjectStore {
    /// Makes a release of a directory, makes it the active one, and removes releases older than the last few.
    ///
    /// A crash at any instant leaves the old or the new release active, whole. An unchanged directory costs a look at
    /// each file and writes nothing.
    public func importAndActivate(
        _ site: String, keepingPrevious kept: Int = 3
    ) throws(ImportError) -> Publication {
        try directory.releases.withLock { _ throws(ImportError) in
            let imported = try SiteImporter.importLocked(at: site, into: self, now: SiteImporter.wallClock())
            do throws(StoreError) { return try activate(imported, keepingPrevious: kept) } catch { throw .store(error) }
        }
    }

    private func activate(_ imported: ImportedSite, keepingPrevious kept: Int) throws(StoreError) -> Publication {
        let previous = try intactHistory().first
        let before = previous.flatMap { try? manifest($0) }
        let release = try keep(imported.manifest)
        try activate(release)
        var publication = Publication(
            release: release, previous: previous, manifest: imported.manifest,
            changes: SiteChanges(from: before, to: imported.manifest), skipped: imported.skipped,
            warnings: imported.warnings, filesRead: imported.filesRead, removed: RemovedContent())
        do throws(StoreError) {
            let wanted = try history.prefix(max(0, kept) + 1).filter(isIntact)
            publication.removed = try removeUnreferencedLocked(keeping: Array(wanted))
        } catch {
            publication.warnings.append(.oldReleasesNotRemoved(error))
        }
        return publication
    }

    /// Whether a release can be activated again. One whose manifest is damaged or gone never can.
    private func isIntact(_ id: ReleaseID) -> Bool {
        do throws(StoreError) { _ = try manifest(id) } catch {
            if case .releaseDamaged = error { return false }
        }
        return true
    }
}
