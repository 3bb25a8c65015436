import Foundation
import Testing

@Suite("The layers hold")
struct LayerTests {
    /// The package's root, four steps up from this file.
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file under `Sources`, by its path from the root.
    private static func sources() throws -> [String] {
        let folder = root.appendingPathComponent("Sources").path
        return try FileManager.default.subpathsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".swift") }.map { "Sources/" + $0 }.sorted()
    }

    @Test("no target imports what it may not, and no pure one uses a clock, a task or unseeded randomness")
    func sourcesFollowTheRules() throws {
        let files = try Self.sources()
        #expect(files.contains("Sources/Wire/Instant.swift"), "the sources were not found")
        for file in files {
            let source = try String(contentsOf: Self.root.appendingPathComponent(file), encoding: .utf8)
            for violation in LayerChecker.check(source, file: file) { Issue.record("\(violation)") }
        }
    }

    @Test("every exception that is named is needed")
    func exceptionsAreNeeded() throws {
        for file in Layer.mayUseSystemRandomness {
            let source = try String(contentsOf: Self.root.appendingPathComponent(file), encoding: .utf8)
            #expect(SourceTokens.of(source).contains { $0.text == "SystemRandomNumberGenerator" })
        }
    }

    @Test("every target of ours is in the table")
    func everyTargetIsInTheTable() throws {
        let targets = Set(try Self.sources().compactMap { $0.split(separator: "/").dropFirst().first.map(String.init) })
        #expect(targets.subtracting(Layer.table.map(\.name)).isEmpty)
        #expect(Set(Layer.table.map(\.name)).count == Layer.table.count)
    }
}
