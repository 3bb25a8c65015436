import LinuxPlatform
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite struct InterfaceChoiceTests {
    private static let ip = IPAddress.v4(0xC0A8_01FA)

    private static func interface(
        _ index: UInt32, _ name: String, isRunning: Bool = true, network: UInt32? = nil, canBroadcast: Bool = true
    ) -> Interface {
        Interface(
            index: index, name: name, mac: nil, isRunning: isRunning, isLoopback: name == "lo",
            canBroadcast: canBroadcast, canMulticast: canBroadcast,
            addresses: network.map { [.init(ip: .v4($0), prefix: 24)] } ?? [])
    }

    private static let lan = [
        interface(1, "lo"), interface(2, "eth0", network: 0xC0A8_0115), interface(3, "eth1", network: 0xC0A8_0116),
        interface(4, "wlan0", isRunning: false),
    ]

    private static func choice(_ change: (inout Configuration) -> Void) -> InterfaceChoice {
        var configuration = Configuration(nodeName: "pi")
        change(&configuration)
        return InterfaceChoice(configuration)
    }

    @Test(
        "an address goes on the named interface, whatever its networks, else where its network is",
        arguments: [(nil, "eth0"), ("eth1", "eth1"), ("wlan0", "wlan0"), ("eth9", nil), ("lo", nil)]
            as [(String?, String?)])
    func home(named: String?, expected: String?) {
        let choice = Self.choice { $0.floating.interface = named }
        #expect(choice.home(of: Self.ip, in: Self.lan)?.name == expected)
    }

    @Test("a wrong name is called a wrong name, not a missing cable")
    func wrongNames() {
        let floating = Self.choice { $0.floating.interface = "eht0" }.obstacle(Self.lan)
        #expect(
            floating?.text
                == "there is no interface named eht0 ([floating] interface); this machine has eth0, eth1 and wlan0")
        let cluster = Self.choice { $0.cluster.interfaces = ["eht0"] }
        #expect(cluster.reasons(Self.lan).map(\.name) == ["no_such_interface"])
        #expect(cluster.reasons(Self.lan)[0].text.contains("named eht0 ([cluster] interfaces)"))
        let tracked = Self.choice { $0.floating.trackInterfaces = ["eth0", "ppp0"] }.obstacle(Self.lan)
        #expect(tracked?.text.contains("named ppp0 ([floating] track_interfaces)") == true)
    }

    @Test("one wrong name among right ones is a warning, and a cable is a cable")
    func someWrong() {
        let some = Self.choice { $0.cluster.interfaces = ["eth0", "eht1"] }
        #expect(some.reasons(Self.lan).isEmpty && some.warnings(Self.lan).count == 1)
        let cable = Self.choice { $0.cluster.interfaces = ["wlan0"] }
        #expect(cable.reasons(Self.lan).map(\.name) == ["link_down"] && cable.warnings(Self.lan).isEmpty)
    }

    @Test(
        "a tracked link that is down rules the node out, or lowers its priority",
        arguments: [
            (["eth0"], UInt8(0), false, UInt8(0)), (["wlan0"], 0, true, 0), (["wlan0"], 20, false, 20),
            (["wlan0", "ppp0", "eth1"], 20, false, 40), (["wlan0", "ppp0"], 200, false, 255), ([], 20, false, 0),
        ] as [([String], UInt8, Bool, UInt8)])
    func tracking(names: [String], weight: UInt8, isObstacle: Bool, loss: UInt8) {
        let choice = Self.choice {
            $0.floating.trackInterfaces = names
            $0.floating.trackWeight = weight
        }
        #expect((choice.obstacle(Self.lan) != nil) == isObstacle)
        #expect(choice.loss(Self.lan) == loss)
        #expect(choice.warnings(Self.lan).isEmpty == (loss == 0))
    }

    @Test("where nobody is called by broadcast, an interface without it will do", arguments: [true, false])
    func unicast(only: Bool) {
        let tunnel = [Self.interface(5, "wg0", canBroadcast: false)]
        let choice = Self.choice { $0.cluster.unicastOnly = only }
        #expect(choice.forGossip(tunnel).count == (only ? 1 : 0))
    }
}
