import LinuxPlatform
import Testing

@testable import BrambleRuntime

struct ControlClientTests {
    let directory = try? TemporaryDirectory()

    @Test("the report comes over the socket")
    func reports() async throws {
        let path = try #require(directory).file("s")
        let daemon = try OneAnswer.daemon(at: path, answering: [try ControlReply.report(SampleReports.spread).line])
        #expect(try ControlClient(path: path).status() == SampleReports.spread)
        #expect(await daemon.value() == #"{"command":"status"}"#)
    }

    @Test("a refusal is told in the daemon's words")
    func refuses() async throws {
        let path = try #require(directory).file("s")
        let daemon = try OneAnswer.daemon(at: path, answering: [try ControlReply.failed("no such node").line])
        #expect {
            try ControlClient(path: path).ask(.identify(node: "x"))
        } throws: { "\($0)" == "no such node" }
        _ = await daemon.value()
    }

    @Test("an answer that is no reply is told as such", arguments: ["", "garbage", "{\"ok\":true}"])
    func garbled(line: String) async throws {
        let path = try #require(directory).file("s")
        let daemon = try OneAnswer.daemon(at: path, answering: [line])
        #expect { try ControlClient(path: path).status() } throws: { "\($0)".contains("does not speak") }
        _ = await daemon.value()
    }

    @Test("a daemon that hangs up, or is not there, is told with the path and what to do")
    func unreachable() async throws {
        let path = try #require(directory).file("s")
        #expect { try ControlClient(path: path).status() } throws: {
            "\($0)".contains(path) && "\($0)".contains("systemctl status bramble")
        }
        let daemon = try OneAnswer.daemon(at: path, answering: [])
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
