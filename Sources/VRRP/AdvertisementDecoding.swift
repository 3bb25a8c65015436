public import Wire

extension Advertisement {
    /// What came in an IP packet of its own, and how the sender makes checksums.
    public struct Received: Hashable, Sendable {
        /// The message.
        public let advertisement: Advertisement
        /// What the checksum covered: a sender that differs from us would discard ours.
        public let coverage: IPv4Coverage
    }

    /// Decodes the payload of an IP packet with protocol 112, and checks all that RFC 9568 §7.1 demands of it.
    ///
    /// Whether the virtual router is known here is for the caller, who has the list. Bytes after the last address are
    /// not looked at.
    ///
    /// What a sender must keep to and §7.1 has no receiver check is accepted otherwise, for to discard it makes two
    /// nodes Active: an IPv6 source that is not link-local (§5.1.2.1; keepalived between unicast peers), and a list of
    /// IPv6 addresses that does not begin with a link-local one (§5.2.9; keepalived warns and goes on, FRR does not
    /// care).
    /// - Throws: the first reason to discard the packet.
    public static func decode(
        _ payload: [UInt8], source: IPAddress, destination: IPAddress, hopLimit: UInt8
    ) throws(DiscardReason) -> Received {
        guard hopLimit == Self.hopLimit else { throw .hopLimit(hopLimit) }
        guard source.isIPv4 == destination.isIPv4 else { throw .mixedFamilies }
        guard isMachine(source) else { throw .source(source) }
        let header = try Header(payload[...])
        let length = headerLength + header.count * (source.isIPv4 ? 4 : 16)
        guard payload.count >= length else { throw .truncated }
        let message = payload.prefix(length)
        guard let coverage = coverage(of: message, source: source, destination: destination) else { throw .checksum }
        return Received(advertisement: try header.advertisement(isIPv4: source.isIPv4), coverage: coverage)
    }

    /// Decodes a message that came inside a sealed datagram: its authentication stands for hop limit and checksum.
    ///
    /// The family follows from count and length.
    /// - Throws: the first reason to discard the message.
    public static func decode(sealed payload: ArraySlice<UInt8>) throws(DiscardReason) -> Advertisement {
        let header = try Header(payload)
        guard header.count > 0 else { throw .noAddresses }
        let rest = payload.count - headerLength
        guard rest == header.count * 4 || rest == header.count * 16 else {
            throw rest < header.count * 4 ? .truncated : .length(payload.count)
        }
        return try header.advertisement(isIPv4: rest == header.count * 4)
    }

    /// Whether one machine on a link can have this address: not the unspecified, a loopback, a group or everyone.
    private static func isMachine(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let number): number >> 24 != 0 && number >> 24 != 127 && number >> 28 < 0xE
        case .v6(let high, let low): high >> 56 != 0xFF && (high != 0 || low > 1)
        }
    }

    private static func coverage(
        of message: ArraySlice<UInt8>, source: IPAddress, destination: IPAddress
    ) -> IPv4Coverage? {
        let pseudoHeader = Checksum.pseudoHeader(source: source, destination: destination, length: message.count)
        let field = UInt16(Checksum.field(message))
        if Checksum.of(message, pseudoHeader: pseudoHeader) == field { return .pseudoHeader }
        if source.isIPv4, Checksum.of(message, pseudoHeader: []) == field { return .messageOnly }
        return nil
    }
}

/// The first eight bytes, and what follows them.
private struct Header {
    let virtualRouterID: UInt8
    let priority: UInt8
    let count: Int
    let interval: UInt16
    private var rest: ByteReader

    /// Reads the fixed fields; checks version and type, which say whether the others mean what we think.
    init(_ payload: ArraySlice<UInt8>) throws(DiscardReason) {
        var reader = ByteReader(payload)
        do {
            let kind: UInt8 = try reader.integer()
            guard kind >> 4 == Advertisement.version else { throw DiscardReason.version(kind >> 4) }
            guard kind & 0xF == Advertisement.type else { throw DiscardReason.type(kind & 0xF) }
            virtualRouterID = try reader.integer()
            priority = try reader.integer()
            count = Int(try reader.integer(UInt8.self))
            interval = try reader.integer(UInt16.self) & 0xFFF  // the four bits before it are reserved: ignored
            _ = try reader.integer(UInt16.self)
        } catch let reason as DiscardReason {
            throw reason
        } catch {
            throw .truncated
        }
        rest = reader
    }

    /// The whole message, with the addresses that follow.
    func advertisement(isIPv4: Bool) throws(DiscardReason) -> Advertisement {
        guard count > 0 else { throw .noAddresses }
        guard interval > 0 else { throw .noInterval }
        var reader = rest
        var addresses: [IPAddress] = []
        for _ in 0..<count {
            guard let bytes = try? reader.bytes(isIPv4 ? 4 : 16), let address = IPAddress(bytes: Array(bytes)) else {
                throw .truncated
            }
            addresses.append(address)
        }
        return Advertisement(
            virtualRouterID: virtualRouterID, priority: priority, interval: interval, addresses: addresses)
    }
}
