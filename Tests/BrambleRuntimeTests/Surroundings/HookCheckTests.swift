import Glibc
import Testing

@testable import BrambleRuntime

@Suite struct HookCheckTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("without hooks there is nothing to say")
    func none() { #expect(HookChecks.hooks(Configuration.Hooks()).isEmpty) }

    @Test(
        "a program that could not be run, or that everyone could change, is a problem",
        arguments: [
            (mode_t(0o755), Finding.Mark.good, ""), (0o700, .good, ""), (0o644, .problem, "chmod a+x"),
            (0o757, .problem, "chmod o-w"),
        ])
    func modes(mode: mode_t, mark: Finding.Mark, advice: String) throws {
        let path = directory.file("hook")
        try TestFiles.write("#!/bin/sh\n", to: path)
        chmod(path, mode)
        var hooks = Configuration.Hooks()
        hooks.onFault = [path, "now"]
        let findings = HookChecks.hooks(hooks)
        #expect(findings.map(\.mark) == [mark] && findings[0].subject == "hook on_fault")
        #expect((findings[0].advice ?? "").hasPrefix(advice))
    }

    @Test("so is one in a directory that everyone can change")
    func directoryOfEveryone() throws {
        let path = directory.file("hook")
        try TestFiles.write("#!/bin/sh\n", to: path)
        chmod(path, 0o755)
        chmod(directory.path, 0o777)
        let finding = HookChecks.program(path, subject: "hook")
        #expect(finding.mark == .problem && finding.advice == "chmod o-w \(directory.path).")
    }

    @Test("so is one that is not there, or is no file")
    func missing() {
        #expect(HookChecks.program(directory.file("none"), subject: "hook").mark == .problem)
        #expect(HookChecks.program(directory.path, subject: "hook").mark == .problem)
    }
}
