import DHCP
import Testing
import Wire

@Suite("DHCP messages")
struct CodingTests {
    private static let full: DHCPMessage = {
        var message = DHCPMessage(.reply, .acknowledge, transaction: 0xDEAD_BEEF, hardwareAddress: [2, 1, 2, 3, 4, 5])
        message.seconds = 7
        message.wantsBroadcast = true
        message.clientAddress = 0x0A00_0001
        message.yourAddress = 0x0A00_0002
        message.options.subnetMask = 0xFFFF_FF00
        message.options.router = 0x0A00_00FE
        message.options.hostName = Array("bramble".utf8)
        message.options.requestedAddress = 0x0A00_0003
        message.options.leaseSeconds = 3600
        message.options.server = 0x0A00_00FD
        message.options.parameterList = [1, 3]
        message.options.text = Array("no".utf8)
        message.options.maximumSize = 1500
        message.options.renewalSeconds = 1800
        message.options.rebindingSeconds = 3000
        message.options.clientIdentifier = [255, 1, 2]
        return message
    }()

    /// The fixed part of a reply to the transaction 1, up to and with the cookie.
    private static func head(serverName: [UInt8] = [], file: [UInt8] = []) -> [UInt8] {
        func padded(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: count - bytes.count)
        }
        let fixed: [UInt8] =
            [2, 1, 6, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 20) + padded([2, 0, 0, 0, 0, 1], 16)
        return fixed + padded(serverName, 64) + padded(file, 128) + [0x63, 0x82, 0x53, 0x63]
    }

    @Test("what is written can be read")
    func roundTrip() throws {
        #expect(try DHCPMessage(decoding: Self.full.encoded) == Self.full)
    }

    @Test("a message has 300 bytes at least, which old relays ask for")
    func minimum() {
        let message = DHCPMessage(.request, .discover, transaction: 1, hardwareAddress: [2, 0, 0, 0, 0, 1])
        #expect(message.encoded.count == 300)
    }

    @Test("options may lie in the fields for names, and their parts are put together")
    func overload() throws {
        let head = Self.head(serverName: [61, 2, 3, 4, 255, 9, 9], file: [61, 2, 1, 2, 51, 4, 0, 0, 14, 16, 255])
        let message = try DHCPMessage(decoding: head + [53, 1, 5, 0, 0, 52, 1, 3, 255])
        #expect(message.kind == .acknowledge)
        #expect(message.options.leaseSeconds == 3600)
        #expect(message.options.clientIdentifier == [1, 2, 3, 4])
    }

    @Test("the fields for names are not read unless the message says so")
    func noOverload() throws {
        let message = try DHCPMessage(decoding: Self.head(file: [51, 4, 0, 0, 14, 16, 255]) + [53, 1, 5, 255])
        #expect(message.options.leaseSeconds == nil)
    }

    @Test("a missing end mark is forgiven, and what follows the end mark is not read")
    func endMark() throws {
        #expect(try DHCPMessage(decoding: Self.head() + [53, 1, 2]).kind == .offer)
        #expect(try DHCPMessage(decoding: Self.head() + [53, 1, 2, 255, 51, 4]).options.leaseSeconds == nil)
    }

    @Test("the first of several routers is taken")
    func routers() throws {
        let message = try DHCPMessage(decoding: Self.head() + [53, 1, 2, 3, 8, 10, 0, 0, 1, 10, 0, 0, 2, 255])
        #expect(message.options.router == 0x0A00_0001)
    }

    static let bad: [(String, [UInt8], DecodeError)] = [
        ("no kind", [255], .badValue), ("an unknown kind", [53, 1, 99, 255], .badValue),
        ("a kind of two bytes", [53, 2, 1, 1, 255], .badValue),
        ("a length beyond the end", [53, 1, 2, 51, 4, 0, 0], .truncated), ("no length", [53, 1, 2, 51], .truncated),
        ("a time of two bytes", [53, 1, 2, 51, 2, 0, 1, 255], .truncated),
        ("a time of five bytes", [53, 1, 2, 51, 5, 0, 0, 0, 0, 1, 255], .badValue),
        ("half a router", [53, 1, 2, 3, 6, 1, 2, 3, 4, 5, 6, 255], .badValue),
        ("an empty mask", [53, 1, 2, 1, 0, 255], .truncated),
    ]

    @Test("options that make no sense are refused", arguments: bad)
    func badOptions(name: String, options: [UInt8], error: DecodeError) {
        #expect(throws: error) { try DHCPMessage(decoding: Self.head() + options) }
    }

    @Test("another hardware, operation or cookie is refused", arguments: [0, 1, 2, 236, 239])
    func badField(offset: Int) {
        var bytes = Self.full.encoded
        bytes[offset] ^= 0x40
        #expect(throws: DecodeError.badValue) { try DHCPMessage(decoding: bytes) }
    }

    @Test("a message that is cut short is refused, or is read as far as it makes sense")
    func cut() {
        let bytes = Self.full.encoded
        for count in 0..<240 {
            #expect(throws: DecodeError.truncated) { try DHCPMessage(decoding: Array(bytes.prefix(count))) }
        }
        for count in 240..<bytes.count { _ = try? DHCPMessage(decoding: Array(bytes.prefix(count))) }
    }

    @Test("nonsense of every kind stops nobody", arguments: UInt64(1)...50)
    func nonsense(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes = Self.full.encoded
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let message = try? DHCPMessage(decoding: bytes) else { continue }
            #expect(message.hardwareAddress.count == 6)
        }
    }
}
