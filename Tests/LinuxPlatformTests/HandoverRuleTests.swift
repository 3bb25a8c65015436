import Glibc
import Testing
import Wire

@testable import LinuxPlatform

/// Why the packet filter cannot be tried here; nil if it can.
private let noFilter: String? = {
    if let noNamespaces { return noNamespaces }
    guard let handle = dlopen(Nftables.library, RTLD_NOW) else { return "needs \(Nftables.library)" }
    dlclose(handle)
    return nil
}()

private let four = IPAddress.v4(0xC000_0209)
private let six = IPAddress.v6(0x2001_0DB8_0000_0000, 9)
private let table = "list table netdev bramble-7373\n"

private func interfaceA() throws -> Interface {
    try #require(try InterfaceList.current().first { $0.name == "a" })
}

// One after the other: the library keeps one list of interfaces for the whole process, whatever namespace it is asked in.
@Suite(
    "What the packet filter does while an address moves", .serialized,
    .enabled(if: noFilter == nil, "\(noFilter ?? "")"))
struct HandoverRuleTests {
    private let none = HandoverRules(port: 7373, longest: .seconds(11))

    @Test("every step is accepted by the kernel, and nothing is left at the end")
    func steps() async throws {
        let none = none
        try await onCable { _ in
            let link = try #require(HandoverRules.Link(try interfaceA(), floating: []))
            let filter = try Nftables()
            try filter.run(none.creation)
            var rules = none
            func change(_ edit: (inout HandoverRules) -> Void) throws -> String {
                let before = rules
                edit(&rules)
                try filter.run(rules.commands(replacing: before))
                return try filter.run(table)
            }
            let clients = [SocketAddress(ip: .v4(0xC000_0202), port: 40000), SocketAddress(ip: .v4(1), port: 1)]
            var text = try change { $0.adopt(four, on: link, from: .broadcast, local: clients) }
            #expect(text.contains("fwd to \"a\"") && text.contains("192.0.2.2 . 40000"))
            text = try change { $0.adopt(six, on: link, from: .broadcast, local: []) }
            #expect(text.contains("ip6 hoplimit set 2"))
            text = try change { $0.adopt(four, on: link, from: .zero, local: []) }
            #expect(!text.contains("192.0.2.2 . 40000"), "an adoption replaces the one before it")
            text = try change { $0.silence(four, on: link) }
            #expect(text.contains("arp saddr ip set 192.0.2.1") && text.contains("arp daddr ip 192.0.2.9 drop"))
            text = try change { $0.silence(six, on: link) }
            #expect(text.contains("ip6 saddr set fe80::1") && text.contains("20010db8000000000000000000000009"))
            let later = HandoverRules.Link(index: link.index, name: "a", mac: link.mac, own4: nil, own6: nil)
            _ = try change { $0.forget(four) }
            text = try change { $0.silence(four, on: later) }
            #expect(text.contains("arp daddr ip 192.0.2.9 drop"), "an interface stays itself with other addresses")
            text = try change { $0.adopt(four, on: link, from: .zero, local: []) }
            #expect(!text.contains("arp daddr"), "who takes an address over again speaks")
            _ = try change { $0.forget(four) }
            _ = try change { $0.forget(six) }
            text = try change { $0.speak(six) }
            #expect(rules.isEmpty && !text.contains("chain") && !text.contains("set"))
        }
    }

    @Test("a refused change changes nothing, and the next one goes through")
    func refused() async throws {
        let none = none
        try await onCable { _ in
            let filter = try Nftables()
            try filter.run(none.creation)
            let half = "add chain netdev bramble-7373 here\nadd rule netdev bramble-7373 nowhere drop\n"
            let error = #expect(throws: Nftables.Failure.self) { try filter.run(half) }
            #expect(error?.description.contains("No such file or directory") == true)
            #expect(try filter.run(table).contains("chain") == false)
            let link = try #require(HandoverRules.Link(try interfaceA(), floating: []))
            var rules = none
            rules.silence(four, on: link)
            try filter.run(rules.commands(replacing: none))
            #expect(try filter.run(table).contains("drop"))
        }
    }

