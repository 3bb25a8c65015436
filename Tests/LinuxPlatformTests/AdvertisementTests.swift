import Glibc
import Testing
import Wire

@testable import LinuxPlatform

@Suite("Advertisements as packets of their own", .enabled(if: noNamespaces == nil))
struct AdvertisementTests {
    static let group4 = IPAddress.v4(0xE000_0012)
    static let group6 = IPAddress.v6(0xFF02_0000_0000_0000, 0x12)
    static let payload: [UInt8] = [0x31, 51, 100, 1, 0, 100, 0, 0, 192, 0, 2, 250]

    /// A socket at the end where the thread is, in the groups of that end's interface.
    static func joined(_ name: String) throws -> (socket: AdvertisementSocket, interface: Interface) {
        let socket = try AdvertisementSocket(protocolNumber: 112, groups: [group4, group6])
        let interface = try #require(try InterfaceList.current().first { $0.name == name })
        #expect(socket.update(interfaces: [interface]).isEmpty)
        return (socket, interface)
    }

    /// What arrives within ten seconds.
    static func heard(_ socket: AdvertisementSocket) -> [AdvertisementSocket.Packet] {
        var packets: [AdvertisementSocket.Packet] = []
        _ = eventually {
            packets = socket.drain().packets
            return !packets.isEmpty
        }
        return packets
    }

    @Test(
        "what is sent to the group arrives as it was, with both addresses and the hop limit",
        arguments: [
            (IPAddress.v4(0xC000_0201), group4), (.v6(0xFE80_0000_0000_0000, 1), group6),
            (.v4(0xC000_0201), .v4(0xC000_0202)), (.v6(0xFE80_0000_0000_0000, 1), .v6(0xFE80_0000_0000_0000, 2)),
        ])
    func arrives(source: IPAddress, destination: IPAddress) async throws {
        try await onCable { cable in
            let (sender, from) = try Self.joined("a")
            let (receiver, to) = try cable.at(.right) { try Self.joined("b") }
            let failure = sender.send(Self.payload, from: source, to: destination, interface: from.index)
            #expect(failure == nil)
            let expected = AdvertisementSocket.Packet(
                payload: Self.payload, source: source, destination: destination, hopLimit: 255, interface: to.index)
            #expect(Self.heard(receiver) == [expected])
            #expect(sender.drain().packets.isEmpty, "nobody hears himself")
        }
    }

    @Test("a group is heard on the interfaces that were named, and no longer than they are")
    func memberships() async throws {
        try await onCable { cable in
            let (sender, from) = try Self.joined("a")
            let (receiver, to) = try cable.at(.right) { try Self.joined("b") }
            func send(_ group: IPAddress, _ mark: UInt8) {
                let source = from.ownAddress(ipv4: group.isIPv4)?.ip ?? group
                #expect(sender.send([mark], from: source, to: group, interface: from.index) == nil)
            }
            for group in [Self.group4, Self.group6] {
                #expect(receiver.update(interfaces: []).isEmpty)
                send(group, 1)
                // Unicast is heard all the same, and tells that what was sent before it has come by.
                let peer = try #require(to.ownAddress(ipv4: group.isIPv4)?.ip)
                let own = try #require(from.ownAddress(ipv4: group.isIPv4)?.ip)
                #expect(sender.send([2], from: own, to: peer, interface: from.index) == nil)
                #expect(Self.heard(receiver).map(\.payload) == [[2]])
                #expect(receiver.update(interfaces: [to]).isEmpty)
                send(group, 3)
                #expect(Self.heard(receiver).map(\.payload) == [[3]])
            }
        }
    }

    @Test("an interface that was taken away and made again is heard again")
    func comesBack() async throws {
        try await inNewNamespace {
            let make = """
                ip link add name a type veth peer name b
                ip link set dev a addrgenmode none; ip link set dev b addrgenmode none
                ip link set dev a up; ip link set dev b up
                ip addr add 192.0.2.1/24 dev a; ip addr add 198.51.100.1/24 dev b
                """
            try shell(make)
            let socket = try AdvertisementSocket(protocolNumber: 112, groups: [Self.group4, Self.group6])
            #expect(socket.update(interfaces: try InterfaceList.current()).isEmpty)
            try shell("ip link del dev a")
            #expect(socket.update(interfaces: try InterfaceList.current()).isEmpty)
            try shell(make)
            let interfaces = try InterfaceList.current()
            #expect(socket.update(interfaces: interfaces).isEmpty)
            #expect(throws: Never.self) { try shell("ip maddress show dev a | grep -q 224.0.0.18") }
        }
    }

