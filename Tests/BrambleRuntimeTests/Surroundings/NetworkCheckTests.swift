import Testing
import Wire

@testable import BrambleRuntime
@testable import LinuxPlatform

struct NetworkCheckTests {
    private static func interface(
        _ name: String, _ addresses: [(String, Int, UInt32?)], isUp: Bool = true, isRunning: Bool = true,
        isLoopback: Bool = false
    ) -> Interface {
        Interface(
            index: 2, name: name, mac: nil, isUp: isUp, isRunning: isRunning, isLoopback: isLoopback,
            canBroadcast: true,
            canMulticast: true, mtu: 1500,
            addresses: addresses.compactMap { text, prefix, seconds in
                IPAddress(text).map {
                    Interface.Address(
                        ip: $0, prefix: prefix, broadcast: nil, isDeprecated: false, isTentative: false,
                        isSecondary: false, validSeconds: seconds)
                }
            })
    }

    private static let lan = interface(
        "eth0", [("192.168.1.21", 24, nil), ("192.168.1.251", 24, 1), ("2001:db8::21", 64, nil), ("fe80::1", 64, nil)])
    private static let loopback = interface("lo", [("127.0.0.1", 8, nil), ("::1", 128, nil)], isLoopback: true)

    @Test(
        "a floating address must lie in the network of an interface, and belong to nothing else",
        arguments: [
            ("192.168.1.250", .good, "in the network of eth0 (/24)"), ("2001:db8::250", .good, "(/64)"),
            ("192.168.2.250", .problem, "the network of no interface"), ("127.0.0.9", .problem, "no interface"),
            ("2001:db8:1::1", .problem, "no interface"), ("192.168.1.21", .problem, "own, permanent address on eth0"),
            ("192.168.1.251", .good, "eth0"),
        ] as [(String, Finding.Mark, String)])
    func floating(text: String, mark: Finding.Mark, words: String) throws {
        let address = try #require(IPAddress(text))
        let finding = NetworkChecks.floating(address, in: [Self.loopback, Self.lan])
        #expect(finding.mark == mark)
        #expect(finding.found.contains(words))
    }

    @Test("an address outside names the networks that are there, of its own family")
    func namesNetworks() throws {
        let address = try #require(IPAddress("10.0.0.1"))
        let advice = NetworkChecks.floating(address, in: [Self.loopback, Self.lan]).advice
        #expect(advice?.contains("192.168.1.21/24 on eth0") == true)
        #expect(advice?.contains("2001:db8") == false)
        #expect(NetworkChecks.floating(address, in: [Self.loopback]).advice?.contains("cable and DHCP") == true)
    }

    @Test("with no names, any interface that is up will do, and none is a problem")
    func anyInterface() {
        let all = NetworkChecks.interfaces([], in: [Self.loopback, Self.lan])
        #expect(all == [.good("interfaces", "eth0")])
        let down = Self.interface("eth0", [], isUp: false)
        #expect(NetworkChecks.interfaces([], in: [Self.loopback, down]).map(\.mark) == [.problem])
    }

    @Test("each named interface is looked at: there, up, with a carrier")
    func namedInterfaces() {
        let present = [
            Self.lan, Self.interface("eth1", [], isUp: false), Self.interface("eth2", [], isRunning: false),
            Self.loopback,
        ]
        let findings = NetworkChecks.interfaces(["eth0", "eth1", "eth2", "eth9", "lo"], in: present)
        #expect(findings.map(\.mark) == [.good, .problem, .warning, .problem, .problem])
        #expect(
            findings[3].found == "there is no interface named eth9; this machine has eth0, eth1 and eth2")
    }

    @Test(
        "on a named interface an address need lie in no network, which is told",
        arguments: [
            ("eth0", "192.168.1.250", .good, "on eth0, in its network (/24)"),
            ("eth0", "10.0.0.1", .warning, "no network that it lies in"),
            ("eth0", "192.168.1.21", .problem, "own, permanent address"),
            ("eth0", "192.168.1.255", .problem, "broadcast"),
            ("eht0", "192.168.1.250", .problem, "there is no interface named eht0; this machine has eth0"),
        ] as [(String, String, Finding.Mark, String)])
    func onNamedInterface(name: String, text: String, mark: Finding.Mark, words: String) throws {
        let finding = NetworkChecks.floating(
            try #require(IPAddress(text)), on: name, in: [Self.loopback, Self.lan])
        #expect(finding.mark == mark && finding.found.contains(words))
    }

    @Test("each tracked interface is looked at", arguments: [UInt8(0), 20])
    func tracked(weight: UInt8) {
        var floating = Configuration.Floating()
        floating.trackInterfaces = ["eth0", "eth2", "eth9"]
        floating.trackWeight = weight
        let findings = NetworkChecks.tracked(
            floating, in: [Self.lan, Self.interface("eth2", [], isRunning: false), Self.loopback])
        #expect(findings.map(\.mark) == [.good, .warning, .problem])
        #expect(findings[1].unaffected?.contains(weight == 0 ? "does not lead" : "lower by 20") == true)
    }
}
