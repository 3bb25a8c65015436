internal import NIOCore

/// The status codes this server answers with (RFC 9110 §15).
enum Status: UInt16, Sendable {
    case ok = 200
    case noContent = 204
    case partialContent = 206
    case movedPermanently = 301
    case notModified = 304
    case badRequest = 400
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case preconditionFailed = 412
    case uriTooLong = 414
    case rangeNotSatisfiable = 416
    case headTooLarge = 431
    case internalError = 500
    case notImplemented = 501
    case unavailable = 503
    case versionNotSupported = 505

    /// The reason phrase.
    var phrase: StaticString {
        switch self {
        case .ok: "OK"
        case .noContent: "No Content"
        case .partialContent: "Partial Content"
        case .movedPermanently: "Moved Permanently"
        case .notModified: "Not Modified"
        case .badRequest: "Bad Request"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .requestTimeout: "Request Timeout"
        case .preconditionFailed: "Precondition Failed"
        case .uriTooLong: "URI Too Long"
        case .rangeNotSatisfiable: "Range Not Satisfiable"
        case .headTooLarge: "Request Header Fields Too Large"
        case .internalError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .unavailable: "Service Unavailable"
        case .versionNotSupported: "HTTP Version Not Supported"
        }
    }
}

/// The head of a response as bytes: the status line and the fields, each with its CR LF.
///
/// What differs from response to response (Date, X-Served-By, Connection, and the empty line) is not in it: the
/// connection appends that. So the head of a file is made once and sent for ever.
struct ResponseHead: Sendable {
    let status: Status
    private(set) var bytes: ByteBuffer

    init(_ status: Status) {
        self.status = status
        bytes = ByteBuffer()
        bytes.reserveCapacity(256)
        bytes.writeString("HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n")
    }

    /// Adds a field. `value` must be a valid one: no control characters.
    mutating func add(_ name: StaticString, _ value: String) {
        bytes.writeStaticString(name)
        bytes.writeStaticString(": ")
        bytes.writeString(value)
        bytes.writeStaticString("\r\n")
    }

    /// Adds whole lines.
    mutating func add(lines: ByteBuffer) { bytes.writeImmutableBuffer(lines) }
}

/// A response, ready to be sent.
struct Response {
    enum Body {
        case none
        case memory(ByteBuffer)
        /// This part of an open file.
        case file(OpenFile, Range<Int>)
    }

    var head: ResponseHead
    var body: Body

    init(_ head: ResponseHead, _ body: Body = .none) {
        self.head = head
        self.body = body
    }

    /// The size of the body in bytes.
    var bodySize: Int {
        switch body {
        case .none: 0
        case .memory(let buffer): buffer.readableBytes
        case .file(_, let range): range.count
        }
    }

    /// The same without a body: what HEAD gets.
    var withoutBody: Response { Response(head) }
}

/// A file that is open while parts of it are sent.
final class OpenFile: Sendable {
    private let handle: NIOFileHandle

    /// Takes the descriptor over.
    init(descriptor: Int32) { handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor) }

    deinit { try? handle.close() }

    /// This part of the file, for `sendfile`. It must not outlive the file.
    func region(_ range: Range<Int>) -> FileRegion {
        FileRegion(fileHandle: handle, readerIndex: range.lowerBound, endIndex: range.upperBound)
    }
}