    @Test("a family that an interface lost and found is joined anew")
    func familyComesBack() async throws {
        try await onCable { cable in
            let (sender, from) = try Self.joined("a")
            let receiver = try cable.at(.right) { () -> AdvertisementSocket in
                let (receiver, _) = try Self.joined("b")
                try shell("ip -6 addr flush dev b; sysctl -qw net.ipv6.conf.b.disable_ipv6=1")
                #expect(receiver.update(interfaces: try InterfaceList.current()).isEmpty)
                try shell("sysctl -qw net.ipv6.conf.b.disable_ipv6=0")
                try addIPv6("fe80::2", prefix: 64, to: "b")
                #expect(receiver.update(interfaces: try InterfaceList.current()).isEmpty)
                return receiver
            }
            let source = IPAddress.v6(0xFE80_0000_0000_0000, 1)
            #expect(sender.send(Self.payload, from: source, to: Self.group6, interface: from.index) == nil)
            #expect(Self.heard(receiver).map(\.payload) == [Self.payload])
        }
    }

    @Test("a packet with IP options is read behind them; a hop limit below 255 is told")
    func options() async throws {
        try await onCable { cable in
            let receiver = try cable.at(.right) { try Self.joined("b").socket }
            let raw = socket(AF_INET, Int32(SOCK_RAW.rawValue), 112)
            defer { close(raw) }
            let noOperation = [UInt8](repeating: 1, count: 4)
            #expect(setsockopt(raw, Int32(IPPROTO_IP), IP_OPTIONS, noOperation, 4) == 0)
            var hops: Int32 = 9
            #expect(setsockopt(raw, Int32(IPPROTO_IP), IP_TTL, &hops, 4) == 0)
            var to = sockaddr_in()
            to.sin_family = sa_family_t(AF_INET)
            to.sin_addr.s_addr = UInt32(0xC000_0202).bigEndian
            let sent = withUnsafePointer(to: &to) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(raw, Self.payload, Self.payload.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(sent == Self.payload.count)
            let heard = try #require(Self.heard(receiver).first)
            #expect(heard.payload == Self.payload)
            #expect(heard.hopLimit == 9)
        }
    }

    @Test("no more is drained than was asked for, and nothing is lost")
    func limit() async throws {
        try await onCable { cable in
            let (sender, from) = try Self.joined("a")
            let (receiver, _) = try cable.at(.right) { try Self.joined("b") }
            for mark in 0..<10 {
                let source = IPAddress.v4(0xC000_0201)
                #expect(sender.send([UInt8(mark)], from: source, to: Self.group4, interface: from.index) == nil)
            }
            var marks: [UInt8] = []
            var largest = 0
            _ = eventually {
                let packets = receiver.drain(limit: 3).packets
                largest = max(largest, packets.count)
                marks += packets.flatMap(\.payload)
                return marks.count >= 10
            }
            #expect(marks == Array(0..<10))
            #expect(largest <= 3)
        }
    }

    @Test("whoever may not open raw sockets is told what to do")
    func refused() async throws {
        try await inNewNamespace {
            try dropCapabilities()
            let error = #expect(throws: SystemError.self) {
                try AdvertisementSocket(protocolNumber: 112, groups: [Self.group4, Self.group6])
            }
            #expect(error?.code == EPERM)
            #expect(error?.description.contains("CAP_NET_RAW") == true)
        }
    }

    @Test(
        "an IPv4 header that makes no sense yields no payload", arguments: [[], [0x44], [0x4F, 0], [0x65, 0, 0, 0]])
    func headers(bytes: [UInt8]) {
        #expect(AdvertisementSocket.payload(of: bytes[...], isIPv4: true) == nil)
        #expect(AdvertisementSocket.payload(of: bytes[...], isIPv4: false) == bytes[...])
    }
}
