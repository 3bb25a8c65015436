internal import Glibc

/// A file of the node's own that the user who asks may not read.
struct ForbiddenFile: Error, CustomStringConvertible {
    private let what: String

    /// What this refusal is; nil if it is another.
    init?(_ error: NodeFilesError) {
        guard case .system(let what, let code) = error, code == EACCES || code == EPERM else { return nil }
        self.what = what
    }

    var description: String { "this user may not \(what): it holds secrets of the cluster. \(Self.remedy)" }

    /// What to do.
    static let remedy = "Use sudo, or be the user that the service runs as."
}
