internal import NIOCore

/// How long a client may take.
struct Deadlines: Sendable {
    /// From a request's first byte (or from the accept) to the end of its head and of a small body.
    var head = TimeAmount.seconds(10)
    /// From one request's end to the next one's beginning.
    var idle = TimeAmount.seconds(60)
    /// From one piece of a response that the client took to the next.
    var write = TimeAmount.seconds(30)
    /// From the end of the last response to the client's end of the connection.
    var linger = TimeAmount.seconds(2)
    /// How long a connection that has sent nothing yet may stay when the server stops.
    var freshWhenStopping = TimeAmount.seconds(1)

    /// How often they are looked at: this is also how late they may be.
    var tick: TimeAmount {
        let shortest = min(head, min(idle, min(write, linger)))
        return max(.milliseconds(20), min(.seconds(1), .nanoseconds(shortest.nanoseconds / 4)))
    }
}

/// How far a client has come in taking its responses: tells a slow reader from one that does not read.
struct WriteProgress {
    private var waiting = 0
    private var responses: UInt64 = 0
    private var since: NIODeadline?

    /// Whether nothing of `waiting` bytes has gone for `limit`. `responses` is how many were written so far.
    mutating func isStalled(waiting: Int, responses: UInt64, now: NIODeadline, limit: TimeAmount) -> Bool {
        guard waiting > 0, let since, waiting == self.waiting, responses == self.responses else {
            self.waiting = waiting
            self.responses = responses
            since = waiting > 0 ? now : nil
            return false
        }
        return now - since > limit
    }
}
