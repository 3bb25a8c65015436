import Glibc
import Logging
import Synchronization
import Testing

@testable import BrambleRuntime

/// A pipe, closed with the value.
private final class Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFiles.Failure(call: "make a pipe") }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Writes until nothing more goes in, and leaves the pipe as it was.
    func fill() -> Int {
        let flags = fcntl(writing, F_GETFL)
        _ = fcntl(writing, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(writing, F_SETFL, flags) }
        let chunk = [UInt8](repeating: 0x2E, count: 4096)
        var sum = 0
        while case let count = write(writing, chunk, chunk.count), count > 0 { sum += count }
        return sum
    }

    /// Reads lines until the last one says enough.
    func lines(skipping count: Int = 0, until isEnough: ([String]) -> Bool) -> [String] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        var skipped = 0
        while true {
            let read = read(reading, &chunk, chunk.count)
            guard read > 0 else { return [] }
            let filling = min(read, count - skipped)
            skipped += filling
            bytes += chunk[filling..<read]
            guard bytes.last == 0x0A else { continue }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            if isEnough(lines) { return lines }
        }
    }
}

@Suite("The log")
struct LogWriterTests {
    private func entry(_ message: String) -> LogWriter.Entry { .init(level: .info, message: message) }

    @Test("is written whole and in order before the daemon ends")
    func order() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.writing)
        for number in 0..<100 { writer.add(entry("line \(number)")) }
        writer.finish()
        let lines = pipe.lines { $0.count == 100 }
        #expect(lines.count == 100)
        for (number, line) in lines.enumerated() { #expect(line.hasSuffix(" info line \(number)")) }
    }

    @Test("keeps nobody waiting when no one reads it, and says later how many lines are missing")
    func stalled() throws {
        let pipe = try Pipe()
        let filling = pipe.fill()
        let writer = try LogWriter(descriptor: pipe.writing, capacity: 10)
        for number in 0..<100 { writer.add(entry("line \(number)")) }
        writer.finish(within: .milliseconds(50))
        // Each line was written, or is counted where it is missing.
        var next = 0
        let lines = pipe.lines(skipping: filling) { lines in
            next = lines.reduce(0) { $0 + Self.missing($1, or: 1) }
            return next >= 100
        }
        next = 0
        for line in lines {
            if Self.missing(line, or: 0) == 0 { #expect(line.hasSuffix(" info line \(next)")) }
            next += Self.missing(line, or: 1)
        }
        #expect(next == 100)
        #expect(lines.count < 100)
    }

    /// How many lines this one says are missing; `other` if it is about something else.
    private static func missing(_ line: String, or other: Int) -> Int {
        guard line.contains("missing here: the log could not be written fast enough") else { return other }
        return Int(line.split(separator: " ")[2]) ?? -1
    }

    @Test("has the message first and what belongs to it after it")
    func form() {
        let entry = LogWriter.Entry(level: .notice, message: "it moved", metadata: ["to": "n2", "from": "n1"], time: 0)
        let line = LogWriter.line(entry)
        #expect(line.hasSuffix(" notice it moved from=n1 to=n2\n"))
        #expect(line.hasPrefix("1970-01-01T") || line.hasPrefix("1969-12-31T"))
    }

    @Test("joins a logger's own details to those of the line, and the line's win")
    func details() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.writing)
        var logger = Logger(label: "x") { _ in DaemonLog(threshold: LogThreshold(), writer: writer) }
        logger[metadataKey: "a"] = "1"
        logger[metadataKey: "b"] = "2"
        logger.debug("below the threshold")
        logger.warning("over it", metadata: ["b": "3"])
        writer.finish()
        let lines = pipe.lines { !$0.isEmpty }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix(" warning over it a=1 b=3") == true)
    }

    @Test("what a stranger calls itself makes neither a line nor a colour")
    func visible() {
        let line = LogWriter.line(.init(level: .notice, message: "asks: pi\n2026 notice all is well\u{1B}[31m"))
        #expect(line.count { $0 == "\n" } == 1 && line.hasSuffix("\n"))
        #expect(!line.contains("\u{1B}") && line.contains("pi\\n2026"))
    }
}
