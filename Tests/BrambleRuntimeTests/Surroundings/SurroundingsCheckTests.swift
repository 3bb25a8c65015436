import Glibc
import LinuxPlatform
import Testing
import Wire

@testable import BrambleRuntime

struct PortCheckTests {
    @Test("a free port is good, and one that another program has is a problem that says how to find it")
    func ports() {
        #expect(PortChecks.http(80, isDaemonRunning: false, outcome: .free).mark == .good)
        let taken = PortChecks.http(80, isDaemonRunning: false, outcome: .failed(EADDRINUSE))
        #expect(taken.mark == .problem && taken.advice?.contains("ss -tlpn sport = :80") == true)
        let gossip = PortChecks.gossip(7373, isDaemonRunning: false, outcome: .failed(EADDRINUSE))
        #expect(gossip.mark == .problem && gossip.advice?.contains("ss -ulpn sport = :7373") == true)
    }

    @Test("a port in use is as it should be while the daemon runs")
    func daemonsPorts() {
        #expect(PortChecks.http(80, isDaemonRunning: true, outcome: .failed(EADDRINUSE)).mark == .good)
        #expect(PortChecks.gossip(7373, isDaemonRunning: true, outcome: .failed(EADDRINUSE)).mark == .good)
        #expect(PortChecks.http(80, isDaemonRunning: true, outcome: .failed(EACCES)).mark == .problem)
    }

    @Test("a lifeline port that another program has is a warning, and one that is free or the daemon's is good")
    func lifelinePort() {
        let taken = PortChecks.lifeline(7373, isDaemonRunning: false, outcome: .failed(EADDRINUSE))
        #expect(taken.mark == .warning && taken.advice?.contains("ss -ltnp 'sport = :7373'") == true)
        #expect(PortChecks.lifeline(80, isDaemonRunning: false, outcome: .failed(EACCES)).mark == .warning)
        #expect(PortChecks.lifeline(7373, isDaemonRunning: true, outcome: .failed(EADDRINUSE)).mark == .good)
        #expect(PortChecks.lifeline(7373, isDaemonRunning: false, outcome: .free).mark == .good)
    }

    @Test("a port that may not be opened names the capability")
    func forbidden() {
        let finding = PortChecks.http(80, isDaemonRunning: false, outcome: .failed(EACCES))
        #expect(finding.found.contains("Permission denied"))
        #expect(finding.advice?.contains("CAP_NET_BIND_SERVICE") == true)
    }

    @Test("trying a port finds who has it, and gives it back", arguments: [true, false])
    func tries(isUDP: Bool) throws {
        let number = socket(AF_INET, Int32(isUDP ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var count = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(number, $0, count)
                _ = getsockname(number, $0, &count)
            }
        }
        if !isUDP { listen(number, 1) }
        let port = UInt16(bigEndian: name.sin_port)
        let local = try #require(IPAddress("127.0.0.1"))
        #expect(PortChecks.tryBind(port, isUDP: isUDP, addresses: [local]) == .failed(EADDRINUSE))
        close(number)
        #expect(PortChecks.tryBind(port, isUDP: isUDP, addresses: [local]) == .free)
        #expect(PortChecks.tryBind(port, isUDP: isUDP, addresses: [local]) == .free)
    }

    @Test("an address that this machine does not have now is nothing against the port")
    func elsewhere() throws {
        let address = try #require(IPAddress("192.0.2.77"))
        #expect(PortChecks.tryBind(0, isUDP: false, addresses: [address]) == .free)
    }
}

struct PermissionCheckTests {
    @Test(
        "capabilities are read from the kernel's text",
        arguments: [
            ("Name:\tx\nCapEff:\t0000000000003000\n", 0x3000), ("CapEff: 1ffffffffff", 0x1FF_FFFF_FFFF),
            ("CapPrm:\t3000", nil), ("CapEff:\tzz", nil), ("", nil),
        ] as [(String, UInt64?)])
    func reads(status: String, expected: UInt64?) {
        #expect(PermissionChecks.effectiveCapabilities(in: status) == expected)
    }

    @Test("this machine's own text can be read")
    func readsOwn() throws {
        let text = String(decoding: try WholeFile.read("/proc/self/status", limit: 65536), as: UTF8.self)
        #expect(PermissionChecks.effectiveCapabilities(in: text) != nil)
    }

    @Test("addresses need CAP_NET_ADMIN")
    func addresses() {
        #expect(PermissionChecks.addresses(capabilities: 1 << 12, isDaemonRunning: false).mark == .good)
        for capabilities in [0, 1 << 13, nil] as [UInt64?] {
            let finding = PermissionChecks.addresses(capabilities: capabilities, isDaemonRunning: false)
            #expect(finding.mark == .problem && finding.advice?.contains("CAP_NET_ADMIN") == true)
            #expect(PermissionChecks.addresses(capabilities: capabilities, isDaemonRunning: true).mark == .warning)
        }
    }