    @Test("an interface that goes takes what concerns it along, and nothing else")
    func vanished() async throws {
        let none = none
        try await onCable { _ in
            let filter = try Nftables()
            try filter.run(none.creation)
            try shell("ip link add gone type veth peer name far; ip link set gone up")
            let gone = try #require(try InterfaceList.current().first { $0.name == "gone" })
            let vanishing = try #require(HandoverRules.Link(gone, floating: []))
            let link = try #require(HandoverRules.Link(try interfaceA(), floating: []))
            let (third, fourth) = (IPAddress.v4(0xC000_020A), IPAddress.v4(0xC000_020B))
            var rules = none
            rules.adopt(four, on: link, from: .broadcast, local: [SocketAddress(ip: .v4(1), port: 1)])
            rules.silence(third, on: vanishing)
            rules.adopt(six, on: vanishing, from: .broadcast, local: [])
            try filter.run(rules.commands(replacing: none))
            try shell("ip link delete gone")
            var wanted = rules
            wanted.silence(fourth, on: link)
            // Refused by kernels whose chains go with the interface.
            _ = try? filter.run(wanted.commands(replacing: rules))
            rules.leaveOutVanished()
            wanted.leaveOutVanished()
            try filter.run(wanted.commands(replacing: rules))
            let text = try filter.run(table)
            #expect(text.contains("0.0.0.1 . 1") && text.contains("daddr 192.0.2.9 jump"))
            #expect(text.contains("arp daddr ip 192.0.2.11 drop"))
            #expect(wanted.isSilent(fourth) && !wanted.isSilent(third))
            #expect(wanted.isAdopted(four) && !wanted.isAdopted(six))
        }
    }

    @Test("the table goes with its owner, and nobody else can change it")
    func owner() async throws {
        let none = none
        try await inNewNamespace {
            func hold() throws {
                let filter = try Nftables()
                try withExtendedLifetime(filter) {
                    try filter.run(none.creation)
                    #expect(throws: Nftables.Failure.self) { try Nftables().run(none.removal) }
                    #expect(try Nftables().run("list tables\n").contains("bramble-7373"))
                }
            }
            try hold()
            // A program that another test has just started may have the library's socket for a moment, too.
            for _ in 0..<1000 where try !Nftables().run("list tables\n").isEmpty { usleep(10_000) }
            #expect(try Nftables().run("list tables\n").isEmpty)
        }
    }

    @Test("without the library, or without the right, that is said")
    func unavailable() async throws {
        let missing = #expect(throws: Nftables.Failure.self) { try Nftables(library: "libnone.so.1") }
        #expect(missing?.description.contains("libnone.so.1") == true)
        #expect(throws: Nftables.Failure.self) { try Nftables(library: "libc.so.6") }
        let none = none
        try await inNewNamespace {
            try dropCapabilities()
            let filter = try Nftables()
            let refused = #expect(throws: Nftables.Failure.self) { try filter.run(none.creation) }
            #expect(refused?.description.contains("Operation not permitted") == true)
        }
    }

    @Test("a link is one with a hardware address and a name that needs no escaping")
    func links() {
        let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1])
        #expect(HandoverRules.Link(Interface(index: 2, name: "eth0", mac: mac), floating: []) != nil)
        #expect(HandoverRules.Link(Interface(index: 2, name: "eth0", mac: nil), floating: []) == nil)
        #expect(HandoverRules.Link(Interface(index: 2, name: "e\"; flush ruleset", mac: mac), floating: []) == nil)
    }
}

@Suite(
    "What the kernel knows of connections and neighbours", .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
struct ConnectionListTests {
    @Test("a connection is under way until it is through, whichever kind of socket took it")
    func connections() async throws {
        try await inNewNamespace {
            try shell("ip link set lo up")
            let home = IPAddress.v4(0x7F00_0001)
            let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var any = sockaddr_in6()
            any.sin6_family = sa_family_t(AF_INET6)
            any.sin6_port = UInt16(8080).bigEndian
            try #require(bound(listener, &any) == 0 && listen(listener, 5) == 0)
            #expect(try Connections.underWay(to: [home]).isEmpty, "who listens has no connection")
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var server = sockaddr_in()
            server.sin_family = sa_family_t(AF_INET)
            server.sin_port = UInt16(8080).bigEndian
            server.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            try #require(connected(client, &server) == 0)
            let taken = accept(listener, nil, nil)
            // Both ends are here, each the other's client.
            let found = try Connections.underWay(to: [home, .v4(1)])
            #expect(found.keys.elementsEqual([home]) && found[home]?.count == 2)
            #expect(found[home]?.contains(SocketAddress(ip: home, port: 8080)) == true)
            close(taken)
            close(client)
            #expect(try eventually { try Connections.underWay(to: [home]).isEmpty })
        }
    }

    @Test("a neighbour's hardware address is known once it has been spoken with")
    func neighbours() async throws {
        try await onCable { cable in
            let index = try interfaceA().index
            let expected = try cable.at(.right) { try InterfaceList.current().first { $0.name == "b" }?.mac }
            for address in ["192.0.2.2", "fe80::2"] {
                let ip = try #require(IPAddress(address))
                let mac = try #require(expected)
                try shell("ip neigh replace \(address) lladdr \(mac) dev a nud reachable")
                #expect(try Neighbours.mac(of: ip, on: index) == expected)
                #expect(try Neighbours.mac(of: ip, on: index + 1) == nil)
            }
            #expect(try Neighbours.mac(of: .v4(0xC000_0263), on: index) == nil)
        }
    }

    private func bound(_ number: Int32, _ address: inout sockaddr_in6) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    private func connected(_ number: Int32, _ address: inout sockaddr_in) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
