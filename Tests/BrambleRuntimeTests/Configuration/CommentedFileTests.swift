import Testing

@testable import BrambleRuntime

/// `overlays/bootfs/bramble.toml`, which every card has: all settings, each behind a `#`.
struct CommentedFileTests {
    private let text: String

    init() throws { text = try TestFiles.read(Self.path()) }

    private static func path(from here: String = #filePath) -> String {
        here.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/overlays/bootfs/bramble.toml"
    }

    /// Whether it is a setting behind a `#`: what is said about one has a blank there.
    private static func isSetting(_ line: Substring) -> Bool {
        line.hasPrefix("#") && line.dropFirst().first?.isLowercase == true && line.contains(" = ")
    }

    /// The settings of the file, with their tables.
    private var settings: [String] {
        var table = ""
        return text.split(separator: "\n").compactMap { line in
            if line.hasPrefix("[") { table = String(line.dropFirst().prefix { $0 != "]" }) }
            return Self.isSetting(line) ? "\(table).\(line.dropFirst().prefix { $0 != " " })" : nil
        }
    }

    /// The file with every `#` before a setting taken away.
    private var uncommented: String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Self.isSetting($0) ? String($0.dropFirst()) : String($0) }
            .joined(separator: "\n")
            .replacing("bramble-key-…", with: KeyAdvice.NewKey().text)
    }

    @Test("as it stands it is as good as an empty file")
    func isEmpty() throws {
        let reading = Configuration.read(text, file: "bramble.toml", hostName: "pi")
        let empty = Configuration.read("", file: "bramble.toml", hostName: "pi")
        #expect(reading.configuration == empty.configuration)
        #expect(reading.problems.map(\.complaint) == empty.problems.map(\.complaint))
    }

    @Test("it names every setting once")
    func isComplete() throws {
        let known = try #require(Configuration.read("", file: "", hostName: "pi").configuration).settings.map(\.path)
        let expected = Set(known).subtracting(["cluster.keys"]).union(["cluster.key", "floating.interface"])
        #expect(Set(settings) == expected)
        #expect(settings.count == expected.count)
    }

    @Test("what it says of each is true: without the # nothing changes")
    func tellsDefaults() throws {
        let reading = Configuration.read(uncommented, file: "bramble.toml", hostName: "bramble-4f1c")
        #expect(reading.problems == [])
        let all = try #require(reading.configuration).settings
        let defaults = try #require(Configuration.read("", file: "", hostName: "pi").configuration).settings
        let changed = Set(all.map { "\($0.path) = \($0.value)" }).subtracting(
            defaults.map { "\($0.path) = \($0.value)" })
        #expect(Set(changed.map { $0.prefix { $0 != " " } }) == ["cluster.keys", "node.name", "floating.interface"])
    }
}