    @Test("announcements need packet sockets")
    func packets() {
        #expect(PermissionChecks.packets(errorNumber: 0, isDaemonRunning: false).mark == .good)
        let refused = PermissionChecks.packets(errorNumber: EPERM, isDaemonRunning: false)
        #expect(refused.mark == .problem && refused.advice?.contains("CAP_NET_RAW") == true)
        let missing = PermissionChecks.packets(errorNumber: EAFNOSUPPORT, isDaemonRunning: true)
        #expect(missing.mark == .problem && missing.advice?.contains("AF_PACKET") == true)
    }

    @Test("real time comes by capability or by limit, and its lack is a warning")
    func realTime() {
        #expect(PermissionChecks.realTime(capabilities: 1 << 23, priorityLimit: 0).mark == .good)
        #expect(PermissionChecks.realTime(capabilities: 0, priorityLimit: 10).mark == .good)
        #expect(PermissionChecks.realTime(capabilities: 0, priorityLimit: 0).mark == .warning)
    }
}

struct LightCheckTests {
    @Test(
        "lights are looked for where the setting says",
        arguments: [
            (.auto, ["gpiochip0"], [], .good), (.auto, [], ["ACT"], .good), (.auto, [], [], .warning),
            (.gpio, ["null"], ["ACT"], .warning), (.gpio, ["gpiochip4"], [], .good),
            (.act, ["gpiochip0"], [], .warning),
            (.act, [], ["led0"], .good), (.off, [], [], .good), (.terminal, [], [], .good),
        ] as [(Configuration.Lights.Output, [String], [String], Finding.Mark)])
    func finds(output: Configuration.Lights.Output, devices: [String], leds: [String], mark: Finding.Mark) {
        #expect(LightChecks.lights(output, devices: devices, leds: leds).mark == mark)
    }

    @Test("names of a directory are listed, and a missing one has none")
    func lists() {
        #expect(DirectoryNames.list("/dev").contains("null"))
        #expect(DirectoryNames.list("/nowhere").isEmpty)
    }
}

struct SurroundingsCheckTests {
    let directory = try? TemporaryDirectory()

    private func report(_ text: String) throws -> CheckReport {
        let path = try #require(directory).file("bramble.toml")
        try TestFiles.write(text, to: path)
        return SurroundingsCheck.run(ConfigurationFile(path))
    }

    @Test("of a bad configuration each problem is told, and whether a daemon runs, as the file can still say")
    func badConfiguration() throws {
        let path = try #require(directory).file("s")
        try TestFiles.write("", to: path)
        let report = try report("[http]\nport = 0\n[log]\nlevel = \"x\"\n[node]\ncontrol = \"\(path)\"\n")
        #expect(report.findings.map(\.subject) == ["configuration", "configuration", "daemon"])
        #expect(!report.isGood)
        #expect(report.findings.dropLast().last?.unaffected?.contains("last good configuration") == true)
        #expect(report.findings.last?.found.contains(path) == true)
    }

    @Test("a missing key is one finding, and a problem only where nodes do not pair", arguments: [true, false])
    func missingKey(pairs: Bool) throws {
        let directory = try #require(directory)
        let report = try report(
            "[node]\ncontrol = \"\(directory.file("s"))\"\ndata = \"\(directory.path)\"\n[floating]\naddresses = []\n[cluster]\npairing = \(pairs)\n"
        )
        let findings = report.findings.filter { $0.found.contains("key") || $0.subject.contains("key") }
        #expect(findings.map(\.subject) == ["cluster key"])
        #expect(findings.first?.mark == (pairs ? .good : .problem))
        #expect(report.findings.first?.mark == .good)
    }

    @Test("a daemon that runs, one that is dead, and none are told apart")
    func daemons() async throws {
        let path = try #require(directory).file("s")
        #expect(SurroundingsCheck.daemon(at: path).finding == .good("daemon", "not running"))
        try TestFiles.write("", to: path)
        #expect(SurroundingsCheck.daemon(at: path).finding.mark == .warning)
        unlink(path)
        let daemon = try OneAnswer.daemon(at: path, answering: [try ControlReply.report(SampleReports.healthy).line])
        let found = SurroundingsCheck.daemon(at: path)
        #expect(found.isRunning && found.finding.found.contains("pi-elm is running"))
        _ = await daemon.value()
    }

    @Test("the report for people has a mark for each finding, and counts what is wrong")
    func rendering() {
        let report = CheckReport(
            file: "f",
            findings: [
                .good("site", "/srv/site"),
                .warning("lights", "none", unaffected: "everything else", advice: "Set [lights] output = \"off\"."),
                .problem("data", "no room \u{1B}[2J", unaffected: "the site", advice: "Make room."),
            ])
        let expected = """
            ✓ site: /srv/site
            ! lights: none
                Still works: everything else
                To do: Set [lights] output = "off".
            ✗ data: no room \\u{1b}[2J
                Still works: the site
                To do: Make room.

            1 problem, 1 warning

            """
        #expect(report.text(shape: TerminalShape()) == expected)
        #expect(report.text(shape: TerminalShape(hasColour: true)).contains("\u{1B}[31m✗\u{1B}[0m"))
    }
}
