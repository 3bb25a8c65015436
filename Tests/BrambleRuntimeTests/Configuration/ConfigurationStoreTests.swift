import Glibc
import Testing

@testable import BrambleRuntime

struct ConfigurationStoreTests {
    let directory = try? TemporaryDirectory()

    private func store(_ text: String) throws -> (ConfigurationStore, path: String) {
        let path = try #require(directory).file("bramble.toml")
        try TestFiles.write(text, to: path)
        return (try ConfigurationStore(ConfigurationFile(path), hostName: "pi"), path)
    }

    @Test("a bad file leaves the last good configuration in force, and says what is wrong")
    func keepsLastGood() throws {
        var (store, path) = try store("[http]\nport = 8080\n")
        let before = store.current
        try TestFiles.write("[http]\nport = \"x\"\n[log]\nlevel = \"debug\"\n", to: path)
        let reload = store.reload()
        #expect(!reload.isAccepted)
        #expect(reload.changes.isEmpty)
        #expect(reload.problems.contains { $0.path == "http.port" && $0.line == 2 && $0.severity == .error })
        #expect(store.current == before)
        #expect(store.problems == reload.problems)
    }

    @Test("a file that has gone leaves the last good configuration in force")
    func survivesRemoval() throws {
        var (store, path) = try store("[http]\nport = 8080\n")
        unlink(path)
        #expect(store.reload().problems.first?.description.contains("there is no such file") == true)
        #expect(store.current.http.port == 8080)
    }

    @Test("a file that is put right is taken, and clears what was wrong with it")
    func recovers() throws {
        var (store, path) = try store("[http]\nport = 8080\n")
        try TestFiles.write("[http\n", to: path)
        _ = store.reload()
        try TestFiles.write("[http]\nport = 9090\n", to: path)
        let reload = store.reload()
        #expect(reload.isAccepted)
        #expect(store.current.http.port == 9090)
        #expect(store.problems.allSatisfy { $0.severity == .warning })
    }

    @Test("a reload names what changed and what of it waits for the next start")
    func namesChanges() throws {
        var (store, path) = try store("[http]\nport = 8080\n")
        try TestFiles.write("[http]\nport = 9090\n[log]\nlevel = \"debug\"\n", to: path)
        let reload = store.reload()
        #expect(
            reload.changes.map(\.description) == [
                "http.port: 8080 -> 9090 (from the next start)", "log.level: \"info\" -> \"debug\"",
            ])
        #expect(reload.needsRestart)
    }

    @Test("the same settings, written otherwise, are no change")
    func sameIsNoChange() throws {
        var (store, path) = try store("[floating]\ninterval = \"20ms\"\n")
        try TestFiles.write("# again\n[floating]\ninterval = \"0.02s\"\n", to: path)
        #expect(store.reload().changes.isEmpty)
    }

    @Test("without a good file there is nothing to start with, and every error is told")
    func refuses() throws {
        #expect {
            try store("[http]\nport = 0\n[log]\nlevel = 1\n")
        } throws: { error in
            (error as? ConfigurationStore.Refusal)?.problems.count { $0.severity == .error } == 2
        }
    }

    @Test("the effective text is a file that comes to the same, but for the keys")
    func effectiveText() throws {
        let text = try TestFiles.read(ConfigurationCaseTests.directory + "/everything.toml")
        var expected = try #require(Configuration.read(text, file: "a", hostName: "pi").configuration)
        expected.cluster.keyring = nil
        let reading = Configuration.read(expected.effectiveText.replacingKeys, file: "b", hostName: "other")
        #expect(reading.configuration == expected)
    }
}

extension String {
    fileprivate var replacingKeys: String {
        split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("keys") }
            .joined(separator: "\n")
    }
}
