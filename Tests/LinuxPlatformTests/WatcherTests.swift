import Glibc
import Testing
import Wire

@testable import LinuxPlatform

@Suite("Who else has an address", .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
struct WatcherTests {
    @Test("ARP about other addresses wakes no one")
    func filteredARP() async throws {
        let heard = try await onCable { cable -> [UInt32] in
            let watcher = try cable.at(.right) { try ARPWatcher() }
            try watcher.listen(for: [0xC000_02FA, 0xC000_02FB])
            let announcer = try Announcer()
            let interface = try #require(try InterfaceList.current().last)
            for number in 0xF0...0xFF {
                if let error = announcer.announce(.v4(0xC000_0200 + UInt32(number)), on: interface) { throw error }
            }
            var senders: [UInt32] = []
            _ = eventually {
                senders += watcher.drain().heard.map(\.packet.senderIP)
                return senders.count >= 4
            }
            senders += watcher.drain().heard.map(\.packet.senderIP)
            return senders
        }
        #expect(heard == [0xC000_02FA, 0xC000_02FA, 0xC000_02FB, 0xC000_02FB])
    }

    @Test(
        "of hundreds of addresses each is heard, and no other; of thousands each",
        arguments: [1, 200, 201, 500, 3000])
    func manyAddresses(count: UInt32) async throws {
        let heard = try await onCable { cable -> [UInt32] in
            let watcher = try cable.at(.right) { try ARPWatcher() }
            try watcher.listen(for: (0..<count).map { 0xC0A8_0000 + $0 })
            let announcer = try Announcer()
            let interface = try #require(try InterfaceList.current().last)
            let told = [0xC0A8_0000, 0xC0A8_0000 + count / 2, 0xC0A8_0000 + count, 0xC0A8_0000 + count - 1]
            for number in told { if let error = announcer.announce(.v4(number), on: interface) { throw error } }
            var senders: [UInt32] = []
            _ = eventually {
                senders += watcher.drain().heard.map(\.packet.senderIP)
                return senders.last == told.last
            }
            return senders.map { $0 - 0xC0A8_0000 }
        }
        #expect(Set(heard) == (count < 2000 ? [0, count / 2, count - 1] : [0, count / 2, count - 1, count]))
    }

    @Test("whoever has an IPv6 address answers a question for it, and only that is heard")
    func answer() async throws {
        let (heard, owner) = try await onCable { cable -> ([NeighbourWatcher.Heard], MACAddress?) in
            let address = try #require(IPAddress("2001:db8::250"))
            let watcher = try NeighbourWatcher(for: [address])
            let announcer = try Announcer()
            let interface = try #require(try InterfaceList.current().last)
            watcher.join(address, on: interface.index)
            let owner = try cable.at(.right) {
                try shell("ip address add 2001:db8::250/128 dev b nodad; ip address add 2001:db8::251/128 dev b nodad")
                return try InterfaceList.current().last?.mac
            }
            var heard: [NeighbourWatcher.Heard] = []
            _ = eventually {
                for text in ["2001:db8::250", "2001:db8::251"] {
                    guard let ip = IPAddress(text) else { continue }
                    _ = announcer.solicit(ip, nonce: [1, 2, 3, 4, 5, 6], on: interface)
                }
                heard += watcher.drain() ?? []
                return !heard.isEmpty
            }
            return (heard, owner)
        }
        let first = try #require(heard.first)
        #expect(first.claim.ip == IPAddress("2001:db8::250"))
        #expect(!first.claim.isQuestion)
        #expect(first.mac == owner)
        #expect(Set(heard.map(\.claim.ip)).count == 1)
    }

    @Test("another's question before it takes an IPv6 address is heard, with the kernel's nonce")
    func question() async throws {
        let heard = try await onCable { cable -> [NeighbourWatcher.Heard] in
            let address = try #require(IPAddress("2001:db8::250"))
            let watcher = try NeighbourWatcher(for: [address])
            watcher.join(address, on: try #require(try InterfaceList.current().last).index)
            try cable.at(.right) { try shell("ip address add 2001:db8::250/64 dev b") }
            var heard: [NeighbourWatcher.Heard] = []
            _ = eventually {
                heard += watcher.drain() ?? []
                return !heard.isEmpty
            }
            return heard
        }
        let first = try #require(heard.first)
        #expect(first.claim.ip == IPAddress("2001:db8::250"))
        #expect(first.claim.isQuestion)
    }

    @Test("a process and its parents are named by the port of its socket, and the dead are not")
    func culprit() throws {
        let parent = try #require(Culprit.process(UInt32(getppid())))
        #expect(Culprit.name(ofPort: UInt32(getppid()))?.hasPrefix("\(parent.name) (process \(getppid())") == true)
        #expect(Culprit.name(ofPort: UInt32(getpid())) == nil, "this process strips nothing")
        #expect(Culprit.name(ofPort: 0) == nil, "the kernel")
        #expect(Culprit.name(ofPort: 0xFFFF_F000) == nil, "a further socket")
        #expect(Culprit.name(ofPort: 4_194_303)?.contains("gone") == true)
    }
}
