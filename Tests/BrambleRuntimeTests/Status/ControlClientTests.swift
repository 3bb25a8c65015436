import LinuxPlatform
import Testing
import Wire

@testable import BrambleRuntime

struct ControlClientTests {
    let directory = try? TemporaryDirectory()

    /// A daemon for one request, on a thread of its own, that answers with these lines.
    private func daemon(at path: String, answering lines: [String]) throws -> ControlThread<String?> {
        let listener = try UnixListener(path: path)
        let handed = Handed(listener: listener)
        return try ControlThread(name: "daemon") { handed.serveOne(lines) }
    }

    @Test("the report comes over the socket")
    func reports() async throws {
        let path = try #require(directory).file("s")
        let daemon = try daemon(at: path, answering: [try ControlReply.report(SampleReports.spread).line])
        #expect(try ControlClient(path: path).status() == SampleReports.spread)
        #expect(await daemon.value() == #"{"command":"status"}"#)
    }

    @Test("a refusal is told in the daemon's words")
    func refuses() async throws {
        let path = try #require(directory).file("s")
        let daemon = try daemon(at: path, answering: [try ControlReply.failed("no such node").line])
        #expect {
            try ControlClient(path: path).ask(.identify(node: "x"))
        } throws: { "\($0)" == "no such node" }
        _ = await daemon.value()
    }

    @Test("an answer that is no reply is told as such", arguments: ["", "garbage", "{\"ok\":true}"])
    func garbled(line: String) async throws {
        let path = try #require(directory).file("s")
        let daemon = try daemon(at: path, answering: [line])
        #expect { try ControlClient(path: path).status() } throws: { "\($0)".contains("does not speak") }
        _ = await daemon.value()
    }

    @Test("a daemon that hangs up, or is not there, is told with the path and what to do")
    func unreachable() async throws {
        let path = try #require(directory).file("s")
        #expect { try ControlClient(path: path).status() } throws: {
            "\($0)".contains(path) && "\($0)".contains("systemctl status bramble")
        }
        let daemon = try daemon(at: path, answering: [])
        #expect { try ControlClient(path: path).status() } throws: { "\($0)".contains("hung up") }
        _ = await daemon.value()
    }

    @Test("a daemon that does not answer is given up after the timeout")
    func timesOut() throws {
        let path = try #require(directory).file("s")
        let listener = try UnixListener(path: path)
        #expect { try ControlClient(path: path, timeout: .milliseconds(50)).status() } throws: {
            "\($0)".contains(path)
        }
        withExtendedLifetime(listener) {}
    }
}

/// A listener that is used by one thread only: the one that it is handed to.
private final class Handed: @unchecked Sendable {  // proof: made here, then touched by the daemon's thread alone
    private let listener: UnixListener

    init(listener: UnixListener) { self.listener = listener }

    func serveOne(_ lines: [String]) -> String? {
        guard let poller = try? Poller() else { return nil }
        try? poller.add(listener.descriptor, token: .init(1))
        while true {
            _ = try? poller.wait(until: nil)
            guard let connection = try? listener.accept() else { continue }
            try? poller.remove(listener.descriptor)
            try? poller.add(connection.descriptor, token: .init(2))
            _ = try? poller.wait(until: nil)
            let request = try? connection.receive().lines.first
            for line in lines { try? connection.send(line + "\n") }
            try? poller.remove(connection.descriptor)
            return request
        }
    }
}
