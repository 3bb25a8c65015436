internal import NIOCore

/// How long a client may take.
struct Deadlines: Sendable {
    /// From a request's first byte (or from the accept) to the end of its head and of a small body.
    var head = TimeAmount.seconds(10)
    /// From one request's end to the next one's beginning.
    var idle = TimeAmount.seconds(60)
    /// From one piece of a response that the client took to the next (``WriteProgress/least``).
    var write = TimeAmount.seconds(30)
    /// From the end of the last response to the client's end of the connection.
    var linger = TimeAmount.seconds(2)
    /// How long a connection that has sent nothing yet may stay when the server stops.
    var freshWhenStopping = TimeAmount.seconds(1)

    /// How often connections are looked at while the server drains or stops: what waits for their end waits no longer.
    static let tickWhenClosing = TimeAmount.milliseconds(50)

    /// How often they are looked at: this is also how late they may be.
    var tick: TimeAmount {
        let shortest = min(head, min(idle, min(write, linger)))
        return max(.milliseconds(20), min(.seconds(1), .nanoseconds(shortest.nanoseconds / 4)))
    }
}

/// How far a client has come in taking its responses: tells a slow reader from one that hardly reads.
struct WriteProgress {
    /// What a client must take within the limit, in bytes, if as much waits for it.
    static let least = 4 << 10

    /// How much had been taken, how much more is owed from there, and since when.
    private var mark: (taken: UInt64, owed: UInt64, since: NIODeadline)?

    /// Whether too little was taken for longer than `limit`: less than ``least`` bytes, and less than all that waited.
    /// `written` is how many bytes were handed to the connection so far, `waiting` how many of them are still there.
    mutating func isStalled(waiting: Int, written: UInt64, now: NIODeadline, limit: TimeAmount) -> Bool {
        guard waiting > 0 else {
            mark = nil
            return false
        }
        let taken = written - min(written, UInt64(waiting))
        if let mark, taken < mark.taken + mark.owed { return now - mark.since > limit }
        mark = (taken, UInt64(min(waiting, Self.least)), now)
        return false
    }
}
