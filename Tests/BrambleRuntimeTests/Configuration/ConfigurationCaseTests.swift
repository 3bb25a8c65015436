import Testing

@testable import BrambleRuntime

/// Each file in `Cases/` is a configuration, and beside it stands what must come of it: the problems, whether it is
/// accepted, and each setting that differs from its default.
///
/// `BRAMBLE_RECORD=1 swift test --filter ConfigurationCaseTests` writes the expectations anew; read the difference.
struct ConfigurationCaseTests {
    static let directory = "\(#filePath)".droppingLastComponent + "/Cases"
    static let names = TestFiles.list(directory).filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }

    @Test("each case comes out as expected", arguments: names)
    func matches(name: String) throws {
        let text = try TestFiles.read("\(Self.directory)/\(name).toml")
        let outcome = Self.outcome(of: text)
        let path = "\(Self.directory)/\(name).expected"
        if TestFiles.isRecording { try TestFiles.write(outcome, to: path) }
        #expect(try outcome == TestFiles.read(path))
    }

    @Test("there are cases, and each expectation has its case")
    func complete() {
        let expectations = TestFiles.list(Self.directory).filter { $0.hasSuffix(".expected") }
        #expect(Self.names.count >= 40)
        #expect(expectations.map { String($0.dropLast(9)) } == Self.names)
    }

    private static func outcome(of text: String) -> String {
        let reading = Configuration.read(text, file: "bramble.toml", hostName: "pi")
        var lines = reading.problems.map(\.description)
        if let configuration = reading.configuration {
            lines.append("accepted")
            let changes = ConfigurationStore.changes(from: Configuration(nodeName: "pi"), to: configuration)
            lines += changes.map { "\($0.path) = \($0.after)" }
        } else {
            lines.append("refused")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
