/// What became of a directory.
public struct ImportedSite: Sendable, Equatable {
    /// The files of the site; their objects are in the store. The manifest itself is not kept yet.
    public var manifest: Manifest
    /// What was left out, in the order of the paths.
    public var skipped: [SkippedFile]
    /// What people should know although the import succeeded.
    public var warnings: [ImportWarning]
    /// How many files had to be read; the others were as the last import saw them.
    public var filesRead: Int
}

/// Something in the site's directory that is not part of the site.
public struct SkippedFile: Sendable, Equatable, CustomStringConvertible {
    /// Why it was left out.
    public enum Reason: String, Sendable {
        /// Its name starts with a dot and is not `.well-known`: `.git`, `.env`, `.DS_Store`.
        case hidden = "hidden"
        /// It is a symbolic link, which may lead out of the site.
        case symbolicLink = "a symbolic link"
        /// It is a socket, a pipe or a device.
        case special = "not a regular file"
        /// Its name is not UTF-8, so no URL leads to it.
        case nameNotUTF8 = "its name is not UTF-8"
        /// It is `lost+found`, which belongs to the file system.
        case fileSystem = "it belongs to the file system"
    }

    /// The path relative to the site's directory; bytes that are not UTF-8 are shown as �.
    public let path: String
    /// Why it was left out.
    public let reason: Reason

    /// The path and the reason, for people.
    public var description: String { "\(path): skipped, \(reason.rawValue)" }
}

/// Something people should know although an import succeeded.
public enum ImportWarning: Sendable, Equatable, CustomStringConvertible {
    /// The top of the site has no `index.html`, so `/` answers 404.
    case noIndexPage(directory: String)
    /// What the files were like could not be noted: the next import reads all of them again.
    case cacheNotKept(StoreError)
    /// Old releases could not be removed, so they still take up space.
    case oldReleasesNotRemoved(StoreError)

    /// What happened and what follows from it, for people.
    public var description: String {
        switch self {
        case .noIndexPage(let directory):
            "\(directory) has no index.html at its top: the address of the site itself answers 404. Add one."
        case .cacheNotKept(let error): "the next start will take longer: \(error)"
        case .oldReleasesNotRemoved(let error): "old releases still take up space: \(error)"
        }
    }
}
