import Testing

@Suite("The checker of layers bites")
struct LayerCheckerTests {
    private static func rules(_ source: String, _ target: String) -> [String] {
        LayerChecker.check(source, file: "Sources/\(target)/Sample.swift").map(\.rule)
    }

    @Test(
        "an import that goes up, or outside the table, is found however it is written",
        arguments: [
            ("import Foundation", "Wire"), ("import FoundationEssentials", "VRRP"), ("import NIOCore", "NodeCore"),
            ("import Dispatch", "Membership"), ("import Logging", "Balancing"), ("import Foundation", "Releases"),
            ("import NIOPosix", "Releases"), ("import LinuxPlatform", "WebServer"), ("import CLinux", "WebServer"),
            ("import CGpiod", "NodeCore"), ("import CSystemd", "BrambleRuntime"), ("import WebServer", "Wire"),
            ("import Membership", "VRRP"), ("import NodeCore", "Membership"), ("import BrambleRuntime", "WebServer"),
            ("import Crypto", "VRRP"), ("import Glibc", "NodeCore"), ("import NodeCore", "NodeCore"),
            ("public import Foundation", "Wire"), ("@testable import Foundation", "Wire"),
            ("@preconcurrency\ninternal import Foundation", "Wire"), ("import struct Foundation.Date", "Wire"),
            ("#if canImport(Foundation)\nimport Foundation\n#endif", "Wire"), ("let a = 1; import NIO", "Wire"),
        ])
    func badImports(source: String, target: String) {
        #expect(Self.rules(source, target).contains { $0.hasPrefix("\(target) may not import") })
    }

    @Test(
        "an import of a layer below passes",
        arguments: [
            ("public import Wire", "VRRP"), ("import Membership\nimport VRRP\nimport Wire", "NodeCore"),
            ("import Crypto", "Wire"), ("internal import CLinux", "LinuxPlatform"), ("import Releases", "WebServer"),
            ("import LinuxPlatform", "BrambleRuntime"), ("import ArgumentParser", "bramble"),
            ("// import Foundation", "Wire"), ("let text = \"import Foundation\"", "Wire"),
            ("/* /* import NIO */ import Foundation */", "Wire"), ("let text = \"\"\"\n  import NIO\n  \"\"\"", "Wire"),
            ("import struct Wire.NodeID", "VRRP"),
        ])
    func goodImports(source: String, target: String) { #expect(Self.rules(source, target).isEmpty) }

    @Test("a target that is in no layer is found")
    func unknownTarget() { #expect(Self.rules("", "Elsewhere") == ["Elsewhere is in no layer"]) }

    @Test(
        "clocks, tasks, threads and unseeded randomness are found in a pure target, and only there",
        arguments: [
            "let now = ContinuousClock.now", "let clock: SuspendingClock", "let now = Date()", "let now = Date ()",
            "clock_gettime(CLOCK_MONOTONIC, &time)", "let n = Int.random(in: 0..<9)", "let n = Bool.random()",
            "let n = UInt8.random(in: f(using: 1))", "names.shuffled()", "names.shuffle()", "names.randomElement()",
            "var system = SystemRandomNumberGenerator()", "Task { await run() }", "Task(priority: .high) { }",
            "Task.detached { }", "Task<Void, Never> { }", "Thread.sleep(1)", "\"\\(Date())\"",
            "\"\\(names.map { \"\\(Int.random(in: 0..<9))\" })\"", "#\"\\#(Date())\"#",
        ])
    func impure(source: String) {
        #expect(Self.rules(source, "NodeCore").count == 1)
        #expect(Self.rules(source, "BrambleRuntime").isEmpty)
    }

    @Test(
        "what only looks like it passes",
        arguments: [
            "Int.random(in: 0..<9, using: &random)", "names.shuffled(using: &random)",
            "names.randomElement(\n    using: &random)", "names.shuffle(using: &random)", "let random = 7",
            "func random() {}", "let releaseDate = UpDate(1)", "// ContinuousClock\n/* Task { } */",
            "let text = \"Task { Date() }\"", "let text = #\"\\(Date())\"#", "let text = \"\\\"Date()\"",
            "TaskList { }", "Task.isCancelled", "let Threads = 1",
            "let text = \"\"\"\n  \"Date()\" Thread\n  \"\"\"",
        ])
    func pure(source: String) { #expect(Self.rules(source, "NodeCore").isEmpty) }

    @Test("the system's randomness is allowed in one file of one target")
    func exception() {
        let source = "var system = SystemRandomNumberGenerator()"
        for file in Layer.mayUseSystemRandomness { #expect(LayerChecker.check(source, file: file).isEmpty) }
        #expect(!LayerChecker.check(source, file: "Sources/Wire/NodeID.swift").isEmpty)
        #expect(!LayerChecker.check("let now = Date()", file: "Sources/Wire/Sealing/ClusterKey.swift").isEmpty)
    }

    @Test(
        "what can crash or lie about safety is found in every target",
        arguments: [
            "let value = try! read()", "let value = any as! Int", "final class Box: @unchecked Sendable {}",
            "// Because.\nextension Box: @unchecked Sendable {}",
            "// Proof: elsewhere.\n\nextension Box: @unchecked Sendable {}",
            "let text = \"// Proof: none\"\nextension Box: @unchecked Sendable {}", "\"\\(try! read())\"",
        ],
        ["bramble", "LinuxPlatform", "Wire"])
    func unsafe(source: String, target: String) { #expect(Self.rules(source, target).count == 1) }

    @Test(
        "what only looks unsafe passes, and so does what is proven",
        arguments: [
            "let value = try? read()", "let value = any as? Int", "let value = try read() != nil", "// try! as!",
            "// Proof: it holds one lock.\nextension Box: @unchecked Sendable {}",
            "// Proof: it holds one lock,\n// and nothing else.\nextension Box: @unchecked Sendable {}",
            "struct Box: Sendable {}",
        ])
    func safe(source: String) { #expect(Self.rules(source, "LinuxPlatform").isEmpty) }

    @Test("a violation names file and line")
    func lines() {
        let source = "/* one\n two */\nlet text = \"\"\"\n  a\n  \"\"\"\n\nlet now = Date()"
        let found = LayerChecker.check(source, file: "Sources/Wire/Sample.swift")
        #expect(found.map(\.description) == ["Sources/Wire/Sample.swift:7: a pure target reads the date"])
    }
}
