import LinuxPlatform
import Testing

@testable import BrambleRuntime

struct ControlMessageTests {
    static let requests: [ControlRequest] = [
        .status, .identify(node: "pi-oak"), .drain(node: nil), .drain(node: "pi-oak"), .resume(node: nil),
        .resume(node: "3f2a"), .resign(address: nil), .resign(address: "10.0.0.250"), .reload,
    ]

    @Test("a request is read back from its line", arguments: requests)
    func roundTrips(request: ControlRequest) throws {
        let line = try request.line
        #expect(!line.contains("\n"))
        #expect(try ControlRequest(line: line) == request)
    }

    @Test("fields that this version does not know are skipped")
    func skipsUnknownFields() throws {
        #expect(try ControlRequest(line: #"{"command":"status","later":[1]}"#) == .status)
    }

    @Test(
        "anything else is refused in words, and the words are fit for a terminal",
        arguments: [
            "", "x", "{}", "[]", "null", "\"status\"", "{\"command\":1}", "{\"command\":\"reboot\"}",
            "{\"command\":\"identify\"}", "{\"command\":\"identify\",\"node\":\"\"}",
            "{\"command\":\"identify\",\"node\":3}",
            "{\"command\":\"drain\",\"node\":\"\"}", "{\"command\":\"resume\",\"node\":1}",
            "{\"command\":\"resign\",\"address\":\"" + String(repeating: "1", count: 65) + "\"}",
            "{\"command\":\"\\u001b[2J\"}", "{\"command\":\"status\"",
            "{\"command\":\"status\"}{\"command\":\"drain\"}",
            "\u{0}", String(repeating: "[", count: 4096), String(repeating: "{\"a\":", count: 600),
            "{\"command\":\"" + String(repeating: "a", count: 4090) + "\"}",
            "{\"command\":\"identify\",\"node\":\"" + String(repeating: "a", count: 65) + "\"}",
        ])
    func refuses(line: String) {
        #expect {
            _ = try ControlRequest(line: line)
        } throws: { error in
            let text = "\(error)"
            return error is ControlRequest.Refusal && text.utf8.count < 200 && !text.contains("\u{1B}")
        }
    }

    @Test("no request that can be made is longer than what the daemon reads")
    func fits() throws {
        let request = ControlRequest.identify(node: String(repeating: "\u{1}", count: ControlRequest.longestNode))
        #expect(try request.line.utf8.count <= min(ControlRequest.longestLine, UnixConnection.longestLine))
    }

    @Test("replies are read back from their line")
    func repliesRoundTrip() throws {
        for reply in [ControlReply.done("blinking"), .failed("no"), .report(SampleReports.leaderless)] {
            let line = try reply.line
            #expect(!line.contains("\n"))
            #expect(try JSONText.decode(ControlReply.self, from: line.utf8) == reply)
        }
    }

    @Test("the report's JSON keeps its field names, sorted")
    func stableNames() throws {
        let path = StatusRendererTests.directory + "/spread.json"
        let text = try JSONText.text(SampleReports.spread, isPretty: true) + "\n"
        if TestFiles.isRecording { try TestFiles.write(text, to: path) }
        #expect(try text == TestFiles.read(path))
    }

    @Test(
        "a node is found by its ID, its name, or the first digits of its ID",
        arguments: [(SampleReports.oak, SampleReports.oak), ("pi-elm", SampleReports.elm), ("B04E", SampleReports.ash)])
    func findsNodes(text: String, id: String) throws {
        let members = SampleReports.healthy.cluster.members.map { (id: $0.id, name: $0.name) }
        #expect(try NodeLookup.find(text, among: members) == id)
    }

    @Test("a name that several have, a prefix too short and an unknown one are refused")
    func refusesUnclearNodes() {
        let twins = [(id: "aaaa11", name: "pi"), (id: "aaaa22", name: "pi")]
        for text in ["pi", "aaaa"] {
            #expect(throws: NodeLookup.Failure.ambiguous(text, matches: ["pi (aaaa11)", "pi (aaaa22)"])) {
                try NodeLookup.find(text, among: twins)
            }
        }
        #expect(throws: NodeLookup.Failure.self) { try NodeLookup.find("aaa", among: twins) }
        #expect(throws: NodeLookup.Failure.self) { try NodeLookup.find("", among: twins) }
    }
}
