import Glibc
import Testing
import Wire

@testable import BrambleRuntime

struct ConfigurationFileTests {
    let directory = try? TemporaryDirectory()

    @Test("without a file at the usual places the error says where they are")
    func namesUsualPlaces() throws {
        let directory = try #require(directory)
        let file = ConfigurationFile(nil, places: [directory.file("a.toml"), directory.file("b.toml")])
        let reading = file.read(hostName: "pi")
        #expect(reading.configuration == nil)
        #expect(reading.problems.count == 1)
        let text = try #require(reading.problems.first).description
        #expect(text.contains(directory.file("a.toml")) && text.contains(directory.file("b.toml")))
        #expect(text.contains("--config"))
    }

    @Test("the first usual place that has a file wins")
    func firstPlaceWins() throws {
        let directory = try #require(directory)
        try TestFiles.write("", to: directory.file("b.toml"))
        let file = ConfigurationFile(nil, places: [directory.file("a.toml"), directory.file("b.toml")])
        #expect(file.path == directory.file("b.toml"))
        #expect(file.read(hostName: "pi").configuration?.node.name == "pi")
    }

    @Test("a directory, a file of another encoding and a file without end are refused in words")
    func refusesOddities() throws {
        let directory = try #require(directory)
        #expect(ConfigurationFile(directory.path).read().problems.first?.advice == "Name the file in this directory.")
        #expect(ConfigurationFile("/dev/zero").read().problems.first?.complaint.contains("larger than") == true)
        let path = directory.file("latin1.toml")
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        _ = write(descriptor, [0x23, 0x0A, 0x23, 0xFC, 0x0A] as [UInt8], 5)
        close(descriptor)
        let problem = ConfigurationFile(path).read().problems.first
        #expect(problem?.line == 2)
        #expect(problem?.complaint == "this is no UTF-8 text")
    }

    @Test(
        "a host's name becomes a node's name, without what a name may not have",
        arguments: [("pi-oak", "pi-oak"), ("pi oak!", "pioak"), ("-x", "x"), ("", "node"), ("ü", "node")])
    func namesFromHost(host: String, name: String) {
        #expect(NodeName.from(hostName: host) == name)
    }
}

struct KeyInsertionTests {
    let key = try? ClusterKey(String(repeating: "ab", count: 32))
    let directory = try? TemporaryDirectory()

    @Test(
        "the key goes under [cluster], and everything else stays as it is",
        arguments: [
            ("", "[cluster]\nKEY\n"),
            ("[http]\nport = 1\n", "[http]\nport = 1\n\n[cluster]\nKEY\n"),
            ("[http]\nport = 1", "[http]\nport = 1\n\n[cluster]\nKEY\n"),
            ("# a\n[cluster] # b\nport = 1\n", "# a\n[cluster] # b\nKEY\nport = 1\n"),
            ("[cluster]", "[cluster]\nKEY\n"),
            ("[cluster]\r\nport = 1\r\n", "[cluster]\r\nKEY\r\nport = 1\r\n"),
        ])
    func inserts(text: String, expected: String) throws {
        let key = try #require(key)
        let result = try KeyInsertion.insert(key, into: text, file: "f")
        let parts = expected.split(separator: "KEY", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(result == parts.joined(separator: "key = \"\(key.text)\""))
        #expect(Configuration.read(result, file: "f", hostName: "pi").configuration?.cluster.keyring?.newest == key)
    }

    @Test(
        "a file that has a key, or is broken, is left alone",
        arguments: [
            "[cluster]\nkey = \"x\"\n", "[cluster]\nkeys = []\n", "[cluster\n", "cluster = 3\n",
            "cluster = { port = 1 }\n", "cluster.port = 1\n",
        ])
    func refuses(text: String) throws {
        let path = try #require(directory).file("bramble.toml")
        try TestFiles.write(text, to: path)
        let key = try #require(key)
        #expect(throws: KeyInsertion.Refusal.self) { try KeyInsertion.insert(key, intoFileAt: path) }
        #expect(try TestFiles.read(path) == text)
        #expect(TestFiles.list(try #require(directory).path) == ["bramble.toml"])
    }

    @Test("a new file is for its owner only, another keeps its mode, and a link stays a link")
    func keepsModes() throws {
        let directory = try #require(directory)
        let key = try #require(key)
        try KeyInsertion.insert(key, intoFileAt: directory.file("new.toml"))
        #expect(mode(of: directory.file("new.toml")) == 0o600)
        try TestFiles.write("", to: directory.file("old.toml"))
        chmod(directory.file("old.toml"), 0o640)
        symlink(directory.file("old.toml"), directory.file("link.toml"))
        try KeyInsertion.insert(key, intoFileAt: directory.file("link.toml"))
        #expect(mode(of: directory.file("old.toml")) == 0o640)
        #expect(try TestFiles.read(directory.file("old.toml")).contains(key.text))
        #expect(TestFiles.list(directory.path) == ["link.toml", "new.toml", "old.toml"])
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
}
