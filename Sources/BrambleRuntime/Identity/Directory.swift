internal import Glibc
internal import LinuxPlatform

/// Directories of the daemon's own.
enum Directory {
    /// Makes a directory and those above it that are missing; one that is there stays as it is.
    static func make(_ path: String, mode: mode_t = 0o750) throws(SystemError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, mode) != 0, errno != EEXIST {
                throw SystemError(call: "make the directory \(made)", code: errno)
            }
        }
    }
}
