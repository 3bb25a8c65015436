internal import Glibc
internal import LinuxPlatform

/// Whether the user's hooks could be run.
enum HookChecks {
    /// A finding for each hook that is configured.
    static func hooks(_ hooks: Configuration.Hooks) -> [Finding] {
        HookCall.Kind.allCases.compactMap { kind in
            kind.command(in: hooks).first.map { program($0, subject: "hook \(kind.key)") }
        }
    }

    private static let unaffected = "the floating address moves all the same"

    /// Whether a program is there, can be executed, and cannot be changed by everyone.
    static func program(_ path: String, subject: String) -> Finding {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .problem(
                subject, "\(path): \(SystemError(call: "", code: errno).reason)", unaffected: unaffected,
                advice: "Put the program there, or correct the path in [hooks].")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .problem(
                subject, "\(path) is no file", unaffected: unaffected, advice: "Name a program in [hooks].")
        }
        guard status.st_mode & 0o111 != 0, faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 else {
            return .problem(
                subject, "\(path) cannot be executed", unaffected: unaffected, advice: "chmod a+x \(path).")
        }
        if let place = changeableByEveryone(path, status.st_mode) {
            return .problem(
                subject, "everyone on this machine may change \(place), and what it then does is done as root",
                unaffected: unaffected, advice: "chmod o-w \(place).")
        }
        return .good(subject, path)
    }

    /// The file, or the directory above it, that everyone may write to; a sticky directory keeps a file from others.
    private static func changeableByEveryone(_ path: String, _ mode: mode_t) -> String? {
        if mode & S_IWOTH != 0 { return path }
        var place = path
        while let slash = place.lastIndex(of: "/") {
            place = slash == place.startIndex ? "/" : String(place[..<slash])
            var status = stat()
            if stat(place, &status) == 0, status.st_mode & S_IWOTH != 0, status.st_mode & S_ISVTX == 0 {
                return place
            }
            if place == "/" { return nil }
        }
        return nil
    }
}
