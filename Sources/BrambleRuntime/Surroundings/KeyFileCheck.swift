internal import Glibc

/// Who can read the file that holds the cluster's key.
enum KeyFileCheck {
    /// The boot partition is FAT, which knows no owners: there is nothing to change.
    private static let fat = "/boot/"

    /// A warning where everybody on this machine can read the key; nil where not, or where there is no file.
    static func finding(_ path: String?) -> Finding? {
        var status = stat()
        guard let path, !path.hasPrefix(fat), stat(path, &status) == 0, status.st_mode & S_IROTH != 0 else {
            return nil
        }
        return .warning(
            "cluster key", "everybody on this machine can read it in \(path)",
            unaffected: "the cluster, as long as nobody does",
            advice: "chmod 600 \(path). Whoever has the key is in the cluster.")
    }
}
