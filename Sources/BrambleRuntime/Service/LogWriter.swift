internal import Glibc
internal import LinuxPlatform
internal import Logging
internal import Synchronization
internal import Wire

/// Writes the log on a thread of its own, so that whoever has something to say never waits: a journal or a pipe that
/// takes nothing must not stall the control thread.
///
/// Lines are written in the order in which they came. While the queue is full further ones are left out, and a line in
/// their place says how many.
final class LogWriter: Sendable {
    /// One line, before it is put into words.
    struct Entry: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: Logger.Metadata = [:]
        /// The wall clock's seconds, which are for people alone.
        var time = Glibc.time(nil)
    }

    private struct Queue {
        var entries: [Entry] = []
        var leftOut = 0
        var isEnding = false
    }

    /// How many lines may wait: minutes of a talkative cluster, in a few hundred kilobytes.
    static let usualCapacity = 1000
    /// How long the last lines may take.
    static let patience = Duration.seconds(1)

    private let queue = Mutex(Queue())
    private let capacity: Int
    private let descriptor: Int32
    private let wakeUp: WakeUp
    private let ended: WakeUp

    /// Starts the thread, which writes to a descriptor that stays the caller's.
    init(descriptor: Int32 = STDERR_FILENO, capacity: Int = usualCapacity) throws(SystemError) {
        self.capacity = capacity
        self.descriptor = descriptor
        wakeUp = try WakeUp()
        ended = try WakeUp()
        _ = try NamedThread(name: "bramble-log") { [self] in work() }
    }

    /// Has a line written soon. Never blocks.
    func add(_ entry: Entry) {
        queue.withLock { queue in
            // Once some are left out, all are until the queue has been taken: what is missing is missing in one place.
            if queue.entries.count < capacity, queue.leftOut == 0 {
                queue.entries.append(entry)
            } else {
                queue.leftOut += 1
            }
        }
        wakeUp.signal()
    }

    /// Waits until everything is written, but no longer than `patience`; the thread ends with it.
    func finish(within patience: Duration = patience) {
        queue.withLock { $0.isEnding = true }
        wakeUp.signal()
        let end = MonotonicClock.now().advanced(by: patience)
        guard let poller = try? Poller(), (try? poller.add(ended.descriptor, token: .init(0))) != nil else { return }
        while MonotonicClock.now() < end {
            if let ready = try? poller.wait(until: end), !ready.isEmpty { return }
        }
    }

    // MARK: On the thread

    private func work() {
        guard let poller = try? Poller(), (try? poller.add(wakeUp.descriptor, token: .init(0))) != nil else { return }
        var lost = 0
        while true {
            _ = try? poller.wait(until: nil)
            wakeUp.clear()
            let taken = queue.withLock { queue in
                defer { (queue.entries, queue.leftOut) = ([], 0) }
                return queue
            }
            // In pieces, so that a disk that is full loses no more lines than it must.
            for entry in taken.entries {
                if lost > 0, write(Self.line(Self.notice(of: lost))) { lost = 0 }
                if lost > 0 || !write(Self.line(entry)) { lost += 1 }
            }
            lost += taken.leftOut
            if lost > 0, write(Self.line(Self.notice(of: lost))) { lost = 0 }
            if taken.isEnding { break }
        }
        ended.signal()
    }

    /// What stands in the place of lines that are missing.
    static func notice(of lost: Int) -> Entry {
        let lines = lost == 1 ? "1 line is" : "\(lost) lines are"
        return Entry(level: .warning, message: "\(lines) missing here: the log could not be written fast enough")
    }

    /// The time, the level, what happened, and what belongs to it: one line, and nothing that a terminal obeys, for names
    /// in it may be a stranger's.
    static func line(_ entry: Entry) -> String {
        let details = entry.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(timestamp(entry.time)) \(entry.level) \(VisibleText.of("\(entry.message)\(details)"))\n"
    }

    private static func timestamp(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        var text = [CChar](repeating: 0, count: 64)
        guard localtime_r(&time, &parts) != nil else { return "?" }
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes a line, for as long as it takes; says whether it could be written.
    private func write(_ line: String) -> Bool {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Another program has made the terminal or the pipe that it shares with us non-blocking.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&room, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
