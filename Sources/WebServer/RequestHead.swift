/// A request method, as far as this server tells them apart (RFC 9110 §9).
enum Method: Equatable, Sendable {
    case get
    case head
    case options
    /// A method of RFC 9110 or RFC 5789 that this server does not allow: 405.
    case notAllowed
    /// Any other token: 501.
    case unknown
}

/// What follows the head of a request (RFC 9112 §6).
enum RequestBody: Equatable, Sendable {
    case none
    /// So many bytes.
    case length(UInt64)
    /// Chunks. They are never read: the connection ends after the response.
    case chunked
}

/// What a request's target is (RFC 9112 §3.2).
enum TargetForm: Equatable, Sendable {
    /// `/path?query`, also when it came as `http://host/path?query`.
    case path
    /// `*`, of OPTIONS.
    case asterisk
    /// `host:port`, of CONNECT.
    case authority
}

/// The head of a request: what of it has a meaning here.
///
/// Ranges are offsets from the first byte of the head, so nothing is copied. They hold for the bytes that were parsed.
struct RequestHead: Equatable, Sendable {
    var method = Method.unknown
    var form = TargetForm.path
    /// The path of the target as it was sent, still percent-encoded; empty for `http://host`, which means `/`.
    var path = 0..<0
    /// The query of the target, with its question mark; empty if it has none.
    var query = 0..<0
    /// The digit after `HTTP/1.`.
    var minorVersion: UInt8 = 1
    /// Whether the connection may stay open after the response.
    var keepAlive = true
    var body = RequestBody.none
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
    /// The value of each such line.
    var ifMatch: [Range<Int>] = []
    /// The value of each such line.
    var ifNoneMatch: [Range<Int>] = []
    var ifRange: Range<Int>?
    /// Nil also when it came more than once.
    var range: Range<Int>?
    /// How many bytes the head is long, with the empty line that ends it.
    var length = 0
}

/// Why a request is refused. The connection ends after the response, for where the next request begins is unknown.
enum Refusal: Equatable, Sendable {
    case badRequest(Fault)
    case requestLineTooLong
    case headTooLong
    case tooManyFields
    case versionNotSupported
    case codingNotImplemented
    case timeout

    /// What is wrong with a request that answers 400.
    enum Fault: String, Sendable {
        case requestLine = "The request line is malformed."
        case target = "The request target is malformed."
        case control = "The head has a control character in it."
        case lineEnd = "A line does not end in CR LF."
        case fieldName = "A field's name is malformed, or is not followed by a colon at once."
        case folded = "A field is continued on a second line."
        case host = "There must be one Host field, with a valid value."
        case contentLength = "Content-Length must be one number, once."
        case transferEncoding = "Transfer-Encoding must end in chunked, once, and has no place in HTTP/1.0."
        case bothLengths = "Content-Length and Transfer-Encoding exclude each other."
        case percent = "The path has a % that no two hexadecimal digits follow, or a NUL."
    }

    var status: Status {
        switch self {
        case .badRequest: .badRequest
        case .requestLineTooLong: .uriTooLong
        case .headTooLong, .tooManyFields: .headTooLarge
        case .versionNotSupported: .versionNotSupported
        case .codingNotImplemented: .notImplemented
        case .timeout: .requestTimeout
        }
    }

    /// A sentence for people.
    var explanation: String {
        switch self {
        case .badRequest(let fault): fault.rawValue
        case .requestLineTooLong: "The request line is longer than this server reads."
        case .headTooLong: "The head of the request is longer than this server reads."
        case .tooManyFields: "The request has more fields than this server reads."
        case .versionNotSupported: "This server speaks HTTP/1.1 and HTTP/1.0."
        case .codingNotImplemented: "The only transfer coding known here is chunked."
        case .timeout: "The request did not arrive in time."
        }
    }
}
