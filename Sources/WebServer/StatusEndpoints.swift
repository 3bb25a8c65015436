internal import NIOCore

/// The answers below `/.bramble/`: what load balancers, monitoring and people ask a node for.
struct StatusEndpoints: Sendable {
    static let prefix = "/.bramble/"

    let node: NodeEndpoints
    let counters: ServerCounters

    /// Whether a decoded path is one of these, so that no file of the site is looked up for it.
    static func contains(_ path: String) -> Bool {
        path.utf8.starts(with: prefix.utf8) || path.utf8.elementsEqual("/.bramble".utf8)
    }

    /// The answer to a GET of `path`.
    func respond(to path: String) -> Response {
        switch path {
        case "/.bramble": return Self.redirect
        case "/.bramble/": return page(.ok, "text/html; charset=utf-8", BuiltInPages.endpoints(node: node.nodeName))
        case "/.bramble/health":
            let (serving, reason) = node.health()
            return plain(serving, reason)
        case "/.bramble/leader":
            let isLeader = node.isLeader()
            return plain(isLeader, isLeader ? "leader" : "not the leader")
        case "/.bramble/backup":
            let isBackup = node.isBackup()
            return plain(isBackup, isBackup ? "backup" : "not a backup")
        case "/.bramble/metrics":
            return page(.ok, "text/plain; version=0.0.4; charset=utf-8", metrics())
        case "/.bramble/api/status":
            return page(.ok, "application/json", ByteBuffer(bytes: node.status()))
        default:
            return page(.notFound, "text/plain; charset=utf-8", "There is no such endpoint. See \(Self.prefix)\n")
        }
    }

    /// The answer to any other method.
    var methodNotAllowed: Response {
        BuiltInPages.response(.methodNotAllowed, "Only GET and HEAD are allowed here.", node: node.nodeName) {
            $0.add("Allow", "GET, HEAD")
            $0.add("Cache-Control", "no-store")
        }
    }

    private static let redirect: Response = {
        var head = ResponseHead(.movedPermanently)
        head.add("Content-Length", "0")
        head.add("Location", prefix)
        head.add("Cache-Control", "no-store")
        return Response(head)
    }()

    private func plain(_ holds: Bool, _ text: String) -> Response {
        page(holds ? .ok : .unavailable, "text/plain; charset=utf-8", text + "\n")
    }

    private func page(_ status: Status, _ type: String, _ text: String) -> Response {
        page(status, type, ByteBuffer(string: text))
    }

    private func page(_ status: Status, _ type: String, _ content: ByteBuffer) -> Response {
        var head = ResponseHead(status)
        head.add("Content-Length", String(content.readableBytes))
        head.add("Content-Type", type)
        head.add("Cache-Control", "no-store")
        return Response(head, .memory(content))
    }

    private func metrics() -> String {
        var text = node.metrics()
        if let last = text.utf8.last, last != UInt8(ascii: "\n") { text += "\n" }
        return text + counters.prometheusText
    }
}
