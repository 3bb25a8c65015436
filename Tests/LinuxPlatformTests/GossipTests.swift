import Glibc
import Testing
import Wire

@testable import LinuxPlatform

private func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

/// A gossip socket at each end of a cable, told of its interfaces.
private struct Pair {
    let cable: Cable
    let left: GossipSocket
    let right: GossipSocket
    let failures: [SystemError]

    init(_ cable: Cable, floating: Set<IPAddress> = []) throws {
        self.cable = cable
        let mine = try GossipSocket(port: 7373)
        var failures = mine.update(
            interfaces: try InterfaceList.current().filter(\.isForGossip), floating: floating)
        left = mine
        right = try cable.at(.right) {
            let other = try GossipSocket(port: 7373, local: [66])
            failures += other.update(interfaces: try InterfaceList.current().filter(\.isForGossip))
            return other
        }
        self.failures = failures
    }

    /// What arrives at the right end, until there are `count`.
    func arrivals(_ count: Int) -> [GossipSocket.Datagram] {
        var datagrams: [GossipSocket.Datagram] = []
        _ = eventually {
            datagrams += right.receive()
            return datagrams.count >= count
        }
        return datagrams
    }
}

@Suite("Gossip on a real link", .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
struct GossipTests {
    @Test("to everyone goes out by broadcast and multicast, and never from the floating address")
    func everyone() async throws {
        // The floating address is there before the interface's own, where the kernel likes it best.
        let (failures, heard, echoes, index) = try await onCable(before: "ip addr add 192.0.2.250/32 dev a") { cable in
            let pair = try Pair(cable, floating: [ip("192.0.2.250")])
            let failures = pair.failures + pair.left.sendToEveryone([1, 2, 3])
            let heard = pair.arrivals(3)
            let own = pair.left.receive()
            let index = try pair.cable.at(.right) { try InterfaceList.current().last?.index ?? 0 }
            return (failures, heard, (own.count, pair.left.echoes), index)
        }
        #expect(failures == [])
        #expect(
            heard.map(\.destination).sorted { "\($0)" < "\($1)" }
                == [ip("192.0.2.255"), GossipSocket.ipv4Group, ip("255.255.255.255")])
        #expect(heard.allSatisfy { $0.source == SocketAddress(ip: ip("192.0.2.1"), port: 7373) })
        #expect(heard.allSatisfy { $0.bytes == [1, 2, 3] && $0.interface == index })
        #expect(echoes.0 == 0, "our own broadcasts are not handed out")
        #expect(echoes.1 > 0, "and the kernel does send them back")
    }

    @Test("of what goes to everyone, one datagram is heard and two are copies; sent again, it is no copy")
    func copies() async throws {
        let (first, second, count) = try await onCable { cable in
            let pair = try Pair(cable)
            var filter = CopyFilter()
            _ = pair.left.sendToEveryone([1, 2, 3])
            let first = pair.arrivals(3).map { filter.isCopy($0) }
            let again = SocketAddress(ip: ip("192.0.2.2"), port: 7373)
            _ = pair.left.send([9], to: again)
            _ = pair.left.send([9], to: again)
            return (first, pair.arrivals(2).map { filter.isCopy($0) }, filter.copies)
        }
        #expect(first == [false, true, true])
        #expect(second == [false, false])
        #expect(count == 2)
    }

    @Test("what begins otherwise takes no place in the queue, and is counted", arguments: ["127.0.0.1", "::1"])
    func filter(target: String) async throws {
        let (heard, unread) = try await inNewNamespace {
            try shell("ip link set lo up")
            let (socket, sender) = (try GossipSocket(port: 7373, beginning: [66, 82]), try GossipSocket(port: 0))
            let place = SocketAddress(ip: ip(target), port: 7373)
            // Far more than the queue has room for.
            for _ in 0..<5000 { _ = sender.send([UInt8](repeating: 66, count: 1000), to: place) }
            let others: [[UInt8]] = [[], [66], [66, 82], [66, 83, 1], [66, 82, 1]]
            for bytes in others { _ = sender.send(bytes, to: place) }
            return (socket.receive().map(\.bytes), socket.unread)
        }
        #expect(heard == [[66, 82], [66, 82, 1]])
        #expect(unread == 5003)
    }

    /// Sends like a program that is no node, by so many hops.
    private static func send(_ bytes: [UInt8], to target: String, hops: Int32) throws {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        try #require(getaddrinfo(target, "7373", &hints, &found) == 0)
        defer { freeaddrinfo(found) }
        let place = try #require(found?.pointee)
        let descriptor = socket(place.ai_family, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        let isIPv4 = place.ai_family == AF_INET
        var limit = hops
        let (level, option) = isIPv4 ? (Int32(IPPROTO_IP), IP_TTL) : (Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS)
        try #require(setsockopt(descriptor, level, option, &limit, 4) == 0)
        try #require(sendto(descriptor, bytes, bytes.count, 0, place.ai_addr, place.ai_addrlen) == bytes.count)
    }

    @Test(
        "what is of this link alone is not taken from a router, and everything else is",
        arguments: ["192.0.2.2", "2001:db8::2"])
    func local(target: String) async throws {
        let (heard, fromAfar) = try await onCable { cable in
            let pair = try Pair(cable)
            for hops in [255, 254, 64, 1] as [Int32] {
                try Self.send([66, UInt8(hops)], to: target, hops: hops)
                try Self.send([65, UInt8(hops)], to: target, hops: hops)
            }
            if let error = pair.left.send([66, 0], to: SocketAddress(ip: ip(target), port: 7373)) { throw error }
            return (pair.arrivals(6).map(\.bytes), pair.right.fromAfar)
        }
        #expect(heard == [[66, 255], [65, 255], [65, 254], [65, 64], [65, 1], [66, 0]])
        #expect(fromAfar == 3)
    }

    @Test(
        "what goes to everyone is taken as of this link by broadcast, or by the IPv6 group", arguments: [true, false])
    func localToEveryone(hasIPv4: Bool) async throws {
        let (destinations, fromAfar) = try await onCable { cable in
            if !hasIPv4 { try shell("ip -4 addr flush dev a") }
            let pair = try Pair(cable)
            _ = pair.left.sendToEveryone([66])
            _ = pair.left.sendToEveryone([65])
            let heard = pair.arrivals(hasIPv4 ? 5 : 2)
            return (heard.filter { $0.bytes == [66] }.map(\.destination), pair.right.fromAfar)
        }
        #expect(destinations == (hasIPv4 ? [ip("192.0.2.255"), ip("255.255.255.255")] : [GossipSocket.ipv6Group]))
        #expect(fromAfar == (hasIPv4 ? 1 : 0))
    }

    @Test("to the group alone goes out once, by IPv4 where it is there and else by IPv6", arguments: [true, false])
    func group(hasIPv4: Bool) async throws {
        let before = "ip -6 addr add fe80::250/128 dev a nodad"
        let (heard, index) = try await onCable(before: before) { cable in
            if !hasIPv4 { try shell("ip -4 addr flush dev a") }
            let pair = try Pair(cable, floating: [ip("fe80::250")])
            _ = pair.left.sendToGroup([4])
            let heard = pair.arrivals(1)
            return (heard, try pair.cable.at(.right) { try InterfaceList.current().last?.index ?? 0 })
        }
        #expect(heard.map(\.bytes) == [[4]])
        #expect(heard.map(\.destination) == [hasIPv4 ? GossipSocket.ipv4Group : GossipSocket.ipv6Group])
        let four = SocketAddress(ip: ip("192.0.2.1"), port: 7373)
        let six = SocketAddress(ip: ip("fe80::1"), port: 7373, interface: index)
        #expect(heard.map(\.source) == [hasIPv4 ? four : six])
    }

    @Test(
        "one to one goes out from the own address although a floating one is there",
        arguments: ["192.0.2.2", "203.0.113.2", "2001:db8::2", "2001:db8:1::2"])
    func source(target: String) async throws {
        let heard = try await onCable { cable in
            let pair = try Pair(cable)
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            for text in ["192.0.2.250", "2001:db8::250"] {
                if let error = floating.claim(ip(text), on: index, validFor: 30) { throw error }
            }
            // An own address that is added anew, as DHCP does, comes after the floating one.
            try shell("ip addr del 192.0.2.1/24 dev a; ip addr add 192.0.2.1/24 brd + dev a")
            try shell("ip -6 addr del 2001:db8::1/64 dev a; ip -6 addr add 2001:db8::1/64 dev a nodad")
            // Beyond the link, too: the right end routes to further addresses of its own.
            try shell("ip route add 203.0.113.0/24 via 192.0.2.2; ip -6 route add 2001:db8:1::/64 via 2001:db8::2")
            try cable.at(.right) {
                try shell("ip addr add 203.0.113.2/32 dev b")
                try addIPv6("2001:db8:1::2", prefix: 128, to: "b")
            }
            if let error = pair.left.send([9], to: SocketAddress(ip: ip(target), port: 7373)) { throw error }
            return pair.arrivals(1)
        }
        let own = ip(target).isIPv4 ? "192.0.2.1" : "2001:db8::1"
        #expect(heard.map(\.source.ip) == [ip(own)])
        #expect(heard.map(\.destination) == [ip(target)])
    }

    @Test("a source can be named, link-local answers go back by their interface, and longer than allowed shows")
    func answers() async throws {
        let (named, back, long) = try await onCable(before: "ip addr add 192.0.2.250/32 dev a") {
            cable -> ([GossipSocket.Datagram], [GossipSocket.Datagram], [GossipSocket.Datagram]) in
            let pair = try Pair(cable)
            let right = SocketAddress(ip: ip("192.0.2.2"), port: 7373)
            _ = pair.left.send([1], to: right, from: ip("192.0.2.250"))
            let named = pair.arrivals(1)
            let leftIndex = try #require(try InterfaceList.current().last?.index)
            _ = pair.left.send([2], to: SocketAddress(ip: ip("fe80::2"), port: 7373, interface: leftIndex))
            let asked = pair.arrivals(1)
            if let source = asked.first?.source { _ = pair.right.send([3], to: source) }
            var back: [GossipSocket.Datagram] = []
            _ = eventually {
                back += pair.left.receive()
                return !back.isEmpty
            }
            _ = pair.left.send([UInt8](repeating: 7, count: 1400), to: right)
            return (named, back, pair.arrivals(1))
        }
        #expect(named.map(\.source.ip) == [ip("192.0.2.250")])
        #expect(back.map(\.bytes) == [[3]])
        #expect(long.map(\.bytes.count) == [GossipSocket.largestDatagram + 1])
    }

    @Test("an interface that comes later is joined by an update, and one that goes is let go")
    func hotplug() async throws {
        let (first, second, sent) = try await onCable { cable -> (Int, [IPAddress], [SystemError]) in
            let pair = try Pair(cable)
            try shell(
                "ip link add name c type veth peer name d; ip addr add 198.51.100.1/24 brd + dev c; ip link set dev c up"
            )
            let after = try InterfaceList.current().filter(\.isForGossip)
            let first = pair.left.update(interfaces: after).count
            try shell("ip link del dev c")
            _ = pair.left.update(interfaces: try InterfaceList.current().filter(\.isForGossip))
            let sent = pair.left.sendToEveryone([5])
            return (first, pair.arrivals(3).map(\.destination), sent)
        }
        #expect(first == 0)
        #expect(second.count == 3)
        #expect(sent == [])
    }

    @Test("what cannot be sent is told and not thrown: nowhere to go, and an interface that is gone")
    func unreachable() async throws {
        let (nowhere, gone) = try await onCable { cable -> (SystemError?, [SystemError]) in
            let pair = try Pair(cable)
            let nowhere = pair.left.send([1], to: SocketAddress(ip: ip("203.0.113.9"), port: 7373))
            try shell("ip link del dev a")
            return (nowhere, pair.left.sendToEveryone([1]))
        }
        #expect(nowhere?.code == ENETUNREACH)
        #expect(nowhere?.description.contains("203.0.113.9") == true)
        #expect(gone.count == 3)
    }

    @Test("a port in use is an error that names the port and what to do")
    func portInUse() async throws {
        let error = try await inNewNamespace { () -> SystemError? in
            let first = try GossipSocket(port: 0)
            do throws(SystemError) {
                let second = try GossipSocket(port: first.port)
                return second.port == first.port ? nil : SystemError(call: "", code: 0)
            } catch {
                return SystemError(
                    call: error.call.replacing("\(first.port)", with: "PORT"), code: error.code,
                    advice: error.advice?.replacing("\(first.port)", with: "PORT"))
            }
        }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.call == "bind UDP port PORT")
        #expect(error?.advice?.hasPrefix("Another program has UDP port PORT") == true)
    }
}
