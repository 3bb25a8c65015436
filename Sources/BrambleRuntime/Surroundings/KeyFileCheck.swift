internal import Glibc
internal import LinuxPlatform

/// Who can read the file that holds the cluster's key.
enum KeyFileCheck {
    /// The boot partition is FAT, which knows no owners: there is nothing to change.
    private static let fat = "/boot/"

    /// A problem where the one who looks, who is the service, cannot read it; `owner` is to have it.
    static func unreadable(_ path: String?, owner: String) -> [Finding] {
        guard let path, case let code = DirectoryChecks.readingError(path), code != 0 else { return [] }
        return [
            .problem(
                "configuration", "\(path): \(SystemError(call: "", code: code).reason) for the service",
                unaffected: "a running daemon, which keeps its last good configuration",
                advice: "sudo chown \(owner) \(path)")
        ]
    }

    /// A warning where everybody on this machine can read the key; nil where not, or where there is no file.
    static func finding(_ path: String?) -> Finding? {
        var status = stat()
        guard let path, !path.hasPrefix(fat), stat(path, &status) == 0, status.st_mode & S_IROTH != 0 else {
            return nil
        }
        return .warning(
            "cluster key", "everybody on this machine can read it in \(path)",
            unaffected: "the cluster, as long as nobody does",
            advice: "sudo chmod o= \(path). Whoever has the key is in the cluster.")
    }
}
