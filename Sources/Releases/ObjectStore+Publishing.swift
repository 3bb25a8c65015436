internal import Synchronization

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
