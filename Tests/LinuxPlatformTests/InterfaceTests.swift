import Glibc
import Testing
import Wire

@testable import LinuxPlatform

private func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

private func address(_ text: String, _ prefix: Int, secondary: Bool = false) -> Interface.Address {
    Interface.Address(
        ip: ip(text), prefix: prefix, broadcast: nil, isDeprecated: false, isTentative: false, isSecondary: secondary,
        validSeconds: nil)
}

private func interface(_ index: UInt32, up: Bool = true, running: Bool = true, _ addresses: [Interface.Address])
    -> Interface
{
    Interface(
        index: index, name: "eth\(index)", mac: nil, isUp: up, isRunning: running, isLoopback: false,
        canBroadcast: true, canMulticast: true, mtu: 1500, addresses: addresses)
}

@Suite("Which interface and which address")
struct InterfaceChoiceTests {
    @Test(
        "the network's own address and its broadcast address are nobody's",
        arguments: [
            ("192.0.2.0", true), ("192.0.2.255", true), ("192.0.2.254", false), ("192.0.3.255", false),
            ("198.51.100.4", false), ("198.51.100.5", false), ("2001:db8::", false),
        ])
    func reserved(_ text: String, _ isReserved: Bool) {
        let addresses = [address("192.0.2.1", 24), address("198.51.100.4", 31), address("2001:db8::1", 64)]
        #expect(interface(1, addresses).isReserved(ip(text)) == isReserved)
    }

    @Test("the longest network wins, then a running interface, then the lowest index")
    func choice() {
        let wide = interface(1, [address("10.0.0.1", 8)])
        let narrow = interface(2, [address("10.1.0.1", 16)])
        let asleep = interface(3, running: false, [address("192.0.2.1", 24)])
        let awake = interface(4, [address("192.0.2.2", 24)])
        let off = interface(5, up: false, [address("203.0.113.1", 24)])
        let all = [wide, narrow, asleep, awake, off]
        #expect(InterfaceList.interface(for: ip("10.1.2.3"), in: all)?.index == 2)
        #expect(InterfaceList.interface(for: ip("10.2.2.3"), in: all)?.index == 1)
        #expect(InterfaceList.interface(for: ip("192.0.2.9"), in: all)?.index == 4)
        #expect(InterfaceList.interface(for: ip("203.0.113.9"), in: all) == nil)
        #expect(InterfaceList.interface(for: ip("198.51.100.9"), in: all) == nil)
        #expect(InterfaceList.interface(for: ip("2001:db8::9"), in: all) == nil)
    }

    @Test("a floating address left on an interface does not make that interface its network")
    func hostAddressesNameNoNetwork() {
        #expect(InterfaceList.interface(for: ip("192.0.2.9"), in: [interface(1, [address("192.0.2.9", 32)])]) == nil)
    }

    @Test("the own address is never a floating one, even where that was there first")
    func ownAddress() {
        let subject = interface(
            1,
            [
                address("192.0.2.250", 32), address("192.0.2.3", 24, secondary: true), address("192.0.2.1", 24),
                address("2001:db8::1", 64), address("fe80::1", 64),
            ])
        #expect(subject.ownAddress(ipv4: true)?.ip == ip("192.0.2.1"))
        #expect(subject.ownAddress(ipv4: false)?.ip == ip("fe80::1"))
        #expect(subject.isOwn(ip("192.0.2.1")) && !subject.isOwn(ip("192.0.2.250")))
        let alone = interface(1, [address("192.0.2.250", 32)])
        #expect(alone.ownAddress(ipv4: true, except: [ip("192.0.2.250")]) == nil)
        #expect(alone.ownAddress(ipv4: false) == nil)
    }
}

