import CLinux
import Glibc
import Testing
import Wire

@testable import LinuxPlatform

/// A caller and the poller that drives it.
private final class Line {
    let poller: Poller
    let caller: LifelineCaller
    private(set) var changes: [LifelineCaller.Change] = []

    init(to address: SocketAddress, avoiding: Set<IPAddress> = []) throws {
        poller = try Poller()
        caller = LifelineCaller(to: address, token: .init(7), avoiding: avoiding, at: MonotonicClock.now())
    }

    func turn() throws {
        let soon = MonotonicClock.now().advanced(by: .milliseconds(10))
        for _ in try poller.wait(until: min(soon, caller.nextDeadline ?? soon)) {
            changes += caller.ready(with: poller, at: MonotonicClock.now())
        }
        changes += caller.deadlineReached(with: poller, at: MonotonicClock.now())
    }

    /// Turns until it is so; gives up after ten seconds.
    func drive(until condition: () throws -> Bool) throws -> Bool {
        let end = MonotonicClock.now().advanced(by: .seconds(10))
        while MonotonicClock.now() < end {
            try turn()
            if try condition() { return true }
        }
        return false
    }

    func drive(for duration: Duration) throws {
        let end = MonotonicClock.now().advanced(by: duration)
        while MonotonicClock.now() < end { try turn() }
    }
}

/// A connection that nobody drives.
private final class Junk {
    let socket: Descriptor

