/// A file of the site, as the web server needs it.
public struct SiteFile: Sendable, Equatable {
    /// The path relative to the root of the site: `css/site.css`.
    public let path: String
    /// The name of the content in the store.
    public let object: ObjectID
    /// The size of the content in bytes.
    public let size: UInt64
    /// The value for `Content-Type`.
    public let mediaType: String
    /// The strong entity tag with its quotes (RFC 9110 §8.8.3): the first 16 bytes of the content's hash in hexadecimal.
    /// It is the same on each node and changes only with the content.
    public let etag: String

    /// The file of this entry.
    public init(_ entry: Manifest.Entry) {
        path = entry.path
        object = entry.object
        size = entry.size
        mediaType = MediaTypes.type(of: entry.path)
        etag = "\"" + String(decoding: entry.object.digest.hexadecimal.prefix(32), as: UTF8.self) + "\""
    }
}

/// What a release answers to each request path.
///
/// All answers are worked out beforehand, so a request costs one look into a dictionary. No path is joined to a
/// directory: what is not a key is not there, and `..`, doubled slashes or NUL bytes are never part of a key.
public struct SiteIndex: Sendable {
    /// What is at a request path.
    public enum Resolution: Sendable, Equatable {
        /// This file.
        case file(SiteFile)
        /// Another path. It is percent-encoded, ready for `Location`; the query of the request is not in it.
        case redirect(to: String)
        /// Nothing; the body is the nearest `404.html` up the tree, if there is one.
        case notFound(SiteFile?)
    }

    private var answers: [RequestPath: Resolution] = [:]
    /// By directory, as `/` or `/blog/`.
    private var notFoundPages: [RequestPath: SiteFile] = [:]
    /// The length in bytes of the longest directory in `notFoundPages`: no longer prefix is worth a look.
    private var longestNotFoundDirectory = 0

    /// The answers of this release.
    public init(_ manifest: Manifest) {
        let files = manifest.entries.map(SiteFile.init)
        answers.reserveCapacity(files.count * 2)
        for file in files { answers[RequestPath("/" + file.path)] = .file(file) }
        for file in files { addIndex(file) }
        // Clean URLs come after all files and directories, for those win.
        for file in files { addCleanURL(file) }
        for file in files { addRedirect(toDirectoryOf: file) }
    }

    /// What is at `path`, which is absolute, percent-decoded and without a query.
    public func resolve(_ path: String) -> Resolution {
        answers[RequestPath(path)] ?? .notFound(nearestNotFoundPage(to: path))
    }

    /// How many request paths have an answer of their own.
    public var count: Int { answers.count }
}

extension SiteIndex {
    private mutating func addIndex(_ file: SiteFile) {
        if let directory = directory(of: file, named: "index.html") {
            answers[RequestPath(directory)] = .file(file)
        }
        if let directory = directory(of: file, named: "404.html") {
            notFoundPages[RequestPath(directory)] = file
            longestNotFoundDirectory = max(longestNotFoundDirectory, directory.utf8.count)
        }
    }

    /// `x.html` is also at `/x`; and at `/x/` is then a redirect to it.
    private mutating func addCleanURL(_ file: SiteFile) {
        guard file.path.utf8.suffix(5).elementsEqual(".html".utf8) else { return }
        let path = "/" + String(file.path.unicodeScalars.dropLast(5))
        guard path.utf8.last != UInt8(ascii: "/"), answers[RequestPath(path)] == nil else { return }
        answers[RequestPath(path)] = .file(file)
        if answers[RequestPath(path + "/")] == nil {
            answers[RequestPath(path + "/")] = .redirect(to: Self.percentEncoded(path))
        }
    }

    /// `/dir` leads to `/dir/`, where `dir/index.html` is: its relative links would be wrong at `/dir`.
    private mutating func addRedirect(toDirectoryOf file: SiteFile) {
        guard let directory = directory(of: file, named: "index.html"), directory.utf8.count > 1 else { return }
        let path = RequestPath(String(directory.unicodeScalars.dropLast()))
        if answers[path] == nil { answers[path] = .redirect(to: Self.percentEncoded(directory)) }
    }

    /// The directory of `file`, from slash to slash, if the last component of its path is `name`.
    private func directory(of file: SiteFile, named name: String) -> String? {
        let path = "/" + file.path
        guard path.utf8.suffix(name.utf8.count + 1).elementsEqual("/\(name)".utf8) else { return nil }
        return String(path.unicodeScalars.dropLast(name.unicodeScalars.count))
    }

    private func nearestNotFoundPage(to path: String) -> SiteFile? {
        guard !notFoundPages.isEmpty else { return nil }
        var prefix = path.utf8.prefix(longestNotFoundDirectory)
        while let slash = prefix.lastIndex(of: UInt8(ascii: "/")) {
            let directory = String(decoding: prefix[...slash], as: UTF8.self)
            if let page = notFoundPages[RequestPath(directory)] { return page }
            prefix = prefix[..<slash]
        }
        return nil
    }

    /// RFC 3986 §2.3 and §3.3: unreserved characters and slashes stay. A backslash does not: browsers read it as a slash.
    static func percentEncoded(_ path: String) -> String {
        var encoded: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(contentsOf: [byte >> 4, byte & 0xF].map { $0 < 10 ? $0 + 0x30 : $0 + 0x37 })
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

/// A path that is compared by its bytes. A String alone would take é for e + accent, and would pay for it.
private struct RequestPath: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: RequestPath, right: RequestPath) -> Bool {
        left.withBytes { left in right.withBytes { right in left.elementsEqual(right) } }
    }

    func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The bytes where they are. A string of Swift's own, and Linux has no other, always has them in one piece.
    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        text.utf8.withContiguousStorageIfAvailable(body) ?? Array(text.utf8).withUnsafeBufferPointer(body)
    }
}
