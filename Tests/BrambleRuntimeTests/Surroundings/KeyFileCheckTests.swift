import Glibc
import Testing

@testable import BrambleRuntime

struct KeyFileCheckTests {
    @Test(
        "a key that everybody can read is a warning, and says what to do",
        arguments: [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] as [(mode_t, Bool)])
    func readable(mode: mode_t, isWarned: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("bramble.toml")
        try TestFiles.write("", to: path)
        chmod(path, mode)
        let finding = KeyFileCheck.finding(path)
        #expect((finding?.mark == .warning) == isWarned)
        #expect(finding.map { $0.advice?.contains("chmod o= \(path)") == true } != false)
    }

    @Test("where there is no file there is nothing to warn of")
    func none() throws {
        #expect(KeyFileCheck.finding(nil) == nil)
        #expect(KeyFileCheck.finding(try TemporaryDirectory().file("none")) == nil)
    }
}
