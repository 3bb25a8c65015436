/// Why a manifest is refused.
public struct ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The first line is not that of a manifest.
        case badHeader
        /// It is a manifest of a version that this program does not know.
        case unknownVersion
        /// The text is longer than ``Manifest/maximumEncodedBytes``.
        case tooLarge
        /// There are more than ``Manifest/maximumEntries`` entries.
        case tooManyEntries
        /// The header names another number of entries than there are.
        case wrongCount
        /// The last line does not end, or bytes follow it.
        case badEnd
        /// A line is not a hash, a size and a path with one space between them.
        case badLine
        /// The hash is not 64 lower-case hexadecimal digits.
        case badHash
        /// The size is not a plain decimal number below 2^63.
        case badSize
        /// The path is escaped in another way than the one this format allows.
        case badEscape
        /// The path is not UTF-8.
        case notUTF8
        /// The path is longer than ``Manifest/maximumPathBytes``.
        case pathTooLong
        /// The path starts with a slash.
        case absolutePath
        /// The path is empty, ends with a slash or has two slashes in a row.
        case emptyComponent
        /// A component of the path is `.` or `..`.
        case dotComponent
        /// The path has a NUL byte.
        case nulByte
        /// The path does not come after the one before it.
        case unsorted
        /// The path is the same as the one before it.
        case duplicate
    }

    /// The line, counted from 1. For a manifest made of entries: the line the entry would have.
    public let line: Int
    /// What is wrong there.
    public let reason: Reason

    /// The error `reason` at line `line`.
    public init(line: Int, reason: Reason) {
        self.line = line
        self.reason = reason
    }

    /// The line and what is wrong there, for people.
    public var description: String { "manifest line \(line): \(reason.text)" }
}

extension ManifestError.Reason {
    fileprivate var text: String {
        switch self {
        case .badHeader: "this is not a Bramble manifest"
        case .unknownVersion: "this manifest was made by a newer Bramble; update this node"
        case .tooLarge: "the manifest is larger than \(Manifest.maximumEncodedBytes) bytes"
        case .tooManyEntries: "more than \(Manifest.maximumEntries) files"
        case .wrongCount: "the number of files is not the one in the first line"
        case .badEnd: "the last line is cut off"
        case .badLine: "expected a hash, a size and a path"
        case .badHash: "the hash is not 64 lower-case hexadecimal digits"
        case .badSize: "the size is not a decimal number"
        case .badEscape: "the path is escaped in a way this format does not allow"
        case .notUTF8: "the path is not UTF-8"
        case .pathTooLong: "the path is longer than \(Manifest.maximumPathBytes) bytes"
        case .absolutePath: "the path starts with a slash"
        case .emptyComponent: "the path has an empty component"
        case .dotComponent: "the path has a component . or .."
        case .nulByte: "the path has a NUL byte"
        case .unsorted: "the paths are not in order"
        case .duplicate: "the path is there twice"
        }
    }
}
