internal import Glibc

/// Why the store could not do something. Whatever it was, what the store held before it still holds, whole.
///
/// The texts say what happened, what is unaffected and what to do.
public enum StoreError: Error, Equatable, Sendable {
    /// The disk or its quota is full. `path` is what was to be written.
    case noSpace(path: String)
    /// The file system is mounted read-only, which Linux also does by itself after errors of the disk.
    case readOnly(path: String)
    /// The file may not be read or written by this user.
    case notPermitted(path: String)
    /// The disk failed to read or write.
    case diskFailing(path: String)
    /// The file is larger than the file system or a limit of the process allows.
    case tooLarge(path: String)
    /// The store has no object of this name.
    case objectMissing(ObjectID)
    /// The object's bytes are not those that its name stands for.
    case objectDamaged(ObjectID)
    /// The store has no release of this name.
    case releaseMissing(ReleaseID)
    /// The release's manifest is not the one that its name stands for.
    case releaseDamaged(ReleaseID)
    /// A file of the store has content that the store never wrote.
    case fileDamaged(path: String)
    /// The directory was made by a newer version of Bramble.
    case unknownFormat(path: String)
    /// What was to be put into the store could not be read; `code` is the number of the system's error.
    case sourceUnreadable(code: Int32)
    /// Another error of the system: what was tried, on which file, and the number of the error.
    case system(operation: String, path: String, code: Int32)

    /// The error for a failed call of the system.
    init(_ operation: String, _ path: String, code: Int32) {
        self =
            switch code {
            case ENOSPC, EDQUOT: .noSpace(path: path)
            case EROFS: .readOnly(path: path)
            case EACCES, EPERM: .notPermitted(path: path)
            case EIO, EUCLEAN, ENODEV, ENXIO: .diskFailing(path: path)
            case EFBIG: .tooLarge(path: path)
            default: .system(operation: operation, path: path, code: code)
            }
    }
}

extension StoreError: CustomStringConvertible {
    /// What happened, what is unaffected and what to do, for people.
    public var description: String { "\(what). \(unaffected) \(remedy)" }

    private var what: String {
        switch self {
        case .noSpace(let path): "no space is left on the disk to write \(path)"
        case .readOnly(let path): "the file system of \(path) is read-only"
        case .notPermitted(let path): "permission denied for \(path)"
        case .diskFailing(let path): "the disk failed to read or write \(path)"
        case .tooLarge(let path): "\(path) is larger than the file system allows"
        case .objectMissing(let id): "object \(id) is not in the store"
        case .objectDamaged(let id): "object \(id) is damaged on the disk"
        case .releaseMissing(let id): "release \(id.short) is not in the store"
        case .releaseDamaged(let id): "the manifest of release \(id.short) is damaged on the disk"
        case .fileDamaged(let path): "\(path) is damaged"
        case .unknownFormat(let path): "\(path) is a store of a newer version of Bramble"
        case .sourceUnreadable(let code): "the file to store could not be read: \(systemText(code))"
        case .system(let operation, let path, let code): "could not \(operation) \(path): \(systemText(code))"
        }
    }

    private var unaffected: String {
        switch self {
        case .objectMissing, .objectDamaged: "All other files are still served."
        case .unknownFormat: "Nothing in it was changed."
        default: "Nothing was changed: the active release is still served."
        }
    }

    private var remedy: String {
        switch self {
        case .noSpace: "Free some space or use a larger card, then publish again."
        case .readOnly: "Mount it read-write; if it was, the card is failing: look at `dmesg` and replace it."
        case .notPermitted: "Give the user that runs bramble read and write access to it."
        case .diskFailing: "Look at `dmesg`; replace the card soon."
        case .tooLarge: "Use a file system such as ext4, or leave the file out."
        case .objectMissing, .objectDamaged, .releaseMissing, .releaseDamaged, .fileDamaged:
            "Publish the site again, which restores it; if it comes back, replace the card."
        case .unknownFormat: "Update Bramble on this node."
        case .sourceUnreadable: "Check that it can be read, then publish again."
        case .system: "Look at `dmesg` and at the node's log, then publish again."
        }
    }
}

/// The system's words for the error of this number.
func systemText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
