import Testing
import Wire

@testable import LinuxPlatform

private let mac = MACAddress(bytes: [0x02, 0x11, 0x22, 0x33, 0x44, 0x55]) ?? .zero

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite("Frames, byte for byte")
struct PacketTests {
    @Test("the request form of an announcement has sender and target address alike (RFC 5227 §3)")
    func announcementRequest() {
        let frame = EthernetFrame.broadcast(.announcement(of: 0xC0A8_01FA, at: mac, .request))
        #expect(
            hex(frame) == "ffffffffffff" + "021122334455" + "0806" + "0001080006040001"
                + "021122334455" + "c0a801fa" + "000000000000" + "c0a801fa")
    }

    @Test("the reply form names its sender as the target (RFC 5944 §4.6)")
    func announcementReply() {
        let frame = EthernetFrame.broadcast(.announcement(of: 0xC0A8_01FA, at: mac, .reply))
        #expect(
            hex(frame) == "ffffffffffff" + "021122334455" + "0806" + "0001080006040002"
                + "021122334455" + "c0a801fa" + "021122334455" + "c0a801fa")
    }

    @Test("a probe says nothing of its sender's address (RFC 5227 §2.1.1)")
    func probe() {
        #expect(
            hex(ARPPacket.probe(for: 0xC0A8_01FA, from: mac).encoded)
                == "0001080006040001" + "021122334455" + "00000000" + "000000000000" + "c0a801fa")
    }

    @Test("a neighbour advertisement overrides, is unsolicited, and has hop limit 255 (RFC 4861 §7.2.6)")
    func neighbourAdvertisement() throws {
        let address = try #require(IPAddress("2001:db8::fa"))
        let frame = try #require(NeighbourAdvertisement.frame(for: address, at: mac))
        let target = "20010db80000000000000000000000fa"
        #expect(
            hex(frame) == "333300000001" + "021122334455" + "86dd"
                + "60000000" + "0020" + "3a" + "ff" + target + "ff020000000000000000000000000001"
                + "8800" + hex(Array(frame[56..<58])) + "20000000" + target + "0201021122334455")
        let covered = Array(frame[22..<54]) + [0, 0, 0, 32, 0, 0, 0, 58] + Array(frame[54...])
        #expect(InternetChecksum.of(covered) == 0)
        #expect(NeighbourAdvertisement.frame(for: .v4(1), at: mac) == nil)
    }

    @Test("a question for an IPv6 address comes from nobody, with a nonce (RFC 4862 §5.4.2, RFC 7527 §4.1)")
    func solicitation() throws {
        let address = try #require(IPAddress("2001:db8::12:3456:78fa"))
        let nonce: [UInt8] = [1, 2, 3, 4, 5, 6]
        let frame = try #require(NeighbourSolicitation.frame(for: address, from: mac, nonce: nonce))
        let target = "20010db80000000000000012345678fa"
        #expect(
            hex(frame) == "3333ff5678fa" + "021122334455" + "86dd"
                + "60000000" + "0020" + "3a" + "ff" + String(repeating: "0", count: 32)
                + "ff0200000000000000000001ff5678fa"
                + "8700" + hex(Array(frame[56..<58])) + "00000000" + target + "0e01010203040506")
        let claim = try NeighbourClaim(decoding: Array(frame[14...]))
        #expect(claim.ip == address)
        #expect(claim.isQuestion)
        #expect(claim.nonce == nonce)
        #expect(NeighbourSolicitation.frame(for: .v4(1), from: mac, nonce: nonce) == nil)
    }

    @Test("an advertisement is read as a claim of its target by its sender")
    func claim() throws {
        let address = try #require(IPAddress("2001:db8::fa"))
        let frame = try #require(NeighbourAdvertisement.frame(for: address, at: mac))
        let claim = try NeighbourClaim(decoding: Array(frame[14...]))
        #expect(claim.ip == address)
        #expect(claim.mac == mac)
        #expect(!claim.isQuestion)
    }

    @Test("neighbour discovery that was changed or cut short on the way is refused", arguments: 0..<72)
    func changedClaim(index: Int) throws {
        let address = try #require(IPAddress("2001:db8::fa"))
        let frame = try #require(NeighbourAdvertisement.frame(for: address, at: mac))
        var packet = Array(frame[14...])
        #expect(throws: DecodeError.self) { try NeighbourClaim(decoding: Array(packet.prefix(index))) }
        packet[index] ^= 0x10
        // Traffic class and flow label mean nothing here and are in no checksum.
        guard !(0..<4).contains(index) || index == 0 else { return }
        if index == 0 { packet[0] = 0x40 }
        #expect(throws: DecodeError.self) { try NeighbourClaim(decoding: packet) }
    }

    @Test("random neighbour discovery never traps")
    func randomClaims() throws {
        var generator = SeededGenerator(seed: 4861)
        let address = try #require(IPAddress("2001:db8::fa"))
        let frame = try #require(NeighbourSolicitation.frame(for: address, from: mac, nonce: [1, 2, 3, 4, 5, 6]))
        for _ in 0..<2000 {
            var packet = Array(frame[14...].prefix(Int.random(in: 0...72, using: &generator)))
            for index in packet.indices.shuffled(using: &generator).prefix(3) {
                packet[index] = .random(in: 0...255, using: &generator)
            }
            _ = try? NeighbourClaim(decoding: packet)
        }
    }

    @Test("the checksum of RFC 1071 §3's example is the one there")
    func checksum() {
        #expect(InternetChecksum.of([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == ~0xDDF2)
        #expect(InternetChecksum.of([0xFF]) == 0x00FF)
    }

    @Test("what is written is read, padding and all")
    func roundTrip() throws {
        let packet = ARPPacket.announcement(of: 0xC0A8_01FA, at: mac, .reply)
        #expect(try ARPPacket(decoding: packet.encoded + [UInt8](repeating: 0, count: 18)) == packet)
    }

    @Test("a packet that ends early is no packet", arguments: 0..<28)
    func truncated(length: Int) {
        let bytes = Array(ARPPacket.probe(for: 1, from: mac).encoded.prefix(length))
        #expect(throws: DecodeError.self) { try ARPPacket(decoding: bytes) }
    }

    @Test("another hardware, protocol, length or operation is refused", arguments: [0, 1, 2, 3, 4, 5, 6, 7])
    func strange(index: Int) {
        var bytes = ARPPacket.probe(for: 1, from: mac).encoded
        bytes[index] ^= 0x40
        #expect(throws: DecodeError.badValue) { try ARPPacket(decoding: bytes) }
    }

    @Test("random bytes never trap, and what decodes encodes to the same")
    func random() {
        var generator = SeededGenerator(seed: 5227)
        let start = ARPPacket.probe(for: 1, from: mac).encoded
        for _ in 0..<2000 {
            var bytes = start
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<28, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            guard let packet = try? ARPPacket(decoding: bytes) else { continue }
            #expect(packet.encoded == bytes)
        }
    }
}

