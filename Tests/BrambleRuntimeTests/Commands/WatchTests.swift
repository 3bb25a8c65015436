import Glibc
import Testing

@testable import BrambleRuntime

@Suite(.enabled(if: Command.isBuilt), .timeLimit(.minutes(1)))
struct WatchTests {
    let directory = try? TemporaryDirectory()

    @Test(
        "a watch draws in the alternate screen and leaves the terminal as it was, whatever ends it",
        arguments: [SIGINT, SIGTERM, SIGHUP])
    func leavesTerminal(signal: Int32) throws {
        let path = try #require(directory).file("none.sock")
        let terminal = try Terminal(["status", "--watch", "--socket", path])
        try terminal.read(until: "Ctrl-C ends.")
        kill(terminal.process, signal)
        let status = terminal.finish()
        #expect(status == 0)
        let output = terminal.output
        #expect(output.hasPrefix(ScreenFrame.enter + "\u{1B}[H"))
        #expect(output.hasSuffix(ScreenFrame.leave))
        #expect(output.contains(path))
    }

    @Test("a change of the window's size draws anew at once, and goes on")
    func redraws() throws {
        let path = try #require(directory).file("none.sock")
        let terminal = try Terminal(["status", "--watch", "--socket", path])
        try terminal.read(until: "Ctrl-C ends.")
        kill(terminal.process, SIGWINCH)
        try terminal.read(until: "Ctrl-C ends.")
        kill(terminal.process, SIGINT)
        #expect(terminal.finish() == 0)
    }
}

/// A program on a terminal of its own.
private final class Terminal {
    private(set) var process: pid_t = 0
    private(set) var output = ""
    private let main: Int32
    private var searched = 0

    init(_ arguments: [String]) throws {
        main = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var unlocked: Int32 = 0
        var number: Int32 = -1
        // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)); the overlay of glibc has no unlockpt and no ptsname.
        guard main >= 0, ioctl(main, 0x4004_5431, &unlocked) == 0, ioctl(main, 0x8004_5430, &number) == 0 else {
            throw TestFiles.Failure(call: "open a terminal")
        }
        let name = "/dev/pts/\(number)"
        _ = fcntl(main, F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for number in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, number, name, O_RDWR | O_NOCTTY, 0) }
        var words = (["bramble"] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        guard posix_spawn(&process, Command.path, &actions, nil, &words, environ) == 0 else {
            throw TestFiles.Failure(call: "run \(Command.path)")
        }
    }

    deinit { close(main) }

    /// Reads until the text appears, after where it appeared the last time.
    func read(until text: String) throws {
        while !output.utf8.dropFirst(searched).elementsContain(text) {
            guard readSome() else { throw TestFiles.Failure(call: "see \(text) in \(output)") }
        }
        searched = output.utf8.count
    }

    /// Reads to the end, and gives the exit status; negative for a signal.
    func finish() -> Int32 {
        while readSome() {}
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    private func readSome() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(main, &buffer, buffer.count)
        guard count > 0 else { return false }
        output += String(decoding: buffer.prefix(count), as: UTF8.self)
        return true
    }
}

extension Sequence<UInt8> {
    fileprivate func elementsContain(_ text: String) -> Bool {
        String(decoding: Array(self), as: UTF8.self).contains(text)
    }
}
