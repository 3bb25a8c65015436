import Testing
import Wire

@Suite("Addresses")
struct AddressTests {
    @Test(
        "an IP address is read and printed in its canonical form",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("192.168.1.250", "192.168.1.250"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80::1", "fe80::1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ])
    func canonical(text: String, printed: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == printed)
        #expect(IPAddress(printed) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
        #expect(address.bytes.count == (address.isIPv4 ? 4 : 16))
    }

    @Test(
        "anything else is no IP address",
        arguments: [
            "", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "1.2.3.4/24", "1.2.3.-4", ":", ":::", "1::2::3",
            "fe80::1%eth0", "host", "[::1]", "12345::", "1.2.3.4\0", "1.2.3.4\0x",
        ])
    func noAddress(text: String) { #expect(IPAddress(text) == nil) }

    @Test("only 4 or 16 bytes make an address", arguments: [0, 1, 3, 5, 15, 17, 32])
    func byteCounts(count: Int) { #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil) }

    @Test(
        "a prefix is compared bit by bit, and never between families",
        arguments: [
            ("192.168.1.7", "192.168.1.250", 24, true), ("192.168.1.7", "192.168.2.7", 24, false),
            ("192.168.1.7", "192.168.2.7", 22, true), ("1.2.3.4", "5.6.7.8", 0, true),
            ("1.2.3.4", "1.2.3.4", 32, true), ("1.2.3.4", "1.2.3.5", 32, false), ("1.2.3.4", "1.2.3.5", 99, false),
            ("2001:db8::1", "2001:db8::2", 64, true), ("2001:db8::1", "2001:db8:0:1::1", 64, false),
            ("2001:db8::1", "2001:db8:0:1::1", 63, true), ("2001:db8::1", "2001:db8::2", 126, true),
            ("2001:db8::1", "2001:db8::2", 127, false), ("::1", "::1", 128, true), ("::", "ffff::", 0, true),
            ("::1", "0.0.0.1", 0, false),
        ])
    func prefixes(left: String, right: String, prefix: Int, expected: Bool) throws {
        let left = try #require(IPAddress(left))
        let right = try #require(IPAddress(right))
        #expect(left.matches(right, prefix: prefix) == expected)
    }

    @Test(
        "fe80::/10 is link-local",
        arguments: [("fe80::1", true), ("febf::", true), ("fec0::", false), ("1.1.1.1", false)])
    func linkLocal(text: String, expected: Bool) { #expect(IPAddress(text)?.isLinkLocal == expected) }

    @Test(
        "a socket address is read with or without its port",
        arguments: [
            ("192.0.2.7", "192.0.2.7:7373"), ("192.0.2.7:80", "192.0.2.7:80"), ("192.0.2.7:0", "192.0.2.7:0"),
            ("2001:db8::7", "[2001:db8::7]:7373"), ("[2001:db8::7]:65535", "[2001:db8::7]:65535"),
        ])
    func socketAddress(text: String, printed: String) throws {
        let address = try #require(SocketAddress(text, defaultPort: 7373))
        #expect(address.description == printed)
        #expect(SocketAddress(printed, defaultPort: 1) == address)
    }

    @Test(
        "anything else is no socket address",
        arguments: [
            "", ":80", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:+80", "1.2.3.4: 80", "[1.2.3.4]:80",
            "[::1]", "[::1]80", "::1]:80", "[::1:80", "[]:80", "pi.local:80", "1.2.3.4:80:80",
        ])
    func noSocketAddress(text: String) { #expect(SocketAddress(text, defaultPort: 7373) == nil) }

    @Test("only a link-local address keeps its interface")
    func interfaces() {
        #expect(SocketAddress(ip: .v6(0xFE80 << 48, 1), port: 1, interface: 3).interface == 3)
        #expect(SocketAddress(ip: .v6(0x2001 << 48, 1), port: 1, interface: 3).interface == 0)
        #expect(SocketAddress(ip: .v4(1), port: 1, interface: 3).interface == 0)
    }
}