@Suite("Netlink, byte for byte")
struct NetlinkMessageTests {
    @Test("a request carries its length, flags, number and padded attributes")
    func request() {
        var request = NetlinkRequest(type: 20, flags: 4)
        request.append(UInt32(7))
        request.attribute(3, [1, 2, 3, 4, 5])
        let messages = NetlinkMessage.all(in: request.encoded(sequence: 9) + request.encoded(sequence: 10))
        #expect(messages.map(\.sequence) == [9, 10])
        #expect(messages.map(\.type) == [20, 20])
        #expect(messages.map { $0.attributes(after: 4)[3].map(Array.init) } == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]])
    }

    @Test("lengths that lie end the reading", arguments: [0, 1, 15, 17, 4096, UInt32.max])
    func lies(length: UInt32) {
        var bytes = NetlinkRequest(type: 20, flags: 0).encoded(sequence: 1)
        bytes.replaceSubrange(0..<4, with: withUnsafeBytes(of: length) { Array($0) })
        #expect(NetlinkMessage.all(in: bytes).isEmpty)
    }

    @Test("random messages never trap")
    func random() {
        var generator = SeededGenerator(seed: 3549)
        var read = 0
        for round in 0..<2000 {
            let types: [UInt16] = [16, 17, 20, 21]
            var payload = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                UInt8.random(in: 0...(round.isMultiple(of: 2) ? 12 : 255), using: &generator)
            }
            payload += [8, 0, 1, 0, 192, 0, 2, 1]
            let message = NetlinkMessage(type: types[round % 4], sequence: 0, payload: payload[...])
            if NetworkChange(message) != nil { read += 1 }
        }
        #expect(read > 0)
    }
}
