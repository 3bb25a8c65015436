import Testing

@testable import Wire

@Suite("Messages of pairing")
struct PairingMessageTests {
    private static let keys = (0...1).compactMap { start in
        PairingKey(bytes: (0..<32).map { UInt8($0) + UInt8(start) * 100 })
    }
    private static let nonces = (0...1).map { start in
        PairingNonce(checked: (0..<16).map { UInt8($0) + UInt8(start) * 16 }[...])
    }
    private static let sealed: [UInt8] = [0xAA, 0xBB, 0xCC]

    /// What precedes the body: magic, version, kind, the sender's key and nonce.
    private static func head(_ kind: UInt8) -> [UInt8] { [66, 82, 80, 1, kind] + Array(0..<32) + Array(0..<16) }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: PairingMessage.byteCount - bytes.count)
    }

    private static let bodies: [(PairingMessage.Body, [UInt8])] = [
        (
            .announce(.init(group: 0x0102_0304_0506_0708, isOpen: true, name: "pi")),
            head(1) + [1, 2, 3, 4, 5, 6, 7, 8, 1, 2] + Array("pi".utf8)
        ),
        (
            .announce(.init(group: 1, isOpen: false, isEstablished: true, name: "")),
            head(1) + [0, 0, 0, 0, 0, 0, 0, 1, 2, 0]
        ),
        (.announce(.init(group: 1, isOpen: false, asks: true, name: "")), head(1) + [0, 0, 0, 0, 0, 0, 0, 1, 4, 0]),
        (
            .offer(to: keys[1], nonce: nonces[1], sealed: sealed),
            head(2) + Array(100..<132) + Array(16..<32) + [3, 0xAA, 0xBB, 0xCC]
        ),
        (
            .accept(to: keys[1], nonce: nonces[1], sealed: sealed),
            head(3) + Array(100..<132) + Array(16..<32) + [3, 0xAA, 0xBB, 0xCC]
        ),
    ]

    @Test("the bytes of each message are fixed, and it is read back from them", arguments: 0..<5)
    func golden(_ index: Int) throws {
        let (body, bytes) = Self.bodies[index]
        let message = PairingMessage(sender: Self.keys[0], nonce: Self.nonces[0], body: body)
        #expect(message.encoded == Self.padded(bytes))
        #expect(try PairingMessage(decoding: message.encoded) == message)
    }

    @Test("a name is cut between characters, and a longer one is refused")
    func names() throws {
        let name = String(repeating: "é", count: 40)
        let message = PairingMessage(
            sender: Self.keys[0], nonce: Self.nonces[0], body: .announce(.init(group: 1, isOpen: true, name: name)))
        guard case .announce(let read) = try PairingMessage(decoding: message.encoded).body else {
            Issue.record("no announcement")
            return
        }
        #expect(read.name == String(repeating: "é", count: 31))
        let long = Self.head(1) + [0, 0, 0, 0, 0, 0, 0, 1, 1, 64] + [UInt8](repeating: 65, count: 64)
        #expect(throws: DecodeError.badValue) { try PairingMessage(decoding: Self.padded(long)) }
    }

    @Test(
        "what is no message is refused",
        arguments: [
            (0, 67, .badValue), (3, 2, .badValue), (4, 0, .badValue), (4, 4, .badValue), (101, 200, .truncated),
        ] as [(Int, UInt8, DecodeError)])
    func refused(_ place: Int, _ value: UInt8, _ error: DecodeError) {
        var bytes = Self.padded(Self.bodies[3].1)
        bytes[place] = value
        #expect(throws: error) { try PairingMessage(decoding: bytes) }
    }

    @Test("a message of another length is refused", arguments: [0, 4, 191, 193])
    func lengths(_ count: Int) {
        let bytes = Array((Self.padded(Self.bodies[3].1) + [0]).prefix(count))
        #expect(throws: count < 192 ? DecodeError.truncated : .trailingBytes) { try PairingMessage(decoding: bytes) }
    }
}
