import CLinux
import Glibc
import Testing
import Wire

@testable import LinuxPlatform

@Suite("The control socket")
struct ControlSocketTests {
    /// The next connection or what it says, with bounded patience.
    private func next<Value>(_ get: () throws -> Value?) throws -> Value {
        var found: Value?
        _ = try eventually {
            found = try get()
            return found != nil
        }
        return try #require(found)
    }

    @Test("a question and its answer, line by line")
    func conversation() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/control.sock"
        let listener = try UnixListener(path: path)
        let client = try NamedThread(name: "client") { () -> Result<[String?], any Error> in
            Result {
                let client = try UnixClient(path: path)
                try client.send(line: "status")
                return [try client.receiveLine(), try client.receiveLine(), try client.receiveLine()]
            }
        }
        do {
            let connection = try next { try listener.accept() }
            let received = try next {
                let received = try connection.receive()
                return received.lines.isEmpty ? nil : received
            }
            #expect(received == UnixConnection.Received(lines: ["status"], isFinished: false))
            try connection.send("two nodes\nall ")
            try connection.send("well\n")
        }
        #expect(try await client.value().get() == ["two nodes", "all well", nil])
    }

    @Test("the socket has the mode that was asked for, whatever the umask", arguments: [UInt32(0o660), 0o600, 0o666])
    func mode(mode: UInt32) throws {
        let folder = try TemporaryDirectory()
        let listener = try UnixListener(path: folder.path + "/s", mode: mode)
        var found = stat()
        #expect(stat(folder.path + "/s", &found) == 0)
        #expect(found.st_mode & 0o777 == mode)
        #expect(try listener.accept() == nil)
    }

    @Test("the socket is its directory's group's where the directory says so", .enabled(if: geteuid() == 0))
    func group() throws {
        let folder = try TemporaryDirectory()
        chown(folder.path, 0, 2)
        chmod(folder.path, 0o2755)
        let listener = try UnixListener(path: folder.path + "/s")
        var found = stat()
        #expect(stat(folder.path + "/s", &found) == 0)
        #expect(found.st_gid == 2 && found.st_mode & 0o777 == 0o660)
        #expect(SocketAccess.advice(folder.path + "/s").contains("usermod -aG bin "))
        #expect(try listener.accept() == nil)
    }

    @Test("nobody is told to join root's group", arguments: [(0, "root"), (77, nil)] as [(UInt32, String?)])
    func rootsGroup(group: UInt32, name: String?) {
        #expect(SocketAccess.advice(group: group, name: name) == "Use sudo.")
    }

    @Test("a socket that a dead process left is replaced, and ours goes with us")
    func stale() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/s"
        do {
            let dead = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
            #expect(bramble_bind_unix(dead.number, path) == 0)
        }
        #expect(access(path, F_OK) == 0)
        do {
            let listener = try UnixListener(path: path)
            _ = try UnixClient(path: path)
            #expect(try next { try listener.accept() }.hasPending == false)
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test("a living listener is left alone, and so is a file that is no socket")
    func alive() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/s"
        let listener = try UnixListener(path: path)
        let error = #expect(throws: SystemError.self) { try UnixListener(path: path) }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.advice?.contains("Another bramble") == true)
        _ = try UnixClient(path: path)
        while try listener.accept() == nil {}
        try folder.make("file", "precious")
        #expect(throws: SystemError.self) { try UnixListener(path: folder.path + "/file") }
        #expect(try folder.text(of: "file") == "precious")
    }

    @Test("a listener does not remove a path that another has taken since")
    func replaced() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/s"
        do {
            let old = try UnixListener(path: path)
            #expect(try old.accept() == nil)
            #expect(unlink(path) == 0)
            try folder.make("s", "new")
        }
        #expect(try folder.text(of: "s") == "new")
    }

    @Test(
        "a path too long, or in no folder, is an error", arguments: [String(repeating: "x", count: 200), "no/such/s"])
    func badPaths(name: String) throws {
        let folder = try TemporaryDirectory()
        #expect(throws: SystemError.self) { try UnixListener(path: folder.path + "/" + name) }
    }

    @Test("lines come whole however they were cut, and an endless one is refused")
    func framing() throws {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let peer = Descriptor(owning: ends[0])
        let connection = UnixConnection(Descriptor(owning: ends[1]))
        func write(_ text: String) { _ = text.withCString { Glibc.write(peer.number, $0, strlen($0)) } }
        write("sta")
        #expect(try connection.receive().lines == [])
        write("tus\r\n\nnext\nhalf")
        #expect(try connection.receive().lines == ["status", "", "next"])
        write(String(repeating: "x", count: 5000))
        let error = #expect(throws: SystemError.self) { while true { _ = try connection.receive() } }
        #expect(error?.code == EMSGSIZE)
    }

    @Test("a peer that does not read blocks no one: the rest waits, within a bound")
    func slowPeer() throws {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let peer = Descriptor(owning: ends[0])
        let connection = UnixConnection(Descriptor(owning: ends[1]))
        let block = String(repeating: "y", count: 512 * 1024)
        try connection.send(block)
        #expect(connection.hasPending)
        let error = #expect(throws: SystemError.self) { for _ in 0..<4 { try connection.send(block) } }
        #expect(error?.code == ENOBUFS)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while connection.hasPending {
            #expect(read(peer.number, &buffer, buffer.count) > 0)
            try connection.flush()
        }
    }

    @Test("a client without a listener, or without an answer, says so")
    func clientErrors() throws {
        let folder = try TemporaryDirectory()
        let missing = #expect(throws: SystemError.self) { try UnixClient(path: folder.path + "/none") }
        #expect(missing?.advice?.contains("No bramble is running") == true)
        let listener = try UnixListener(path: folder.path + "/s")
        let client = try UnixClient(path: folder.path + "/s", timeout: .milliseconds(30))
        let late = #expect(throws: SystemError.self) { try client.receiveLine() }
        #expect(late?.code == ETIMEDOUT)
        #expect(try listener.accept() != nil)
    }
}

@Suite("The service manager")
struct SystemdTests {
    @Test("what is told arrives at the notify socket in one message")
    func notifies() throws {
        let folder = try TemporaryDirectory()
        let socket = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0))
        #expect(bramble_bind_unix(socket.number, folder.path + "/notify") == 0)
        setenv("NOTIFY_SOCKET", folder.path + "/notify", 1)
        setenv("WATCHDOG_USEC", "10000000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        defer { for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) } }
        #expect(Systemd.isListening)
        #expect(Systemd.watchdogInterval() == .seconds(10))
        #expect(Systemd.notify(.ready, .status("two nodes\nWATCHDOG=trigger"), .watchdog) == nil)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket.number, &buffer, buffer.count, 0)
        #expect(
            String(decoding: buffer.prefix(count), as: UTF8.self)
                == "READY=1\nSTATUS=two nodes WATCHDOG=trigger\nWATCHDOG=1")
        setenv("NOTIFY_SOCKET", folder.path + "/gone", 1)
        #expect(Systemd.notify(.stopping)?.code == ENOENT)
    }

    @Test("a reload tells the time it began, as the manager asks")
    func reloading() throws {
        let before = MonotonicClock.now().nanoseconds / 1000
        let lines = Systemd.field(.reloading).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(time >= before)
    }
}
