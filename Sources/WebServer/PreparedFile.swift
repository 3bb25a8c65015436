internal import NIOCore
internal import Releases

/// A file of the site with all that its responses have in common, made once when the release becomes active.
final class PreparedFile: Sendable {
    let object: ObjectID
    let size: UInt64
    let etag: [UInt8]
    /// Content-Type, ETag, Cache-Control and Accept-Ranges.
    private let fields: ByteBuffer
    private let contentType: String
    /// The head of the whole file, and of 304.
    let head: ResponseHead
    let notModified: ResponseHead
    /// The content, if it is kept in memory.
    let content: ByteBuffer?

    /// A stale page costs more than a short question: each use is revalidated, which the entity tag makes cheap.
    private static let cacheControl = "no-cache"

    init(_ file: SiteFile, content: ByteBuffer?) {
        object = file.object
        size = file.size
        etag = Array(file.etag.utf8)
        contentType = file.mediaType
        self.content = content
        fields = Self.lines([
            ("Content-Type", file.mediaType), ("ETag", file.etag), ("Cache-Control", Self.cacheControl),
            ("Accept-Ranges", "bytes"),
        ])
        var head = ResponseHead(.ok)
        head.add("Content-Length", String(file.size))
        head.add(lines: fields)
        self.head = head
        var notModified = ResponseHead(.notModified)
        notModified.add(lines: Self.lines([("ETag", file.etag), ("Cache-Control", Self.cacheControl)]))
        self.notModified = notModified
    }

    /// The head of a part of the file (RFC 9110 §15.3.7).
    func partialHead(_ range: Range<UInt64>) -> ResponseHead {
        var head = ResponseHead(.partialContent)
        head.add("Content-Length", String(range.count))
        head.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
        head.add(lines: fields)
        return head
    }

    /// The head of the file as the page of another status: not cached, and without ranges.
    func pageHead(_ status: Status) -> ResponseHead {
        var head = ResponseHead(status)
        head.add("Content-Length", String(size))
        head.add("Content-Type", contentType)
        head.add("Cache-Control", Self.cacheControl)
        return head
    }

    private static func lines(_ fields: [(StaticString, String)]) -> ByteBuffer {
        var lines = ByteBuffer()
        for (name, value) in fields {
            lines.writeStaticString(name)
            lines.writeString(": \(value)\r\n")
        }
        return lines
    }
}
