internal import CLinux

/// A netlink message as it came from the kernel: host byte order, fields aligned to four bytes.
struct NetlinkMessage {
    let type: UInt16
    let sequence: UInt32
    /// The port of the socket that asked for what the kernel tells here; 0 for the kernel itself.
    var port: UInt32 = 0
    let payload: ArraySlice<UInt8>

    /// Cuts a buffer into messages; whatever does not add up at the end is left out.
    static func all(in buffer: [UInt8]) -> [NetlinkMessage] {
        var rest = buffer[...]
        var messages: [NetlinkMessage] = []
        while let length = rest.host(UInt32.self, at: 0).map(Int.init), length >= 16, length <= rest.count {
            guard let type = rest.host(UInt16.self, at: 4), let sequence = rest.host(UInt32.self, at: 8),
                let port = rest.host(UInt32.self, at: 12)
            else { break }
            let payload = rest.dropFirst(16).prefix(length - 16)
            messages.append(NetlinkMessage(type: type, sequence: sequence, port: port, payload: payload))
            rest = rest.dropFirst(aligned(length))
        }
        return messages
    }

    /// The attributes after a fixed header of `size` bytes; the last of a kind counts.
    func attributes(after size: Int) -> [UInt16: ArraySlice<UInt8>] {
        var rest = payload.dropFirst(NetlinkMessage.aligned(size))
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        while let length = rest.host(UInt16.self, at: 0).map(Int.init), length >= 4, length <= rest.count {
            guard let type = rest.host(UInt16.self, at: 2) else { break }
            found[type & UInt16(NLA_TYPE_MASK_VALUE)] = rest.dropFirst(4).prefix(length - 4)
            rest = rest.dropFirst(NetlinkMessage.aligned(length))
        }
        return found
    }

    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}

/// Netlink marks nested and byte-swapped attributes in the two top bits of their type.
private let NLA_TYPE_MASK_VALUE: UInt16 = 0x3FFF

extension ArraySlice<UInt8> {
    /// The integer in host byte order that starts `offset` bytes in; nil if the bytes end before it does.
    func host<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int) -> Integer? {
        let size = Integer.bitWidth / 8
        guard offset >= 0, count >= offset + size else { return nil }
        var value: Integer = 0
        let bytes = dropFirst(offset).prefix(size)
        Swift.withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        return value
    }

    /// The bytes before the first zero, as text.
    var textToZero: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}

/// Builds one netlink request.
struct NetlinkRequest {
    private var body: [UInt8] = []
    private let type: UInt16
    private let flags: UInt16

    init(type: Int32, flags: Int32) {
        self.type = UInt16(truncatingIfNeeded: type)
        self.flags = UInt16(truncatingIfNeeded: flags | NLM_F_REQUEST)
    }

    /// Appends an integer in host byte order.
    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { body.append(contentsOf: $0) }
    }

    /// Appends an attribute, padded to four bytes.
    mutating func attribute(_ type: Int, _ value: [UInt8]) {
        append(UInt16(4 + value.count))
        append(UInt16(truncatingIfNeeded: type))
        body += value
        while body.count % 4 != 0 { body.append(0) }
    }

    /// The attributes alone: what an attribute that holds others has as its value.
    var attributes: [UInt8] { body }

    /// The message with its header.
    func encoded(sequence: UInt32) -> [UInt8] {
        var header = NetlinkRequest(type: 0, flags: 0)
        header.append(UInt32(16 + body.count))
        header.append(type)
        header.append(flags)
        header.append(sequence)
        header.append(UInt32(0))
        return header.body + body
    }
}
