internal import Glibc

/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address: its four bytes as a big-endian number.
    case v4(UInt32)
    /// An IPv6 address: its sixteen bytes as two big-endian numbers.
    case v6(UInt64, UInt64)

    /// Reads the textual form (dotted quad, or RFC 4291 §2.2); nil for anything else.
    public init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }  // a C string would end there
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: six) { Array($0) })
    }

    /// Reads 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        func number<Integer: FixedWidthInteger & UnsignedInteger>(_ slice: ArraySlice<UInt8>) -> Integer {
            slice.reduce(0) { $0 << 8 | Integer($1) }
        }
        switch bytes.count {
        case 4: self = .v4(number(bytes[...]))
        case 16: self = .v6(number(bytes[..<8]), number(bytes[8...]))
        default: return nil
        }
    }

    /// The 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.bigEndian) { Array($0) }
        case .v6(let high, let low):
            withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) }
        }
    }

    /// Whether this is an IPv4 address.
    public var isIPv4: Bool { if case .v4 = self { true } else { false } }

    /// Whether this is an IPv6 link-local address (fe80::/10), which means something only with an interface.
    public var isLinkLocal: Bool { if case .v6(let high, _) = self { high >> 54 == 0x3FA } else { false } }

    /// Whether the first `prefix` bits equal those of `other`. False between families.
    public func matches(_ other: IPAddress, prefix: Int) -> Bool {
        switch (self, other) {
        case (.v4(let left), .v4(let right)):
            return prefix <= 0 || (left ^ right) >> UInt32(max(0, 32 - prefix)) == 0
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            if prefix <= 64 { return prefix <= 0 || (high ^ otherHigh) >> UInt64(64 - prefix) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(max(0, 128 - prefix)) == 0
        default: return false
        }
    }

    /// Dotted quad, or the canonical form of RFC 5952.
    public var description: String {
        let raw = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, raw, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Where a datagram comes from or goes to.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The IP address.
    public var ip: IPAddress
    /// The UDP or TCP port.
    public var port: UInt16
    /// The index of the interface that a link-local address belongs to; 0 for any other.
    public var interface: UInt32

    /// The address `ip` with `port`, for a link-local address on the interface with this index.
    public init(ip: IPAddress, port: UInt16, interface: UInt32 = 0) {
        self.ip = ip
        self.port = port
        self.interface = ip.isLinkLocal ? interface : 0
    }

    /// Reads `192.0.2.7:7373`, `[2001:db8::7]:7373`, or an address alone, which then gets `defaultPort`.
    public init?(_ text: String, defaultPort: UInt16) {
        if let ip = IPAddress(text) {
            self.init(ip: ip, port: defaultPort)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if bracketed { host = host.dropFirst().dropLast() }
        guard let ip = IPAddress(String(host)), ip.isIPv4 != bracketed else { return nil }
        self.init(ip: ip, port: port)
    }

    /// Digits alone: Swift would take a sign as well.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? UInt16(text) : nil
    }

    /// Such as `192.0.2.7:7373` or `[2001:db8::7]:7373`.
    public var description: String { ip.isIPv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)" }
}
