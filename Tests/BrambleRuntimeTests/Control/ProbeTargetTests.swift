import LinuxPlatform
import Testing
import Wire

@testable import BrambleRuntime

@Suite("Asking for a floating address")
struct ProbeTargetTests {
    private static let ip = IPAddress.v4(0x0A00_00FA)
    private static let link = Interface(index: 2, name: "eth0", mac: MACAddress(bytes: [2, 0, 0, 0, 0, 1]))
    private static let stranger = MACAddress(bytes: [2, 0, 0, 0, 0, 0x99])

    /// One round, in which the owners answer the first question.
    private func round(
        _ target: inout ProbeTarget, answeredBy owner: MACAddress? = nil, on link: UInt32 = 2, isMembers: Bool = false
    ) -> ProbeTarget.Step {
        for _ in 0..<ProbeTarget.probes {
            #expect(target.advance(at: target.nextAt, isMembers: isMembers) == .ask)
            if let owner { target.hear(Self.ip, from: owner, on: link) }
        }
        return target.advance(at: target.nextAt, isMembers: isMembers)
    }

    private func target() -> ProbeTarget { ProbeTarget(Self.ip, on: Self.link, at: .zero) }

    @Test("ends after one round when nobody answers, within half a second")
    func free() {
        var target = target()
        #expect(target.isOpen)
        #expect(round(&target) == .done)
        #expect(target.nextAt <= Instant.zero.advanced(by: .milliseconds(500)))
    }

    @Test("does not report a dead predecessor, whose kernel answers until its lease ends")
    func predecessor() throws {
        let stranger = try #require(Self.stranger)
        var target = target()
        #expect(round(&target, answeredBy: stranger) == .wait)
        #expect(target.isOpen, "it may not be claimed yet")
        #expect(target.nextAt > Instant.zero.advanced(by: .seconds(1)), "the lease has ended by then")
        target.hear(Self.ip, from: stranger, on: 2)
        #expect(round(&target) == .done, "what is heard between the rounds answers nothing")
    }

    @Test("reports a stranger that answers twice, and goes on asking")
    func stranger() throws {
        let stranger = try #require(Self.stranger)
        var target = target()
        #expect(round(&target, answeredBy: stranger) == .wait)
        #expect(round(&target, answeredBy: stranger) == .report(stranger))
        #expect(!target.isOpen)
        #expect(round(&target) == .wait)
        #expect(round(&target, answeredBy: stranger) == .report(stranger))
    }

    @Test("goes on asking for an address that a stranger is known to have, and says when it is still there")
    func watching() throws {
        let stranger = try #require(Self.stranger)
        var target = ProbeTarget(watching: Self.ip, on: Self.link, at: .zero)
        #expect(!target.isOpen, "it is known who has it")
        #expect(round(&target, answeredBy: stranger) == .report(stranger))
        #expect(round(&target) == .wait)
    }

    @Test("ends when the answer is a member's")
    func member() throws {
        let stranger = try #require(Self.stranger)
        var target = target()
        #expect(round(&target, answeredBy: stranger, isMembers: true) == .done)
    }

    @Test("takes neither its own interface nor another link for an answer")
    func own() throws {
        let own = try #require(Self.link.mac)
        let stranger = try #require(Self.stranger)
        var target = target()
        #expect(round(&target, answeredBy: own) == .done)
        target = self.target()
        #expect(round(&target, answeredBy: stranger, on: 3) == .done)
    }
}

@Suite("A claim that the kernel refused")
struct ClaimRefusalTests {
    @Test("pauses twice as long each time that the same comes back, up to five minutes")
    func doubles() {
        var refusal = ClaimRefusal("not permitted", on: 2, after: nil, at: .zero)
        var pauses: [Duration] = []
        for _ in 0..<7 {
            pauses.append(refusal.pause)
            refusal.retryAt = nil
            refusal = ClaimRefusal("not permitted", on: 2, after: refusal, at: .zero)
        }
        #expect(pauses == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
        #expect(ClaimRefusal("no such device", on: 2, after: refusal, at: .zero).pause == .seconds(10))
    }
}
