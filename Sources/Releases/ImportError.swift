/// Why a directory did not become a release. The store and the active release are as they were.
public enum ImportError: Error, Equatable, Sendable {
    /// There is no such directory.
    case missing(directory: String)
    /// The path is that of a file.
    case notADirectory(path: String)
    /// The directory has no file that can be served; so many things in it were skipped.
    case empty(directory: String, skipped: Int)
    /// A file or directory of the site can't be read; `code` is the number of the system's error.
    case unreadable(file: String, code: Int32)
    /// A file kept changing while it was read.
    case changing(file: String)
    /// A file's path is longer than ``Manifest/maximumPathBytes``.
    case pathTooLong(file: String)
    /// There are more than ``Manifest/maximumEntries`` files.
    case tooManyFiles(directory: String)
    /// The site has no valid manifest.
    case manifest(ManifestError)
    /// The store could not take it.
    case store(StoreError)
}

extension ImportError: CustomStringConvertible {
    /// What happened, what is unaffected and what to do, for people.
    public var description: String {
        if case .store(let error) = self { return error.description }
        return "\(what). Nothing was changed: the active release, if there is one, is still served. \(remedy)"
    }

    private var what: String {
        switch self {
        case .missing(let directory): "the site's directory \(directory) does not exist"
        case .notADirectory(let path): "\(path) is not a directory"
        case .empty(let directory, 0): "the site's directory \(directory) is empty"
        case .empty(let directory, let skipped):
            "the site's directory \(directory) has no file to serve (\(skipped) skipped: "
                + "hidden files, links and special files are never served)"
        case .unreadable(let file, let code): "\(file) can't be read: \(systemText(code))"
        case .changing(let file): "\(file) kept changing while it was read"
        case .pathTooLong(let file): "the path \(file) is longer than \(Manifest.maximumPathBytes) bytes"
        case .tooManyFiles(let directory): "\(directory) has more than \(Manifest.maximumEntries) files"
        case .manifest(let error): "\(error)"
        case .store(let error): "\(error)"
        }
    }

    private var remedy: String {
        switch self {
        case .missing(let directory):
            "Make it and put your site into it, with an index.html at its top (mkdir -p \(directory)), "
                + "or name another one as directory in [site] of bramble.toml."
        case .notADirectory: "Name the directory your site is in as directory in [site] of bramble.toml."
        case .empty: "Put your site into it, with an index.html at its top."
        case .unreadable: "Let the user that runs bramble read it (chmod a+rX), or take it out of the site."
        case .changing: "Publish again when nothing writes to it; keep files that always change out of the site."
        case .pathTooLong: "Give it a shorter name or fewer folders."
        case .tooManyFiles: "Publish a part of it, or pack what people download anyway."
        case .manifest, .store: "Rename the file it speaks of."
        }
    }
}
