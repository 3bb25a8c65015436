import NodeCore
import Testing
import Wire

@Suite("Pairing when strangers crowd out others")
struct PairingCrowdTests {
    /// A group of two that is complete, and a third node that asks.
    private static func asked() throws -> (network: PairingNetwork, asking: PairingKey) {
        var network = try PairingNetwork(3, seed: 2, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        network.start(2)
        network.run(for: .seconds(6))
        return (network, network.hosts[2].identity.publicKey)
    }

    @Test("whoever copies the key of one that asks does not keep it out", arguments: [1, 3, 200])
    func copies(_ addresses: Int) throws {
        var (network, key) = try Self.asked()
        var stranger = try Stranger(seed: 3)
        let group = network.hosts[0].record.group
        func copy() {
            for address in 0..<addresses {
                let body = PairingMessage.Announcement(group: group, isOpen: false, name: "x")
                network.inject(stranger.announcement(body, as: key), from: 10 + address, to: 0)
            }
        }
        copy()
        #expect(network.hosts[0].pairing?.asking.map(\.key) == [key])
        #expect(network.hosts[0].pairing?.asking.first?.address == PairingNetwork.address(2))
        // The first offer gets lost.
        network.isCut = { from, _ in from == 0 }
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.isCut = { _, _ in false }
        for _ in 0..<20 {
            copy()
            network.run(for: .milliseconds(500))
        }
        #expect(network.groups.count == 1)
    }

    @Test("copies of a key that were there before its owner do not keep it out for long")
    func copiesFirst() throws {
        var network = try PairingNetwork(3, seed: 2, starting: false)
        network.start(0)
        network.start(1)
        network.run(for: .seconds(200))
        let key = network.hosts[2].identity.publicKey
        var stranger = try Stranger(seed: 3)
        for address in 0..<4 {
            let body = PairingMessage.Announcement(group: 1, isOpen: false, asks: true, name: "x")
            network.inject(stranger.announcement(body, as: key), from: 10 + address, to: 0)
        }
        network.start(2)
        network.run(for: .seconds(25))
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        network.run(for: .seconds(7))
        #expect(network.groups.count == 1)
    }

    /// From how many addresses the flood comes.
    @Test("one that asks is not forgotten in a flood, and let in through it", arguments: [1, 1000])
    func flood(_ addresses: Int) throws {
        var (network, key) = try Self.asked()
        func flood(_ numbers: Range<UInt64>) throws {
            for number in numbers {
                var stranger = try Stranger(seed: number)
                let body = PairingMessage.Announcement(group: number, isOpen: false, asks: true, name: "x")
                network.inject(
                    stranger.announcement(body), from: 10 + Int(number) % addresses, to: 0)
            }
        }
        try flood(0..<500)
        #expect(network.hosts[0].pairing?.others.count == 64)
        #expect(network.hosts[0].pairing?.asking.contains { $0.key == key } == true)
        network.perform(0) { $0.admit(key.fingerprint, at: $1) }
        for second in 0..<10 as Range<UInt64> {
            try flood(1000 + 100 * second..<1100 + 100 * second)
            network.run(for: .seconds(1))
        }
        #expect(network.groups.count == 1)
        let told = network.hosts[0].events.count { if case .asks = $0 { true } else { false } }
        #expect(told <= 3, "and the log is not flooded")
    }

    @Test("a flood from one address keeps no newcomer out, and no proven one unheard from many", arguments: [1, 64])
    func newcomer(_ addresses: Int) throws {
        var network = try PairingNetwork(2, seed: 21, starting: false)
        let lower = network.hosts[0].record.group < network.hosts[1].record.group ? 0 : 1
        // From one address, the newcomer has to be heard; from many, it has to make itself heard.
        let (first, second) = addresses == 1 ? (lower, 1 - lower) : (1 - lower, lower)
        network.start(first)
        network.run(for: .seconds(2))
        func flood() throws {
            for number in 0..<100 as Range<UInt64> {
                var stranger = try Stranger(seed: number)
                // From one address they have something computed, too.
                let body = PairingMessage.Announcement(group: .max, isOpen: addresses == 1, name: "x")
                network.inject(stranger.announcement(body), from: 10 + Int(number) % addresses, to: first)
            }
        }
        try flood()
        network.start(second)
        for _ in 0..<5 {
            network.run(for: .seconds(1))
            try flood()
        }
        #expect(network.groups.count == 1)
        let key = network.hosts[second].identity.publicKey
        #expect(network.hosts[first].pairing?.others.contains { $0.key == key } == true)
    }

    @Test("one that asks a group is let in though strangers offer it their keys all the time")
    func hopes() throws {
        var network = try PairingNetwork(2, seed: 22)
        network.isCut = { _, _ in true }
        network.run(for: .seconds(190))
        network.isCut = { _, _ in false }
        let (key, hoped) = (network.hosts[0].identity.publicKey, network.hosts[1].identity.publicKey.fingerprint)
        network.perform(0) { $0.askForAdmission(by: hoped, at: $1) }
        network.run(for: .seconds(2))
        network.isCut = { from, _ in from == 1 }
        network.perform(1) { $0.admit(key.fingerprint, at: $1) }
        var stranger = try Stranger(seed: 23)
        let announced = try #require(network.announced(by: 0).last)
        for millisecond in 0..<9000 {
            if millisecond == 500 { network.isCut = { _, _ in false } }
            for from in [10 + millisecond % 50] {
                let offer = try stranger.offer(
                    group: 0, isAdmission: true, isEstablished: true, to: key, announced: announced)
                network.inject(offer, from: from, to: 0)
            }
            network.run(for: .milliseconds(1))
        }
        #expect((network.hosts[0].pairing?.ignored[.tooMany] ?? 0) > 1000)
        #expect(network.groups == [network.hosts[1].record.group] && network.clusterKeys.count == 1)
    }
}
