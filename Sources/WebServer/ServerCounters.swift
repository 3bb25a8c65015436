internal import Synchronization

/// What one event loop has counted. Written by that loop alone, read by any thread.
final class LoopCounters: Sendable {
    private let successes = Atomic<UInt64>(0)
    private let redirections = Atomic<UInt64>(0)
    private let clientErrors = Atomic<UInt64>(0)
    private let serverErrors = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let open = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)
    private let refused = Atomic<UInt64>(0)
    private let slow = Atomic<UInt64>(0)

    /// A response of so many bytes.
    func countResponse(_ status: Status, bytes: Int) {
        self.bytes.add(UInt64(bytes), ordering: .relaxed)
        switch status.rawValue / 100 {
        case 2: successes.add(1, ordering: .relaxed)
        case 3: redirections.add(1, ordering: .relaxed)
        case 4: clientErrors.add(1, ordering: .relaxed)
        default: serverErrors.add(1, ordering: .relaxed)
        }
    }

    func countOpened() { open.add(1, ordering: .relaxed) }
    func countClosed() { open.subtract(1, ordering: .relaxed) }
    func setInFlight(_ count: Int) { inFlight.store(count, ordering: .relaxed) }
    func countRefused() { refused.add(1, ordering: .relaxed) }
    func countTimeout() { slow.add(1, ordering: .relaxed) }

    /// The responses with a status of 200, 300, 400 and 500 and more.
    var responses: [UInt64] {
        [
            successes.load(ordering: .relaxed), redirections.load(ordering: .relaxed),
            clientErrors.load(ordering: .relaxed), serverErrors.load(ordering: .relaxed),
        ]
    }
    var sentBytes: UInt64 { bytes.load(ordering: .relaxed) }
    var openConnections: Int { open.load(ordering: .relaxed) }
    var requestsInFlight: Int { inFlight.load(ordering: .relaxed) }
    var refusedConnections: UInt64 { refused.load(ordering: .relaxed) }
    var timeouts: UInt64 { slow.load(ordering: .relaxed) }
}

/// The sum over all event loops of one server.
struct ServerCounters: Sendable {
    let loops: [LoopCounters]

    var requests: UInt64 { loops.reduce(0) { $0 + $1.responses.reduce(0, +) } }
    var openConnections: Int { loops.reduce(0) { $0 + $1.openConnections } }
    var requestsInFlight: Int { loops.reduce(0) { $0 + $1.requestsInFlight } }
    var refusedConnections: UInt64 { loops.reduce(0) { $0 + $1.refusedConnections } }

    /// Prometheus' text format 0.0.4.
    var prometheusText: String {
        var text = "# HELP bramble_http_requests_total Requests answered, by status class.\n"
        text += "# TYPE bramble_http_requests_total counter\n"
        for index in 0..<4 {
            let count = loops.reduce(0) { $0 + $1.responses[index] }
            text += "bramble_http_requests_total{class=\"\(index + 2)xx\"} \(count)\n"
        }
        text += Self.metric(
            "bramble_http_response_bytes_total", "counter", "Bytes of responses handed to the system to send.",
            loops.reduce(0) { $0 + $1.sentBytes })
        text += Self.metric(
            "bramble_http_connections", "gauge", "Connections open now.", UInt64(max(0, openConnections)))
        text += Self.metric(
            "bramble_http_requests_in_flight", "gauge",
            "Connections on which a request or its response was under way when it was last looked, "
                + "half a second ago at most.", UInt64(max(0, requestsInFlight)))
        text += Self.metric(
            "bramble_http_connections_refused_total", "counter",
            "Connections refused because too many were open.", refusedConnections)
        text += Self.metric(
            "bramble_http_timeouts_total", "counter", "Connections ended because the client was too slow.",
            loops.reduce(0) { $0 + $1.timeouts })
        return text
    }

    private static func metric(_ name: String, _ type: String, _ help: String, _ value: UInt64) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
    }
}
