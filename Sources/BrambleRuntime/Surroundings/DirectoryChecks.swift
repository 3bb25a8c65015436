internal import Glibc
internal import LinuxPlatform

/// What must be on disk.
enum DirectoryChecks {
    /// The site's directory: there, readable, with a first page.
    ///
    /// `readingError` tries to read: 0, or the error number.
    static func site(_ path: String, readingError: (String) -> Int32 = readingError) -> Finding {
        let code = readingError(path)
        guard code == 0 else { return unreadable(path, of: path, code) }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return unreadable(path, of: path, ENOTDIR)
        }
        if DirectoryNames.list(path).isEmpty {
            return .problem("site", "\(path) is empty", unaffected: withoutSite, advice: "Put the site's files there.")
        }
        let index = "\(path)/index.html"
        switch readingError(index) {
        case 0:
            if let (file, code) = firstUnreadable(in: path, readingError) { return unreadable(file, of: path, code) }
            return .good("site", path)
        case ENOENT:
            return .warning(
                "site", "\(path) has no index.html", unaffected: "every other page",
                advice: "Add one, or people who open the address see \"not found\".")
        case let code: return unreadable(index, of: path, code)
        }
    }

    /// The first file or directory below a directory that cannot be read: a release is made of all or none. Links are no
    /// part of a site.
    private static func firstUnreadable(
        in directory: String, _ readingError: (String) -> Int32
    ) -> (file: String, code: Int32)? {
        for name in DirectoryNames.list(directory).sorted() {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG || kind == S_IFDIR else { continue }
            let code = readingError(path)
            // A running daemon has just replaced it.
            if code == ENOENT { continue }
            if code != 0 { return (path, code) }
            if kind == S_IFDIR, let found = firstUnreadable(in: path, readingError) { return found }
        }
        return nil
    }

    private static let withoutSite = "the node joins the cluster, but does not serve a page and does not lead"

    private static func unreadable(_ file: String, of site: String, _ code: Int32) -> Finding {
        let advice =
            code == EACCES
            ? "Allow the service's user to read it: chmod -R a+rX \(site)."
            : "Put the site's files there, or set [site] directory."
        return .problem("site", "\(file): \(reason(code))", unaffected: withoutSite, advice: advice)
    }

    /// What opening a file or directory for reading comes to: 0, or the error number.
    static func readingError(_ path: String) -> Int32 {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { return errno }
        close(number)
        return 0
    }

    /// The data directory: there or to be made, writable, with room for a few releases.
    ///
    /// `owner` is who is to have what is in it.
    static func data(_ path: String, owner: String = "root", free: (String) -> UInt64? = freeBytes) -> Finding {
        var existing = path
        while access(existing, F_OK) != 0, errno == ENOENT, existing != "/" { existing = parent(of: existing) }
        var status = stat()
        let isDirectory = stat(existing, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        guard isDirectory else {
            return .problem(
                "data", "\(existing) is no directory", unaffected: "nothing, the daemon does not start",
                advice: "Move it away, or set [node] data.")
        }
        guard faccessat(AT_FDCWD, existing, W_OK | X_OK, AT_EACCESS) == 0 else {
            return .problem(
                "data", "\(existing) cannot be written: \(reason(errno))",
                unaffected: "nothing, the daemon needs a place for its identity",
                advice:
                    "Run this as the service's user or with sudo; if it stays, check owner and mount of \(existing).")
        }
        if existing == path, let (file, code) = firstUnreadable(in: path, readingError) {
            return .problem(
                "data", "\(file): \(reason(code))", unaffected: "nothing, the daemon may not start",
                advice: "sudo chown -R \(owner) \(path)")
        }
        return space(in: existing, for: path, free: free)
    }

    private static func space(in existing: String, for path: String, free: (String) -> UInt64?) -> Finding {
        guard let bytes = free(existing) else { return .good("data", path) }
        let size = PlainNumbers.size(bytes)
        if bytes < 10_000_000 {
            return .problem(
                "data", "\(path) has only \(size) free", unaffected: "the release that is served stays",
                advice: "Make room: without it no new release is taken, and a restart may fail.")
        }
        if bytes < 200_000_000 {
            return .warning(
                "data", "\(path) has only \(size) free", unaffected: "everything works for now",
                advice: "Make room before the next large release.")
        }
        return .good("data", "\(path), \(size) free" + (existing == path ? "" : " (made at the first start)"))
    }

    /// What an ordinary user may still write there, in bytes; nil if the system does not say.
    static func freeBytes(_ path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func reason(_ code: Int32) -> String { SystemError(call: "", code: code).reason }
}
