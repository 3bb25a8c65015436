import Glibc
import LinuxPlatform
import Testing
import Wire

@testable import BrambleRuntime

/// The command itself, as people run it.
@Suite(.enabled(if: Command.isBuilt))
struct CommandTests {
    let directory = try? TemporaryDirectory()

    @Test("--version names the program and its version")
    func version() throws {
        let result = try Command.run(["--version"])
        #expect(result == Command.Result(status: 0, output: "bramble \(Version.current)\n", errors: ""))
    }

    @Test(
        "each command explains itself with examples",
        arguments: [
            ["run"], ["status"], ["check"], ["identify"], ["drain"], ["resume"], ["resign"], ["key", "new"],
            ["key", "show"], ["key", "fingerprint"], ["key", "rotate"], ["key", "drop"],
            ["pair"], ["pair", "open"], ["pair", "close"], ["pair", "join"], ["admit"],
        ])
    func help(command: [String]) throws {
        let result = try Command.run(command + ["--help"])
        #expect(result.status == 0)
        #expect(
            result.output.contains("EXAMPLES") && result.output.contains("bramble \(command.joined(separator: " "))"))
    }

    @Test("a new key is printed with the lines for the file, and those lines are a configuration")
    func newKey() throws {
        let output = try Command.run(["key", "new"]).output
        let lines = output.split(separator: "\n").suffix(2)
        let reading = Configuration.read(lines.joined(separator: "\n"), file: "f", hostName: "pi")
        let fingerprint = try #require(reading.configuration?.cluster.keyring?.newest.fingerprint)
        #expect(output.contains(fingerprint))
    }

    @Test("a raw key is the key and nothing else, and no two are the same")
    func rawKeys() throws {
        let keys = try (0..<2).map { _ in try Command.run(["key", "new", "--raw"]).output.dropLast() }
        #expect(keys[0] != keys[1])
        for key in keys { #expect(throws: Never.self) { try KeyAdvice.fingerprint(ofKey: String(key)) } }
    }

    @Test("a key is written once, shown by its fingerprint, and never replaced")
    func writesKey() throws {
        let path = try #require(directory).file("bramble.toml")
        #expect(try Command.run(["key", "new", "--write", path]).status == 0)
        let text = try TestFiles.read(path)
        let again = try Command.run(["key", "new", "--write", path])
        #expect(again.status == 1 && again.errors.contains("there is a cluster key already"))
        #expect(try TestFiles.read(path) == text)
        let shown = try Command.run(["key", "fingerprint", "--config", path])
        let reading = Configuration.read(text, file: path, hostName: "pi")
        #expect(shown.output.dropLast() == reading.configuration?.cluster.keyring?.newest.fingerprint ?? "")
    }

    @Test("without a key there is nothing to show", arguments: ["fingerprint", "show"])
    func missingKey(command: String) throws {
        let path = try #require(directory).file("bramble.toml")
        try TestFiles.write("", to: path)
        let result = try Command.run(["key", command, "--config", path])
        #expect(result.status == 1 && result.errors.contains("bramble key new"))
    }

    @Test(
        "without a daemon, commands end with 2 and name the socket",
        arguments: ["status", "identify pi", "drain", "resume", "resign", "key rotate", "key drop"])
    func unreachable(command: String) throws {
        let path = try #require(directory).file("none.sock")
        let arguments = command.split(separator: " ").map(String.init)
        let result = try Command.run(arguments + ["--socket", path])
        #expect(result.status == 2)
        #expect(result.errors.contains(path) && result.errors.contains("systemctl status bramble"))
    }

    @Test("status ends with 0 for a healthy node and with 1 for another", arguments: [true, false])
    func status(isHealthy: Bool) async throws {
        let path = try #require(directory).file("s")
        let report = isHealthy ? SampleReports.healthy : SampleReports.leaderless
        let daemon = try OneAnswer.daemon(at: path, answering: [try ControlReply.report(report).line])
        let result = try Command.run(["status", "--socket", path])
        #expect(result.status == (isHealthy ? 0 : 1))
        #expect(result.output == StatusRenderer(report, shape: TerminalShape()).text)
        _ = await daemon.value()
    }

    @Test("status --json prints the report as it came, with fields that this version does not know")
    func json() async throws {
        let path = try #require(directory).file("s")
        let report = try JSONText.text(SampleReports.healthy)
        let received = "{\"a_later_field\":18446744073709551615," + report.dropFirst()
        let daemon = try OneAnswer.daemon(at: path, answering: ["{\"ok\":true,\"status\":\(received)}"])
        let result = try Command.run(["status", "--json", "--socket", path])
        #expect(result.output == received + "\n")
        _ = await daemon.value()
    }

    @Test(
        "with a file that is no good the daemon is asked where the file says, else at the usual place, and that is said",
        arguments: [("[http]\nport = 0\n", true), ("[http\n", false)])
    func brokenFile(text: String, isSaid: Bool) async throws {
        let directory = try #require(directory)
        let (path, file) = (directory.file("s"), directory.file("bramble.toml"))
        try TestFiles.write("\(text)[node]\ncontrol = \"\(path)\"\n", to: file)
        guard isSaid else {
            let result = try Command.run(["status", "--config", file])
            #expect(result.errors.contains("\(file):1") && result.errors.contains("usual place, /run/bramble/"))
            return
        }
        let daemon = try OneAnswer.daemon(
            at: path, answering: [try ControlReply.report(SampleReports.healthy).line])
        #expect(try Command.run(["status", "--config", file]).status == 0)
        _ = await daemon.value()
    }

    @Test("who may not read the node's keys is told who may, and which file it is", .enabled(if: geteuid() == 0))
    func forbiddenKeys() throws {
        let directory = try #require(directory)
        chmod(directory.path, 0o755)
        let file = directory.file("bramble.toml")
        try TestFiles.write("[node]\ndata = \"\(directory.path)\"\n", to: file)
        try TestFiles.write("", to: directory.file("pairing"))
        chmod(file, 0o644)
        chmod(directory.file("pairing"), 0o600)
        let result = try Command.run(["key", "show", "--config", file], asUser: "nobody")
        #expect(result.status == 1 && result.errors.contains("may not read \(directory.file("pairing"))"))
        #expect(result.errors.contains("sudo") && !result.errors.contains("Make room"))
    }

    @Test("identify says what the daemon says, and ends with 1 if it refuses", arguments: [true, false])
    func identify(isKnown: Bool) async throws {
        let path = try #require(directory).file("s")
        let reply = isKnown ? ControlReply.done("pi-oak is blinking") : .failed("no node is called \"pi-oak\"")
        let daemon = try OneAnswer.daemon(at: path, answering: [try reply.line])
        let result = try Command.run(["identify", "pi-oak", "--socket", path])
        #expect(result.status == (isKnown ? 0 : 1))
        #expect((isKnown ? result.output : result.errors).contains("pi-oak"))
        #expect(await daemon.value() == #"{"command":"identify","node":"pi-oak"}"#)
    }

    @Test(
        "simulate takes one seed or many, and says so",
        arguments: [["--seeds", "2"], ["--from", "3"], ["--seeds", "100", "--from", "1"]])
    func simulate(rest: [String]) throws {
        let program = Command.path.droppingLastComponent + "/simulate"
        let result = try Command.run(["--seed", "1"] + rest, program: program)
        #expect(result.status != 0 && result.errors.contains("--seed runs one seed alone"))
    }

    @Test("check ends with 1 for a bad file, and prints its problems as they are logged")
    func check() throws {
        let path = try #require(directory).file("bramble.toml")
        try TestFiles.write("[http]\nport = 0\n", to: path)
        let result = try Command.run(["check", "--json", "--config", path])
        #expect(result.status == 1)
        let report = try JSONText.decode(CheckReport.self, from: result.output.utf8)
        #expect(report.findings.first?.found == "\(path):2: [http] port = 0: must be a whole number from 1 to 65535")
    }
}

/// Runs the built program.
enum Command {
    struct Result: Hashable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The program beside the test runner.
    static let path: String = {
        guard let runner = realpath("/proc/self/exe", nil) else { return "" }
        defer { free(runner) }
        return String(cString: runner).droppingLastComponent + "/bramble"
    }()

    static var isBuilt: Bool { access(path, X_OK) == 0 }

    /// Runs it to its end; output goes through files, so that no pipe can fill.
    static func run(_ arguments: [String], asUser user: String? = nil, program: String = path) throws -> Result {
        let directory = try TemporaryDirectory()
        let (output, errors) = (directory.file("out"), directory.file("err"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
        let command = user.map { ["setpriv", "--reuid", $0, "--clear-groups"] } ?? []
        var words = (command + [command.isEmpty ? "bramble" : program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, command.first ?? program, &actions, nil, &words, environ) == 0 else {
            throw TestFiles.Failure(call: "run \(path)")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        return Result(status: code, output: try TestFiles.read(output), errors: try TestFiles.read(errors))
    }
}
