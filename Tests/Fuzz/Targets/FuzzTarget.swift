/// What did not hold for some input.
struct Finding: Error, CustomStringConvertible {
    let description: String
}

/// One decoder, and what must hold whatever bytes it is handed.
///
/// The same check runs under libFuzzer (`make fuzz`), which looks for inputs, and in the tests, on those that are kept.
struct FuzzTarget: Sendable, CustomStringConvertible {
    let name: String
    /// The longest input that makes sense, in bytes.
    let longest: Int
    /// Valid inputs to begin with: made as nodes and servers make them.
    let seeds: @Sendable () -> [[UInt8]]
    /// Throws what did not hold.
    let check: @Sendable ([UInt8]) throws(Finding) -> Void

    init(
        _ name: String, longest: Int, seeds: @escaping @Sendable () -> [[UInt8]],
        check: @escaping @Sendable ([UInt8]) throws(Finding) -> Void
    ) {
        self.name = name
        self.longest = longest
        self.seeds = seeds
        self.check = check
    }

    var description: String { name }

    static let all = [
        datagram, conversation, gossip, membership, advertisement, sealedAdvertisement, arp, neighbour, dhcpMessage,
        dhcpFrame, dhcpClient, messages, node, manifest, configuration, request, texts, control, rawPacket, pairing,
    ]
}

/// Fails the input unless the condition holds.
func demand(_ holds: Bool, _ what: @autoclosure () -> String) throws(Finding) {
    guard holds else { throw Finding(description: what()) }
}

/// The value, or a failed input.
func demand<Value>(_ value: Value?, _ what: @autoclosure () -> String) throws(Finding) -> Value {
    guard let value else { throw Finding(description: what()) }
    return value
}

/// An input that says what is to be done: choices, numbers and pieces of bytes. Where it ends, everything is zero.
struct Script {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number(below limit: Int) -> Int { Int(byte()) % limit }

    /// As many bytes as the next two say, or as there are.
    mutating func piece() -> [UInt8] {
        let count = Int(byte()) << 8 | Int(byte())
        return bytes(count)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func remainder() -> [UInt8] { bytes(rest.count) }

    /// A piece as `piece()` reads it.
    static func piece(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }
}
