internal import Glibc
internal import LinuxPlatform

/// What must be on disk.
enum DirectoryChecks {
    /// The site's directory: there, readable, with a first page.
    static func site(_ path: String) -> Finding {
        let unaffected = "the node joins the cluster, but does not serve a page and does not lead"
        guard let stream = opendir(path) else {
            let code = errno
            let advice =
                code == EACCES
                ? "Allow the service's user to read it: chmod a+rX \(path)."
                : "Put the site's files there, or set [site] directory."
            return .problem("site", "\(path): \(reason(code))", unaffected: unaffected, advice: advice)
        }
        defer { closedir(stream) }
        var isEmpty = true
        while let entry = readdir(stream) { isEmpty = isEmpty && entry.pointee.d_name.0 == CChar(UInt8(ascii: ".")) }
        if isEmpty {
            return .problem("site", "\(path) is empty", unaffected: unaffected, advice: "Put the site's files there.")
        }
        let index = "\(path)/index.html"
        guard access(index, F_OK) == 0 else {
            return .warning(
                "site", "\(path) has no index.html", unaffected: "every other page is served",
                advice: "Add one, or people who open the address see \"not found\".")
        }
        guard access(index, R_OK) == 0 else {
            return .problem(
                "site", "\(index): \(reason(errno))", unaffected: unaffected,
                advice: "Allow the service's user to read it: chmod -R a+rX \(path).")
        }
        return .good("site", path)
    }

    /// The data directory: there or to be made, writable, with room for a few releases.
    static func data(_ path: String, free: (String) -> UInt64? = freeBytes) -> Finding {
        var existing = path
        while access(existing, F_OK) != 0, errno == ENOENT, existing != "/" { existing = parent(of: existing) }
        var status = stat()
        let isDirectory = stat(existing, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        guard isDirectory else {
            return .problem(
                "data", "\(existing) is no directory", unaffected: "nothing, the daemon does not start",
                advice: "Move it away, or set [node] data.")
        }
        guard access(existing, W_OK | X_OK) == 0 else {
            return .problem(
                "data", "\(existing) cannot be written: \(reason(errno))",
                unaffected: "nothing, the daemon needs a place for its identity",
                advice:
                    "Run this as the service's user or with sudo; if it stays, check owner and mount of \(existing).")
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
