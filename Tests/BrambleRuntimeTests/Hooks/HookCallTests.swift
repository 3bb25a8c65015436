import NodeCore
import Testing
import VRRP
import Wire

@testable import BrambleRuntime

@Suite struct HookCallTests {
    static let address = IPAddress.v4(0x0A00_00FA)

    @Test(
        "each change of state has the hook that belongs to it",
        arguments: [
            (RouterState.backup, RouterState.active, TransitionReason.activeSilent, HookCall.Kind.leader),
            (.backup, .active, .activeResigned, .leader), (.initialize, .active, .ownsAddresses, .leader),
            (.initialize, .backup, .started, .backup), (.active, .backup, .higherPriority(200), .backup),
            (.active, .backup, .overslept(.seconds(1)), .backup), (.active, .initialize, .cannotServe, .fault),
            (.backup, .initialize, .cannotServe, .fault), (.active, .initialize, .linkDown, .fault),
            (.backup, .initialize, .addressConflict, .fault), (.active, .initialize, .draining, .backup),
            (.active, .initialize, .stopping, .backup), (.active, .initialize, .duplicateIdentity, .backup),
            (.backup, .initialize, .draining, nil), (.backup, .initialize, .stopping, nil),
        ] as [(RouterState, RouterState, TransitionReason, HookCall.Kind?)])
    func kinds(from: RouterState, to: RouterState, reason: TransitionReason, kind: HookCall.Kind?) {
        #expect(HookCall(Self.address, from: from, to: to, reason)?.kind == kind)
    }

    @Test("a program is told node, address, state and reason, and finds nothing else but a path and a language")
    func environment() throws {
        let call = try #require(HookCall(Self.address, from: .backup, to: .active, .activeSilent))
        let variables = call.environment(nodeName: "pi-oak", nodeID: "3f2a")
        #expect(
            Set(variables.dropFirst(2)) == [
                "BRAMBLE_NODE=pi-oak", "BRAMBLE_NODE_ID=3f2a", "BRAMBLE_ADDRESS=10.0.0.250", "BRAMBLE_STATE=leader",
                "BRAMBLE_REASON=nothing was heard from the leader",
            ])
        #expect(variables[0].hasPrefix("PATH=/") && variables[1].hasPrefix("LANG="))
    }
}

@Suite struct HookQueueTests {
    static func call(_ kind: RouterState, _ number: UInt32 = 1) -> HookCall {
        guard let call = HookCall(.v4(number), from: .initialize, to: kind, .started) else { preconditionFailure() }
        return call
    }

    @Test("the hooks of one address run one after the other")
    func oneAfterTheOther() {
        var queue = HookQueue()
        queue.add(Self.call(.backup))
        #expect(queue.next()?.kind == .backup)
        queue.add(Self.call(.active))
        #expect(queue.next() == nil)
        queue.ended(.v4(1))
        #expect(queue.next()?.kind == .leader)
        queue.ended(.v4(1))
        #expect(queue.isEmpty && queue.superseded == 0)
    }

    @Test("of those that pile up only the latest is run")
    func latest() {
        var queue = HookQueue()
        queue.add(Self.call(.backup))
        _ = queue.next()
        for kind in [RouterState.active, .backup, .active, .backup] { queue.add(Self.call(kind)) }
        queue.ended(.v4(1))
        #expect(queue.next()?.kind == .backup)
        #expect(queue.superseded == 3)
        queue.ended(.v4(1))
        #expect(queue.next() == nil && queue.isEmpty)
    }

    @Test("those of different addresses run side by side, up to a number")
    func sideBySide() {
        var queue = HookQueue()
        for number in 1...20 { queue.add(Self.call(.active, UInt32(number))) }
        var running: [IPAddress] = []
        while let call = queue.next() { running.append(call.address) }
        #expect(running.count == HookQueue.mostAtOnce)
        queue.ended(running[0])
        #expect(queue.next()?.address == .v4(9))
    }
}

@Suite struct HookOutputTests {
    @Test("lines are cut where they end, wherever the reads were")
    func lines() {
        var output = HookOutput()
        #expect(output.take(Array("one\ntw".utf8)) == ["one"])
        #expect(output.take(Array("o\nthree".utf8)) == ["two"])
        #expect(output.finish() == ["three"])
        #expect(output.finish() == [])
    }

    @Test("a line without end keeps its beginning only")
    func longLine() {
        var output = HookOutput()
        for _ in 0..<100 { _ = output.take([UInt8](repeating: 0x61, count: 1000)) }
        let line = output.finish()
        #expect(line == [String(repeating: "a", count: HookOutput.longestLine) + "…"])
    }

    @Test("too many lines are counted and not shown")
    func manyLines() {
        var output = HookOutput()
        let shown = output.take(Array(String(repeating: "a\n", count: 1000).utf8))
        #expect(shown.count == HookOutput.mostLines && output.leftOut == 1000 - HookOutput.mostLines)
    }

    @Test("what a terminal would obey is made visible")
    func escapes() {
        var output = HookOutput()
        let line = output.take(Array("\u{1B}[2J\r".utf8) + [0xFF, 0x0A]).first ?? ""
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
    }
}
