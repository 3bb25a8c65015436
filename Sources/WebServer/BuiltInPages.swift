internal import NIOCore

/// The pages of the server itself: small, without anything to load, and each names the node that answered.
enum BuiltInPages {
    /// A page that says what is wrong. `fields` adds to its head.
    static func response(
        _ status: Status, _ explanation: String, node: String, fields: (inout ResponseHead) -> Void = { _ in }
    ) -> Response {
        let title = "\(status.rawValue) \(status.phrase)"
        let content = ByteBuffer(
            string: page(title: title, "<p>\(escaped(explanation))</p>\n<p><small>\(signature(node))</small></p>"))
        var head = ResponseHead(status)
        head.add("Content-Length", String(content.readableBytes))
        head.add("Content-Type", "text/html; charset=utf-8")
        fields(&head)
        return Response(head, .memory(content))
    }

    /// The list of what is below `/.bramble/`.
    static func endpoints(node: String) -> String {
        page(
            title: "Node \(escaped(node))",
            """
            <ul>
            <li><a href="api/status">api/status</a>: the cluster as this node sees it, as JSON</li>
            <li><a href="health">health</a>: 200 while this node may serve, 503 otherwise, with the reason</li>
            <li><a href="leader">leader</a>: 200 if this node holds the floating address, 503 otherwise</li>
            <li><a href="backup">backup</a>: 200 if this node stands by, 503 otherwise</li>
            <li><a href="metrics">metrics</a>: for Prometheus</li>
            </ul>
            """)
    }

    private static func signature(_ node: String) -> String { "Answered by node \(escaped(node))" }

    /// `title` and `body` are HTML.
    private static func page(title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(title)</title>
        <style>body { font: 1.1em/1.5 system-ui, sans-serif; max-width: 40em; margin: 10vh auto; padding: 0 1em }</style>
        <h1>\(title)</h1>
        \(body)

        """
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
