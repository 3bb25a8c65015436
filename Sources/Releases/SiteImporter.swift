internal import Glibc
internal import Synchronization

/// Makes a release of a directory.
///
/// Regular files only, found without following a link at any point, so nothing outside of the directory can get into
/// the site. Hidden files, links and special files are skipped and reported; a file that can't be read stops the
/// import, for a site without it would be incomplete.
public enum SiteImporter {
    /// Puts the files below `directory` into the store. The manifest is given back, not kept.
    ///
    /// `directory` itself may be a link. Files that have not changed since the last import are not read again.
    public static func importSite(at directory: String, into store: ObjectStore) throws(ImportError) -> ImportedSite {
        try store.directory.releases.withLock { _ throws(ImportError) in
            try importLocked(at: directory, into: store, now: wallClock())
        }
    }

    /// The import itself, for a caller that holds the store's lock. `now` is the wall clock's time in nanoseconds.
    static func importLocked(
        at directory: String, into store: ObjectStore, now: Int64
    ) throws(ImportError) -> ImportedSite {
        let root = try open(directory)
        let cache = ImportCache(from: store)
        var walk = SiteWalk(store: store, cache: cache, site: directory, now: now)
        do throws(ImportError) {
            try walk.visit(root, at: "")
            try walk.finish()
        } catch {
            walk.abandon()
            throw error
        }
        guard !walk.entries.isEmpty else { throw .empty(directory: directory, skipped: walk.skipped.count) }
        var site = ImportedSite(
            manifest: try manifest(of: walk.entries), skipped: walk.skipped, warnings: [], filesRead: walk.filesRead)
        if !site.manifest.entries.contains(where: { $0.path == "index.html" }) {
            site.warnings.append(.noIndexPage(directory: directory))
        }
        if walk.seen != cache {
            do throws(StoreError) { try walk.seen.save(to: store) } catch { site.warnings.append(.cacheNotKept(error)) }
        }
        return site
    }

    private static func open(_ directory: String) throws(ImportError) -> Descriptor {
        let root = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if root >= 0 { return Descriptor(root) }
        switch errno {
        case ENOENT: throw .missing(directory: directory)
        case ENOTDIR: throw .notADirectory(path: directory)
        case let code: throw .unreadable(file: directory, code: code)
        }
    }

    private static func manifest(of entries: [Manifest.Entry]) throws(ImportError) -> Manifest {
        do { return try Manifest(entries: entries) } catch { throw .manifest(error) }
    }

    static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileStamp.nanoseconds(time)
    }
}