@Suite("The kernel's interfaces and addresses", .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
struct KernelNetworkTests {
    @Test("a listing tells flags, addresses and networks")
    func listing() async throws {
        let interfaces = try await onCable { _ in
            return try InterfaceList.current()
        }
        #expect(interfaces.map(\.name) == ["lo", "a"])
        let loopback = try #require(interfaces.first)
        let cable = try #require(interfaces.last)
        #expect(loopback.isLoopback && !loopback.isForGossip && loopback.mac == nil)
        #expect(cable.isUp && cable.isRunning && cable.canBroadcast && cable.canMulticast && cable.isForGossip)
        #expect(cable.mac != nil && cable.mtu == 1500)
        #expect(
            Set(cable.addresses.map { "\($0.ip)/\($0.prefix)" })
                == ["192.0.2.1/24", "fe80::1/64", "2001:db8::1/64"])
        #expect(cable.addresses.first { $0.ip.isIPv4 }?.broadcast == ip("192.0.2.255"))
        #expect(cable.addresses.allSatisfy { $0.validSeconds == nil && !$0.isTentative && !$0.isDeprecated })
    }

    @Test("an unplugged cable shows: up, but not running")
    func unplugged() async throws {
        let states = try await onCable { cable in
            try cable.at(.right) { try shell("ip link set dev b down") }
            return try InterfaceList.current().filter { $0.name == "a" }.map { [$0.isUp, $0.isRunning] }
        }
        #expect(states == [[true, false]])
    }

    @Test(
        "a claim stands alone, cannot be a source by choice, and can be repeated",
        arguments: ["192.0.2.250", "2001:db8::250"])
    func claim(text: String) async throws {
        let found = try await onCable { _ in
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            for _ in 0..<3 {
                if let error = floating.claim(ip(text), on: index, validFor: 30) { throw error }
            }
            return try InterfaceList.current().flatMap(\.addresses).filter { $0.ip == ip(text) }
        }
        let address = try #require(found.first)
        #expect(found.count == 1)
        #expect(address.isHost && !address.isTentative)
        #expect(address.isDeprecated == !address.ip.isIPv4)
        #expect((1...30).contains(address.validSeconds ?? .max))
    }

    @Test(
        "a claim that is not renewed is gone by itself, and one that is renewed stays",
        arguments: ["192.0.2.250", "2001:db8::250"])
    func lease(text: String) async throws {
        let (stayed, left) = try await onCable { _ in
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            func isThere() throws -> Bool {
                try InterfaceList.current().flatMap(\.addresses).contains { $0.ip == ip(text) }
            }
            var stayed = true
            let start = MonotonicClock.now()
            while start.duration(to: MonotonicClock.now()) < .seconds(3) {
                let claimed = MonotonicClock.now()
                if let error = floating.claim(ip(text), on: index, validFor: 2) { throw error }
                usleep(50_000)
                let isKept = try isThere()
                // A machine too busy to renew in time proves nothing.
                if claimed.duration(to: MonotonicClock.now()) < .seconds(2) { stayed = stayed && isKept }
            }
            return (stayed, try eventually { try !isThere() })
        }
        #expect(stayed)
        #expect(left)
    }

    @Test("a release takes the address away; what is missing is no error", arguments: ["192.0.2.250", "2001:db8::250"])
    func release(text: String) async throws {
        let (failures, left) = try await onCable { _ -> ([SystemError?], Int) in
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            let failures = [
                floating.claim(ip(text), on: index, validFor: 30), floating.release(ip(text), on: index),
                floating.release(ip(text), on: index), floating.release(ip(text), on: 4711),
            ]
            return (failures, try InterfaceList.current().flatMap(\.addresses).filter { $0.ip == ip(text) }.count)
        }
        #expect(failures == [nil, nil, nil, nil])
        #expect(left == 0)
    }

    @Test("a claim on no interface, or without permission, says so")
    func refusals() async throws {
        let (missing, forbidden) = try await onCable { _ -> (SystemError?, SystemError?) in
            let floating = try FloatingAddresses()
            let missing = floating.claim(ip("192.0.2.250"), on: 4711, validFor: 1)
            let index = try #require(try InterfaceList.current().last?.index)
            _ = try dropCapabilities()
            return (missing, try FloatingAddresses().claim(ip("192.0.2.250"), on: index, validFor: 1))
        }
        #expect(missing?.code == ENODEV)
        #expect(forbidden?.code == EPERM)
        #expect(forbidden?.advice?.contains("CAP_NET_ADMIN") == true)
    }

    @Test("the monitor hears of an address that another process removes, and of a cable that is pulled")
    func monitor() async throws {
        let (changes, index) = try await onCable { cable -> ([NetworkChange], UInt32) in
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            let monitor = try NetworkMonitor()
            _ = floating.claim(ip("192.0.2.250"), on: index, validFor: 30)
            try shell("ip addr del 192.0.2.250/32 dev a")
            try cable.at(.right) { try shell("ip link set dev b down") }
            var changes: [NetworkChange] = []
            _ = eventually {
                changes += monitor.drain()
                return changes.contains { if case .link(let link) = $0 { !link.isRunning } else { false } }
            }
            return (changes, index)
        }
        let added = changes.firstIndex {
            if case .addressAdded(let address, index) = $0 { address.ip == ip("192.0.2.250") } else { false }
        }
        let removed = changes.firstIndex {
            if case .addressRemoved(ip("192.0.2.250"), index, by: let port) = $0 { port > 0 } else { false }
        }
        #expect(try #require(added) < #require(removed))
        #expect(
            changes.contains { if case .link(let link) = $0 { link.index == index && !link.isRunning } else { false } })
    }

    @Test("more news than there is room for is an overrun, and afterwards the monitor hears again")
    func overrun() async throws {
        let (overran, heardAfter) = try await onCable { _ -> (Bool, Bool) in
            let monitor = try NetworkMonitor()
            let floating = try FloatingAddresses()
            let index = try #require(try InterfaceList.current().last?.index)
            for number in 0..<UInt32(4000) {
                _ = floating.claim(.v4(0x0A00_0000 + number % 20), on: index, validFor: 60)
            }
            var overran = false
            while true {
                let changes = monitor.drain()
                overran = overran || changes.contains(.overrun)
                if changes.isEmpty { break }
            }
            _ = floating.release(.v4(0x0A00_0000), on: index)
            let heardAfter = monitor.drain().contains {
                if case .addressRemoved(.v4(0x0A00_0000), index, by: _) = $0 { true } else { false }
            }
            return (overran, heardAfter)
        }
        #expect(overran)
        #expect(heardAfter)
    }
}
