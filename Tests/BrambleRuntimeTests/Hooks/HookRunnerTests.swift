import Glibc
import LinuxPlatform
import Logging
import NodeCore
import ServiceLifecycle
import Testing
import VRRP
import Wire

@testable import BrambleRuntime

/// Real programs, run as hooks.
@Suite struct HookRunnerTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func script(_ body: String, mode: mode_t = 0o755, name: String = "hook") throws -> String {
        let path = directory.file(name)
        try TestFiles.write(body, to: path)
        chmod(path, mode)
        return path
    }

    /// Runs the hooks of these transitions of one address, and answers what came of them when all have ended.
    private func run(
        _ hooks: Configuration.Hooks,
        _ transitions: [(RouterState, RouterState, TransitionReason)] = [(.backup, .active, .activeSilent)],
        refusal: SystemError? = nil
    ) async throws -> HookFacts {
        let facts = Facts()
        let runner = try HookRunner(
            hooks, nodeName: "pi", facts: facts, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            giveUpPrivileges: { refusal ?? Capabilities.giveUp() })
        let address = FloatingAddress(ip: .v4(0x0A00_00FA), virtualRouterID: 51)
        var random = SystemRandomNumberGenerator()
        let node = NodeID(using: &random)
        for (from, to, reason) in transitions {
            runner.note(.transition(address, from: from, to: to, reason), on: node)
        }
        // A runner that is told to end runs what waits first.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await runner.run() }
            group.cancelAll()
        }
        return facts.now.hooks
    }

    private func hooks(_ command: [String], deadline: Duration = .seconds(20)) -> Configuration.Hooks {
        var hooks = Configuration.Hooks()
        hooks.onLeader = command
        hooks.deadline = deadline
        return hooks
    }

    @Test("where privileges cannot be given up, nothing is run with them, and that is said")
    func keepsPrivileges() async throws {
        let out = directory.file("out")
        let path = try script("#!/bin/sh\necho run >\"\(out)\"\n")
        let refusal = SystemError(call: "give up the thread's capabilities", code: EPERM, advice: "Allow it.")
        let facts = try await run(hooks([path]), refusal: refusal)
        #expect(access(out, F_OK) != 0)
        guard case .notStarted(let why) = facts.last[.leader]?.outcome else {
            Issue.record("\(String(describing: facts.last[.leader]))")
            return
        }
        #expect(why.contains("the daemon's privileges") && why.contains("Allow it."))
    }

    @Test("a program gets its arguments as they are, its environment and nothing else of the daemon's")
    func inheritsNothing() async throws {
        let out = directory.file("out")
        let path = try script(
            """
            #!/bin/sh
            exec >"\(out)"
            echo "arguments $#:$1:$2"
            /usr/bin/env | /usr/bin/sort
            echo "descriptors $(echo $(ls /proc/$$/fd))"
            echo "input $(readlink /proc/$$/fd/0)"
            echo "session $(cut -d' ' -f5,6 /proc/$$/stat) of $$"
            echo "directory $(pwd)"
            grep -E '^(Cap(Prm|Eff|Amb)|VmLck):' /proc/$$/status
            # Of a program that it runs: the shell itself blocks signals while it starts one.
            grep '^SigBlk:' /proc/self/status
            """)
        // A descriptor that forgot to close itself.
        let leak = open("/dev/zero", O_RDONLY)
        defer { close(leak) }
        setenv("BRAMBLE_TEST_SECRET", "1", 1)
        let facts = try await run(hooks([path, "$HOME", "a b"]))
        #expect(facts.last[.leader]?.outcome == .succeeded)
        let text = try TestFiles.read(out)
        #expect(text.contains("arguments 2:$HOME:a b\n"))
        #expect(text.contains("BRAMBLE_ADDRESS=10.0.0.250\n") && text.contains("BRAMBLE_STATE=leader\n"))
        #expect(!text.contains("SECRET") && !text.contains("HOME=") && !text.contains("/dev/zero"))
        let descriptors = text.split(separator: "\n").first { $0.hasPrefix("descriptors") }?.split(separator: " ")
        // The shell keeps its script and the old output open.
        #expect((descriptors?.count ?? 99) <= 6, "\(text)")
        #expect(text.contains("input /dev/null\n") && text.contains("directory /\n"))
        let session = text.split(separator: "\n").first { $0.hasPrefix("session") }?.split(separator: " ") ?? []
        #expect(session.count == 5 && session[1] == session[4] && session[2] == session[4], "\(text)")
        // Where the limit of locked memory cannot be lifted, CAP_IPC_LOCK (bit 14) stays.
        for (field, allowed) in [("CapPrm", UInt64(1 << 14)), ("CapEff", 1 << 14), ("CapAmb", 0), ("SigBlk", 0)] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(field):") }
            let mask = try #require(line.flatMap { UInt64($0.drop { $0 != "\t" }.dropFirst(), radix: 16) })
            #expect(mask & ~allowed == 0, "\(text)")
        }
    }

    @Test(
        "a program that fails is told apart by how",
        arguments: [
            ("#!/bin/sh\nexit 3\n", mode_t(0o755), HookResult.Outcome.failed(3)),
            ("#!/bin/sh\nkill -9 $$\n", 0o755, .signalled(9)),
            ("#!/nowhere/sh\n", 0o755, .notFound), ("#!/bin/sh\n", 0o644, .notExecutable("Permission denied")),
            ("no program", 0o755, .notExecutable("Exec format error")),
        ])
    func failures(body: String, mode: mode_t, outcome: HookResult.Outcome) async throws {
        let facts = try await run(hooks([try script(body, mode: mode)]))
        #expect(facts.last[.leader]?.outcome == outcome)
        #expect(facts.counts[.leader] == [outcome.name: 1])
    }

    @Test("a program that is not there is said to be missing")
    func missing() async throws {
        let facts = try await run(hooks([directory.file("none")]))
        #expect(facts.last[.leader]?.outcome == .notFound)
    }

    @Test("one that takes too long is ended with all that it has started, also when it does not listen")
    func deadline() async throws {
        let pids = directory.file("pids")
        let path = try script(
            """
            #!/bin/sh
            trap '' TERM
            (trap '' TERM; echo >>"\(pids)" "$(exec sh -c 'echo $PPID')"; while :; do sleep 60 & wait; done) &
            echo $$ >>"\(pids)"
            while :; do sleep 60 & wait; done
            """)
        let facts = try await run(hooks([path], deadline: .milliseconds(500)))
        let result = try #require(facts.last[.leader])
        #expect(result.outcome == .timedOut)
        #expect(result.text(command: [path], deadline: .milliseconds(500)).contains("deadline"))
        let numbers = try TestFiles.read(pids).split(separator: "\n").compactMap { pid_t($0) }
        #expect(numbers.count == 2)
        for number in numbers { #expect(Self.isGone(number), "\(number) still runs") }
    }

    /// A killed process may be a zombie for a moment, until its new parent looks.
    private static func isGone(_ process: pid_t) -> Bool {
        for _ in 0..<500 {
            let state = (try? TestFiles.read("/proc/\(process)/stat"))?.split(separator: " ").dropFirst(2).first
            if state == nil || state == "Z" { return true }
            usleep(10_000)
        }
        return false
    }

    @Test("one that ends and leaves a program behind is done, and what it left goes on")
    func leavesProgram() async throws {
        let pid = directory.file("pid")
        let path = try script("#!/bin/sh\nsleep 30 &\necho $! >'\(pid)'\n")
        let facts = try await run(hooks([path]))
        #expect(facts.last[.leader]?.outcome == .succeeded)
        let number = try #require(pid_t(try TestFiles.read(pid).dropLast()))
        #expect(kill(number, SIGKILL) == 0)
    }

    @Test("one that prints without end is read on, and ends at its deadline")
    func prints() async throws {
        let facts = try await run(
            hooks([try script("#!/bin/sh\nexec yes\n")], deadline: .milliseconds(300)))
        #expect(facts.last[.leader]?.outcome == .timedOut)
    }

    @Test("each change has its own hook, and what is not configured is not run")
    func several() async throws {
        let out = directory.file("out")
        var hooks = hooks([try script("#!/bin/sh\necho $BRAMBLE_STATE >>'\(out)'\n")])
        hooks.onFault = hooks.onLeader
        let facts = try await run(
            hooks, [(.backup, .active, .activeSilent), (.active, .backup, .higherTieBreaker)])
        #expect(try TestFiles.read(out) == "leader\n")
        #expect(facts.last[.backup] == nil)
    }
}
