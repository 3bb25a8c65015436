internal import Logging
internal import NIOCore
internal import Releases

/// Answers requests: the whole of what the server says, without how it is sent.
struct Responder: Sendable {
    let site: ServedSite
    let endpoints: StatusEndpoints
    let logger: Logger

    private static let allowed = "GET, HEAD, OPTIONS"
    private var node: String { endpoints.node.nodeName }

    /// The response to a request, whose head is at the beginning of `bytes`.
    func respond(to head: RequestHead, in bytes: Span<UInt8>) -> Response {
        let response = answer(head, in: bytes)
        return head.method == .head ? response.withoutBody : response
    }

    /// The response to what is no valid request.
    func respond(to refusal: Refusal) -> Response {
        BuiltInPages.response(refusal.status, refusal.explanation, node: node)
    }

    private func answer(_ head: RequestHead, in bytes: Span<UInt8>) -> Response {
        if head.method == .unknown {
            return BuiltInPages.response(.notImplemented, "This server does not know the method.", node: node)
        }
        guard head.form == .path else { return head.method == .options ? options : methodNotAllowed }
        switch DecodedPath(head.path, of: bytes) {
        case .malformed: return respond(to: .badRequest(.percent))
        case .namesNothing: return head.method == .get || head.method == .head ? notFound : answerMethod(head)
        case .path(let path): return answer(head, in: bytes, at: path)
        }
    }

    private func answer(_ head: RequestHead, in bytes: Span<UInt8>, at path: String) -> Response {
        let isRead = head.method == .get || head.method == .head
        if StatusEndpoints.contains(path) {
            return isRead ? endpoints.respond(to: path) : endpoints.methodNotAllowed
        }
        guard isRead else { return answerMethod(head) }
        switch site.current {
        case .unavailable(let reason): return unavailable(reason)
        case .active(let content): return answer(head, in: bytes, from: content, at: path)
        }
    }

    private func answer(
        _ head: RequestHead, in bytes: Span<UInt8>, from content: SiteContent, at path: String
    ) -> Response {
        switch content.resolve(path) {
        case .file(let file):
            guard let file = content.prepared(file) else { return notFound }
            return answer(head, in: bytes, with: file, of: content)
        case .redirect(let path): return redirect(to: path + bytes.text(head.query))
        case .notFound(let page):
            guard let page, let file = content.prepared(page) else { return notFound }
            return send(file, file.pageHead(.notFound), 0..<file.size, from: content, isHead: head.method == .head)
        }
    }

    private func answer(
        _ head: RequestHead, in bytes: Span<UInt8>, with file: PreparedFile, of content: SiteContent
    ) -> Response {
        let isHead = head.method == .head
        switch Conditional(head, of: bytes, etag: file.etag) {
        case .notModified: return Response(file.notModified)
        case .failed:
            return BuiltInPages.response(
                .preconditionFailed, "The file is not the version that If-Match names.", node: node)
        case .proceed: break
        }
        // RFC 9110 §14.2: ranges are for GET only.
        guard let range = head.range, !isHead, Conditional.allowsRange(head, of: bytes, etag: file.etag) else {
            return send(file, file.head, 0..<file.size, from: content, isHead: isHead)
        }
        switch ByteRange(range, of: bytes, size: file.size) {
        case .whole: return send(file, file.head, 0..<file.size, from: content, isHead: isHead)
        case .part(let part): return send(file, file.partialHead(part), part, from: content, isHead: isHead)
        case .unsatisfiable:
            return BuiltInPages.response(
                .rangeNotSatisfiable, "The file has \(file.size) bytes; the range asked for is beyond them.", node: node
            ) { $0.add("Content-Range", "bytes */\(file.size)") }
        }
    }

    /// A part of a file under this head, from memory or from the disk.
    private func send(
        _ file: PreparedFile, _ head: ResponseHead, _ part: Range<UInt64>, from content: SiteContent, isHead: Bool
    ) -> Response {
        if isHead || part.isEmpty { return Response(head) }
        let range = Int(part.lowerBound)..<Int(part.upperBound)
        if let memory = file.content {
            guard let slice = memory.getSlice(at: range.lowerBound, length: range.count) else { return damaged }
            return Response(head, .memory(slice))
        }
        do throws(StoreError) {
            return Response(head, .file(try content.open(file), range))
        } catch {
            logger.error("A file of the site can't be read.", metadata: ["reason": "\(error)"])
            return damaged
        }
    }
}

extension Responder {
    private func answerMethod(_ head: RequestHead) -> Response {
        head.method == .options ? options : methodNotAllowed
    }

    private var options: Response {
        var head = ResponseHead(.noContent)
        head.add("Allow", Self.allowed)
        return Response(head)
    }

    private var methodNotAllowed: Response {
        BuiltInPages.response(.methodNotAllowed, "The site can be read, not changed.", node: node) {
            $0.add("Allow", Self.allowed)
        }
    }

    private var notFound: Response {
        BuiltInPages.response(.notFound, "There is nothing at this address.", node: node) {
            $0.add("Cache-Control", "no-cache")
        }
    }

    private var damaged: Response {
        BuiltInPages.response(.internalError, "The node can't read this file. Its log says why.", node: node) {
            $0.add("Cache-Control", "no-store")
        }
    }

    private func unavailable(_ reason: String) -> Response {
        BuiltInPages.response(.unavailable, reason, node: node) {
            $0.add("Cache-Control", "no-store")
            $0.add("Retry-After", "5")
        }
    }

    /// `path` begins with one slash and is percent-encoded: it stays on this host.
    private func redirect(to path: String) -> Response {
        var head = ResponseHead(.movedPermanently)
        head.add("Content-Length", "0")
        head.add("Location", path)
        head.add("Cache-Control", "no-cache")
        return Response(head)
    }
}
