import LinuxPlatform
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite("Which addresses are asked for", .enabled(if: (try? ARPWatcher()) != nil, "needs packet sockets"))
struct ConflictProbeTests {
    @Test("an address that was given up is asked for anew when it comes again")
    func askedAnew() throws {
        let ip = IPAddress.v4(0x0A00_00FA)
        let link = Interface(index: 2, name: "eth0", mac: MACAddress(bytes: [2, 0, 0, 0, 0, 1]))
        var random = SeededGenerator(seed: 1)
        var probe = try ConflictProbe(
            for: [ip], of: KeyRing(Keyring(ClusterKey(using: &random))), poller: try Poller(), token: .init(0))
        probe.look(for: ip, on: link, at: .zero)
        #expect(probe.isAsking(for: ip))
        try probe.heed([])
        #expect(!probe.isAsking(for: ip))
        try probe.heed([ip])
        probe.look(for: ip, on: link, at: .zero)
        #expect(probe.isAsking(for: ip))
    }
}
