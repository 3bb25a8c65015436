import CLinux
import Glibc
import Testing
import Wire

@testable import LinuxPlatform

@Suite("DHCP on a link")
struct DHCPTests {
    private static let client = MACAddress(bytes: [0x02, 1, 2, 3, 4, 5]) ?? .zero
    private static let server = MACAddress(bytes: [0x02, 9, 9, 9, 9, 9]) ?? .zero

    /// A server's message for the client, as far as the filter looks.
    private static func answer(for mac: MACAddress = client, operation: UInt8 = 2) -> [UInt8] {
        [operation, 1, 6, 0] + [UInt8](repeating: 0, count: 24) + mac.bytes + [UInt8](repeating: 0, count: 266)
    }

    /// A frame from port 67 to port 68.
    private static func frame(_ message: [UInt8], _ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
        var frame = DHCPFrame.request(
            message, from: server, to: client, sourceIP: 0x0A00_0001, destinationIP: 0x0A00_0064)
        frame.swapAt(35, 37)  // the ports; their sum stays the same
        change(&frame)
        return frame
    }

    @Test("a request is an IPv4 packet from nobody to everybody, and its checksums are right")
    func request() throws {
        let frame = DHCPFrame.request([1, 2, 3], from: Self.client)
        #expect(frame.prefix(6) == [255, 255, 255, 255, 255, 255] && Array(frame[6..<12]) == Self.client.bytes)
        #expect(InternetChecksum.of(Array(frame[14..<34])) == 0)
        #expect(Array(frame[26..<34]) == [0, 0, 0, 0, 255, 255, 255, 255])
        #expect(Array(frame[34..<38]) == [0, 68, 0, 67])
        let pseudo = Array(frame[26..<34]) + [0, 17, 0, 11]
        #expect(InternetChecksum.of(pseudo + Array(frame[34...])) == 0)
    }

    @Test("an answer is read, padding and all")
    func answers() throws {
        let message = Self.answer()
        let read = try DHCPFrame(decoding: Self.frame(message) + [0, 0, 0, 0], isUnfinished: false)
        #expect(read.message == message && read.source == Self.server)
    }

    @Test(
        "what is no sound UDP datagram to port 68 is refused",
        arguments: [
            (12, 0x86), (14, 0x65), (14, 0x44), (20, 0x20), (21, 0x01), (23, 6), (24, 0), (27, 9), (35, 68), (37, 67),
            (39, 0), (41, 77), (60, 1),
        ] as [(Int, UInt8)])
    func unsound(offset: Int, value: UInt8) {
        let frame = Self.frame(Self.answer()) { $0[offset] = value }
        #expect(throws: DecodeError.self) { try DHCPFrame(decoding: frame, isUnfinished: false) }
    }

    @Test("a checksum that is not made yet is not looked at, nor one that is left out")
    func unfinished() throws {
        let open = Self.frame(Self.answer()) { $0[41] ^= 1 }
        #expect(throws: DecodeError.self) { try DHCPFrame(decoding: open, isUnfinished: false) }
        #expect(try DHCPFrame(decoding: open, isUnfinished: true).message == Self.answer())
        let without = Self.frame(Self.answer()) { ($0[40], $0[41]) = (0, 0) }
        #expect(try DHCPFrame(decoding: without, isUnfinished: false).message == Self.answer())
    }

    @Test("a frame that is cut short is refused")
    func cut() {
        let whole = Self.frame(Self.answer())
        for count in 0..<whole.count {
            #expect(throws: DecodeError.self) {
                try DHCPFrame(decoding: Array(whole.prefix(count)), isUnfinished: true)
            }
        }
    }

    @Test(
        "a socket hears the answers to its client, at an address of its own, and nothing else",
        .disabled(if: noNamespaces != nil, "\(noNamespaces ?? "")"))
    func socket() async throws {
        let heard = try await inNewNamespace { () -> [[UInt8]] in
            let cable = try Cable()
            let interfaces = try InterfaceList.current()
            let own = try #require(interfaces.first { $0.name == "a" })
            let socket = try DHCPSocket(on: own, hardwareAddress: Self.client)
            let frames = [
                Self.frame(Self.answer(for: Self.server)), Self.frame(Self.answer(operation: 1)),
                Self.frame(Self.answer()) { $0[37] = 69 }, EthernetFrame.broadcast(.probe(for: 1, from: Self.server)),
                Self.frame(Self.answer()),
            ]
            try cable.at(.right) {
                let sender = try Descriptor.socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0, "a packet socket")
                let other = try #require(try InterfaceList.current().first { $0.name == "b" })
                for frame in frames {
                    #expect(bramble_send_frame(sender.number, frame, frame.count, other.index) == frame.count)
                }
            }
            var heard: [[UInt8]] = []
            _ = eventually {
                heard += socket.drain().map(\.message)
                return !heard.isEmpty
            }
            return heard + socket.drain().map(\.message)
        }
        #expect(heard == [Self.answer()])
    }

    @Test("what it sends comes from the client's address", .disabled(if: noNamespaces != nil, "\(noNamespaces ?? "")"))
    func sends() async throws {
        try await inNewNamespace {
            let cable = try Cable()
            let own = try #require(try InterfaceList.current().first { $0.name == "a" })
            let socket = try DHCPSocket(on: own, hardwareAddress: Self.client)
            let listener = try cable.at(.right) {
                let listener = try Descriptor.socket(
                    AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue), 0, "a packet socket")
                #expect(bramble_bind_packet(listener.number, EtherType.ipv4, 0) == 0)
                return HeldDescriptor(listener)
            }
            #expect(socket.broadcast([1, 2, 3]) == nil)
            #expect(socket.send([4], from: 0x0A00_0064, to: 0x0A00_0001, at: Self.server) == nil)
            var frames: [[UInt8]] = []
            _ = eventually {
                var buffer = [UInt8](repeating: 0, count: 2048)
                let count = recv(listener.number, &buffer, buffer.count, 0)
                if count > 0, Array(buffer[6..<12]) == Self.client.bytes { frames.append(Array(buffer.prefix(count))) }
                return frames.count == 2
            }
            #expect(
                frames == [
                    DHCPFrame.request([1, 2, 3], from: Self.client),
                    DHCPFrame.request(
                        [4], from: Self.client, to: Self.server, sourceIP: 0x0A00_0064, destinationIP: 0x0A00_0001),
                ])
        }
    }
}

/// A descriptor that can be handed out of a closure.
private final class HeldDescriptor {
    private let descriptor: Descriptor
    var number: Int32 { descriptor.number }
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
