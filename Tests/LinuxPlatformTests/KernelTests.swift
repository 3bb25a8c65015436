import CLinux
import Glibc
import Testing
import Wire

@testable import LinuxPlatform

@Suite("Waiting and waking")
struct PollerTests {
    @Test("a past instant is no wait, and a coming one is waited for", arguments: [true, false])
    func deadlines(hasNanoseconds: Bool) throws {
        let poller = try Poller(hasNanoseconds: hasNanoseconds)
        #expect(try poller.wait(until: .zero).isEmpty)
        let deadline = MonotonicClock.now().advanced(by: .microseconds(1500))
        #expect(try poller.wait(until: deadline).isEmpty)
        #expect(MonotonicClock.now() >= deadline)
    }

    @Test("a signal from another thread ends a wait without end")
    func wakes() async throws {
        let poller = try Poller()
        let wakeUp = try WakeUp()
        try poller.add(wakeUp.descriptor, token: Poller.Token(7))
        let thread = try NamedThread(name: "waker") { wakeUp.signal() }
        let ready = try poller.wait(until: nil)
        #expect(ready == [Poller.Ready(token: Poller.Token(7), canRead: true, canWrite: false, isBroken: false)])
        await thread.value()
        #expect(wakeUp.clear())
        #expect(!wakeUp.clear())
        #expect(try poller.wait(until: .zero).isEmpty)
    }

    @Test("many signals before the wait are one")
    func signalsMerge() throws {
        let wakeUp = try WakeUp()
        for _ in 0..<1000 { wakeUp.signal() }
        #expect(wakeUp.clear())
        #expect(!wakeUp.clear())
    }

    @Test("a closed peer is readable and broken, an interest can change, a removed descriptor is silent")
    func interests() throws {
        let poller = try Poller()
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let near = Descriptor(owning: ends[0])
        try poller.add(near.number, token: Poller.Token(1))
        #expect(try poller.wait(until: .zero).isEmpty)
        try poller.change(near.number, token: Poller.Token(2), for: [.reading, .writing])
        #expect(try poller.wait(until: .zero).map(\.token) == [Poller.Token(2)])
        close(ends[1])
        let ready = try #require(try poller.wait(until: .zero).first)
        #expect(ready.canRead && ready.isBroken)
        try poller.remove(near.number)
        #expect(try poller.wait(until: .zero).isEmpty)
    }

    @Test("a descriptor that is not open is an error that names the call")
    func refusesClosed() throws {
        let poller = try Poller()
        let error = #expect(throws: SystemError.self) { try poller.add(-1, token: Poller.Token(0)) }
        #expect(error?.code == EBADF)
        #expect(error?.description == "cannot watch a descriptor: Bad file descriptor")
    }

    @Test("a descriptor closes with its owner")
    func closes() throws {
        let number: Int32
        do {
            let owned = Descriptor(owning: dup(1))
            number = owned.number
            #expect(fcntl(number, F_GETFD) >= 0)
        }
        // Another test may have been given the number since, so a socket pair tells instead.
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        do { _ = Descriptor(owning: ends[0]) }
        var byte: UInt8 = 0
        #expect(read(ends[1], &byte, 1) == 0, "the other end sees the end")
        close(ends[1])
    }
}

@Suite("Threads and priorities")
struct ThreadTests {
    @Test("a thread has its name, blocks signals, and hands back what it made to everyone who asks")
    func result() async throws {
        let thread = try NamedThread(name: "bramble-control-and-more") { () -> [String] in
            var blocked = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &blocked)
            let comm = (try? SmallFile.read("/proc/thread-self/comm")) ?? ""
            return [comm, sigismember(&blocked, SIGTERM) == 1 ? "blocked" : "open"]
        }
        async let first = thread.value()
        async let second = thread.value()
        #expect(await first == ["bramble-control\n", "blocked"])
        #expect(await second == ["bramble-control\n", "blocked"])
        #expect(await thread.value() == ["bramble-control\n", "blocked"], "asked for when the thread is long gone")
    }

    @Test("who has no capability has none to give up")
    func nothingToGiveUp() async throws {
        let thread = try NamedThread(name: "unprivileged") { () -> Bool? in
            guard (try? dropCapabilities()) != nil else { return nil }
            return bramble_has_nothing_to_give_up() == 0 && geteuid() == 0
                || Capabilities.giveUp() == nil && bramble_has_nothing_to_give_up() == 1
        }
        let isRight = await thread.value()
        #expect(isRight != false)
    }

    @Test("what is granted is in force, and threads started later do not inherit it")
    func realTime() async throws {
        let thread = try NamedThread(name: "real-time") { () -> (RealTime.Grant, Int32) in
            let grant = RealTime.request(priority: 3)
            defer { munlockall() }
            return (grant, sched_getscheduler(0))
        }
        let (grant, policy) = await thread.value()
        if grant.priority != nil {
            #expect(policy == SCHED_RR | SCHED_RESET_ON_FORK)
        } else {
            #expect(grant.schedulingRefusal?.advice?.contains("CAP_SYS_NICE") == true)
        }
        #expect(grant.isMemoryLocked == (grant.memoryRefusal == nil))
    }

    @Test("without the capability the refusal says which grant is missing")
    func realTimeRefused() async throws {
        let thread = try NamedThread(name: "real-time") { () -> RealTime.Grant? in
            // Without limits of its own a test runner could be granted priority without any capability.
            guard (try? dropCapabilities()) != nil, bramble_may_lock_everything() == 0 else { return nil }
            return RealTime.request(priority: 99)
        }
        guard let grant = await thread.value() else { return }
        #expect(!grant.isComplete)
        #expect(grant.memoryRefusal?.advice?.contains("LimitMEMLOCK") == true)
        if grant.priority == nil { #expect(grant.description.contains("LimitRTPRIO=99")) }
    }
}