    init(to address: SocketAddress, from source: IPAddress) throws {
        socket = try .socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0, "junk")
        var local = bramble_endpoint(source)
        var remote = bramble_endpoint(address.ip, port: address.port)
        try check(bramble_bind(socket.number, &local), "bind junk")
        try check(bramble_connect(socket.number, &remote), "connect junk")
    }

    func send(_ bytes: [UInt8]) -> Bool { Glibc.send(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 }

    /// Whether the other side has ended the connection.
    var isOver: Bool {
        var byte: UInt8 = 0
        let count = recv(socket.number, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }
}

@Suite("Lifelines")
struct LifelineTests {
    private let loopback = IPAddress.v4(0x7F00_0001)

    private func address(of listener: LifelineListener) -> SocketAddress {
        SocketAddress(ip: loopback, port: listener.port)
    }

    @Test("the end of the other side is noticed, and then that nobody listens there")
    func brokenAndRefused() throws {
        let listener = try LifelineListener(port: 0)
        let line = try Line(to: address(of: listener))
        #expect(try line.drive { line.caller.standing == .held })
        #expect(eventually { listener.report.held == [loopback: 1] })
        #expect(line.caller.nextDeadline == nil && line.changes.isEmpty)
        listener.close()
        #expect(try line.drive { line.changes == [.broke, .refused] })
        #expect(line.caller.standing == .waiting)
        // It goes on trying, and says no more.
        try line.drive(for: .milliseconds(400))
        #expect(line.changes == [.broke, .refused])
        let again = try LifelineListener(port: listener.port)
        #expect(try line.drive { line.caller.standing == .held })
        #expect(line.changes == [.broke, .refused])
        again.close()
        #expect(try line.drive { line.changes == [.broke, .refused, .broke, .refused] })
    }

    @Test("a kernel gives a sign of life when it is asked for one, as often as a Backup asks")
    func signsOfLife() throws {
        let listener = try LifelineListener(port: 0)
        let line = try Line(to: address(of: listener))
        #expect(!line.caller.takeSignOfLife())
        #expect(!line.caller.askForSignOfLife(at: MonotonicClock.now()), "there is no connection yet")
        #expect(!line.caller.takeSignOfLife())
        #expect(try line.drive { line.caller.standing == .held })
        for _ in 0..<40 {
            #expect(line.caller.askForSignOfLife(at: MonotonicClock.now()))
            #expect(try line.drive { line.caller.takeSignOfLife() })
            #expect(!line.caller.takeSignOfLife(), "it is taken once")
            try line.drive(for: .milliseconds(20))
        }
        #expect(line.changes.isEmpty && line.caller.standing == .held)
    }

    @Test(
        "what is sent and not acknowledged is no sign of life",
        .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
    func noSign() async throws {
        try await inNewNamespace {
            try shell("ip link set lo up")
            let listener = try LifelineListener(port: 0)
            let line = try Line(to: SocketAddress(ip: loopback, port: listener.port))
            #expect(try line.drive { line.caller.standing == .held })
            try shell("ip link set lo down")
            for _ in 0..<5 {
                _ = line.caller.askForSignOfLife(at: MonotonicClock.now())
                usleep(10_000)
                #expect(!line.caller.takeSignOfLife())
            }
            try shell("ip link set lo up")
            #expect(try line.drive { line.caller.takeSignOfLife() }, "what was lost is repeated, and answered")
        }
    }

    @Test("a kernel whose process reads nothing gives sign after sign, and does not put them off")
    func signsWhileHung() throws {
        // Nobody drives it: the connection waits to be accepted.
        let reception = try LifelineReception(port: 0, poller: Poller())
        let line = try Line(to: SocketAddress(ip: loopback, port: reception.port))
        #expect(try line.drive { line.caller.standing == .held })
        var times: [Duration] = []
        for _ in 0..<12 {
            let begin = MonotonicClock.now()
            #expect(line.caller.askForSignOfLife(at: begin))
            while !line.caller.takeSignOfLife(), begin.duration(to: MonotonicClock.now()) < .seconds(5) { usleep(100) }
            times.append(begin.duration(to: MonotonicClock.now()))
            usleep(15_000)
        }
        // What Linux puts off, it puts off by 40 ms at least; a busy machine delays one or another.
        #expect(times.sorted()[6] < .milliseconds(30), "\(times)")
    }

    @Test("a refusal where no connection ever was is no news")
    func neverThere() throws {
        let gone = try LifelineListener(port: 0)
        gone.close()
        let line = try Line(to: address(of: gone))
        try line.drive(for: .milliseconds(400))
        #expect(line.changes.isEmpty)
    }

    @Test("a connection that is broken while the other side lives is taken up again")
    func takenUpAgain() throws {
        let listener = try LifelineListener(port: 0)
        // The listener breaks connections that talk. The caller never does, so its descriptor is borrowed.
        let line = try Line(to: address(of: listener))
        #expect(try line.drive { line.caller.standing == .held })
        #expect(eventually { listener.report.held == [loopback: 1] })
        let number = try #require(openSocket(to: listener.port))
        // One piece after the other, so that most are read by themselves.
        for _ in 0..<5000 where listener.report.turnedAway == 0 {
            _ = send(number, "x", 1, Int32(MSG_NOSIGNAL))
            usleep(1000)
        }
        #expect(try line.drive { line.changes == [.broke] && line.caller.standing == .held })
        #expect(listener.report.turnedAway == 1)
        #expect(eventually { listener.report.held == [loopback: 1] })
    }

    /// The descriptor of this process that is connected to the port.
    private func openSocket(to port: UInt16) -> Int32? {
        (3..<1024).first { number in
            var remote = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let found = withUnsafeMutablePointer(to: &remote) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) }
            }
            return found == 0 && remote.sin_family == sa_family_t(AF_INET) && UInt16(bigEndian: remote.sin_port) == port
        }
    }

    @Test("one address has few places, and who finds none does not break what is there")
    func limits() throws {
        let listener = try LifelineListener(port: 0)
        let address = address(of: listener)
        let first = try (0..<4).map { _ in try Junk(to: address, from: .v4(0x7F00_0002)) }
        #expect(eventually { listener.report.held == [.v4(0x7F00_0002): 4] })
        let more = try (0..<3).map { _ in try Junk(to: address, from: .v4(0x7F00_0002)) }
        #expect(eventually { listener.report.turnedAway == 3 && more.allSatisfy(\.isOver) })
        #expect(first.allSatisfy { !$0.isOver })
        let other = try Junk(to: address, from: .v4(0x7F00_0003))
        #expect(eventually { listener.report.held[.v4(0x7F00_0003)] == 1 })
        #expect(!other.isOver)
    }

    @Test("hundreds of strangers leave room for members, who need not wait for them to go")
    func flood() throws {
        let listener = try LifelineListener(port: 0)
        let address = address(of: listener)
        let member = IPAddress.v4(0x7F00_0909)
        listener.update(members: [member])
        let junk = try (0..<200).map { number in
            try Junk(to: address, from: .v4(0x7F00_0100 + UInt32(number / 2)))
        }
        #expect(eventually { listener.report.turnedAway == 200 - UInt64(LifelinePlaces.mostStrangers) })
        let own = try Junk(to: address, from: member)
        #expect(eventually { listener.report.held[member] == 1 })
        #expect(!own.isOver && junk.count { !$0.isOver } == LifelinePlaces.mostStrangers)
    }

    @Test("who talks is sent away")
    func talks() throws {
        let listener = try LifelineListener(port: 0)
        let junk = try Junk(to: address(of: listener), from: loopback)
        #expect(eventually { junk.isOver || !junk.send([UInt8](repeating: 0x41, count: 4096)) })
        #expect(eventually { listener.report.turnedAway == 1 && listener.report.held.isEmpty })
    }

    @Test("a port that is taken is an error with advice, and one that was given back is free at once")
    func taken() throws {
        let listener = try LifelineListener(port: 0)
        let line = try Line(to: address(of: listener))
        #expect(try line.drive { line.caller.standing == .held })
        let error = #expect(throws: SystemError.self) { try LifelineListener(port: listener.port) }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.advice?.contains("ss -ltnp 'sport = :\(listener.port)'") == true)
        listener.close()
        let again = try LifelineListener(port: listener.port)
        #expect(again.port == listener.port)
    }

    @Test("the listener's descriptors are in a table of their own, so that they close before the memory goes")
    func ownTable() throws {
        let listener = try LifelineListener(port: 0)
        let line = try Line(to: address(of: listener))
        #expect(try line.drive { line.caller.standing == .held })
        #expect(eventually { listener.report.held == [loopback: 1] })
        #expect(!(3..<1024).contains { bramble_local_port($0) == Int32(listener.port) })
    }

    @Test("a floating address is at neither end", arguments: [true, false])
    func floating(isTarget: Bool) throws {
        let listener = try LifelineListener(port: 0)
        // Connecting to 127.0.0.2, the kernel chooses 127.0.0.1 for this end.
        let far = SocketAddress(ip: .v4(0x7F00_0002), port: listener.port)
        let line = try Line(to: far, avoiding: [isTarget ? far.ip : loopback])
        try line.drive(for: .milliseconds(400))
        #expect(line.caller.standing == .waiting && line.changes.isEmpty)
        #expect(eventually { listener.report.held.isEmpty })
    }

    @Test(
        "a connection that ended, and after it silence, is no refusal", .enabled(if: noNamespaces == nil),
        arguments: ["192.0.2.2", "2001:db8::2"])
    func silence(address: String) async throws {
        let changes = try await onCable { cable in
            let listener = try cable.at(.right) { try LifelineListener(port: 7373) }
            let ip = try #require(IPAddress(address))
            let line = try Line(to: SocketAddress(ip: ip, port: 7373))
            #expect(try line.drive { line.caller.standing == .held })
            // From here on, all that is sent goes to a network card that nobody has.
            try shell("ip neigh replace \(address) lladdr 02:00:00:00:00:99 dev a nud permanent")
            listener.close()
            #expect(try line.drive { !line.changes.isEmpty })
            try line.drive(for: .milliseconds(400))
            return line.changes
        }
        #expect(changes == [.broke])
    }
}
