internal import Wire

/// The kinds of settings that are addresses.
enum AddressKinds {
    /// A floating address, or how one comes about.
    enum FloatingChoice: Hashable {
        /// The LAN's DHCP server is asked for one.
        case automatic
        case fixed(IPAddress)
    }

    /// An address that can be given to any node of the LAN, or "auto".
    ///
    /// A link-local address only in standard mode: there the first address of an IPv6 virtual router is one
    /// (RFC 9568 §5.2.9).
    static func floating(_ node: TOMLNode, _ mode: Configuration.Floating.Mode) throws(Complaint) -> FloatingChoice {
        if case .string("auto") = node { return .automatic }
        return .fixed(try fixed(node, allowsLinkLocal: mode == .standard))
    }

    private static func fixed(_ node: TOMLNode, allowsLinkLocal: Bool) throws(Complaint) -> IPAddress {
        let ip = try address(node, such: "\"192.168.1.250\"")
        if let use = use(of: ip) {
            throw Complaint("must be a free address of your LAN; this is \(use)")
        }
        if ip.isLinkLocal, !allowsLinkLocal {
            throw Complaint(
                "must be an address that every device of the LAN can open; a link-local one (fe80::) cannot be",
                advice: "Take one of the network's own prefix, or of fd00::/8.")
        }
        return ip
    }

    /// Where a node elsewhere listens.
    static func peer(_ node: TOMLNode, defaultPort: UInt16) throws(Complaint) -> SocketAddress {
        let allowed = "must be an address, such as \"192.168.1.20\" or \"192.168.1.20:7373\""
        guard case .string(let text) = node else { throw Complaint("\(allowed); this is \(node.kind)") }
        guard let peer = SocketAddress(text, defaultPort: defaultPort) else {
            throw Complaint(allowed, advice: advice(for: text))
        }
        guard peer.port != 0 else { throw Complaint("must have a port from 1 to 65535") }
        if let use = use(of: peer.ip) { throw Complaint("must be the address of one node; this is \(use)") }
        if peer.ip.isLinkLocal {
            throw Complaint(
                "must be an address that means the same on every interface; a link-local one (fe80::) does not",
                advice: "Nodes on the same LAN find each other without it.")
        }
        return peer
    }

    /// An address to listen on.
    static func listening(_ node: TOMLNode) throws(Complaint) -> IPAddress {
        let ip = try address(node, such: "\"192.168.1.20\" or \"::1\"")
        if case .v4(let number) = ip, number >= 0xE000_0000 {
            throw Complaint("must be an address that a node can have; this is \(use(of: ip) ?? "none")")
        }
        if case .v6(let high, _) = ip, high >> 56 == 0xFF {
            throw Complaint("must be an address that a node can have; this is a multicast address")
        }
        return ip
    }

    private static func address(_ node: TOMLNode, such example: String) throws(Complaint) -> IPAddress {
        let allowed = "must be an IPv4 or IPv6 address, such as \(example)"
        guard case .string(let text) = node else { throw Complaint("\(allowed); this is \(node.kind)") }
        if let ip = IPAddress(text) { return ip }
        throw Complaint(allowed, advice: advice(for: text))
    }

    /// What people write most often in place of an address.
    private static func advice(for text: String) -> String? {
        if let slash = text.firstIndex(of: "/"), IPAddress(String(text[..<slash])) != nil {
            return "Leave out \(text[slash...]): the network is known from the interface."
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, IPAddress(String(parts[0])) != nil {
            return UInt16(parts[1]) == nil ? "A port is a number from 1 to 65535." : "No port belongs here."
        }
        let hasLetters = text.contains { $0.isLetter } && !text.contains(":")
        return hasLetters ? "Names are not looked up: write the address." : nil
    }

    /// What an address that no single node can have is there for; nil for any other.
    private static func use(of ip: IPAddress) -> String? {
        switch ip {
        case .v4(0), .v6(0, 0): "the address that means \"any\""
        case .v4(.max): "the broadcast address"
        case .v4(let number) where number >> 24 == 127: "a loopback address"
        case .v4(let number) where number >> 24 == 0: "an address of the reserved network 0.0.0.0/8"
        case .v4(let number) where number >> 28 == 0xE: "a multicast address"
        case .v4(let number) where number >> 28 == 0xF: "a reserved address"
        case .v6(0, 1): "the loopback address"
        case .v6(let high, _) where high >> 56 == 0xFF: "a multicast address"
        case .v6(0, let low) where low >> 32 == 0xFFFF: "an IPv4 address in an IPv6 form; write it as IPv4"
        default: nil
        }
    }
}
