import Wire

@testable import VRRP

extension FuzzTarget {
    /// The first byte: bit 0, the family; bits 1 and 2, the checksum as it comes, or made in either way; bit 3, whether
    /// the hop limit is wrong. Then comes the source, then the message.
    static let advertisement = FuzzTarget("advertisement", longest: 1100) {
        var seeds: [[UInt8]] = []
        for (source, isIPv4) in [(IPAddress.v4(0x0A4D_000B), true), (.v6(0xFE80_0000_0000_0000, 1), false)] {
            for (choice, coverage) in [(UInt8(0), IPv4Coverage.pseudoHeader), (2, .messageOnly), (4, .pseudoHeader)] {
                let message = Advertisement(
                    virtualRouterID: 51, priority: 100, interval: 100,
                    addresses: isIPv4 ? [.v4(0x0A4D_00FA), .v4(0x0A4D_00FB)] : [source, .v6(0x2001_0DB8 << 32, 7)]
                ).encoded(checksum: form(source, coverage))
                seeds.append([choice | (isIPv4 ? 1 : 0)] + source.bytes + message)
            }
        }
        return seeds
    } check: { bytes throws(Finding) in
        var script = Script(bytes)
        let choice = script.byte()
        let isIPv4 = choice & 1 != 0
        guard let source = IPAddress(bytes: script.bytes(isIPv4 ? 4 : 16)) else { return }
        var message = script.remainder()
        if choice & 6 != 0 { message = finished(message, source, choice & 2 != 0 ? .messageOnly : .pseudoHeader) }
        let hopLimit: UInt8 = choice & 8 == 0 ? 255 : 254
        guard
            let received = try? Advertisement.decode(
                message, source: source, destination: destination(of: source), hopLimit: hopLimit)
        else { return }
        try demand(hopLimit == 255, "an advertisement from beyond the link was taken")
        try checkFields(received.advertisement, from: message)
        try demand(received.advertisement.addresses.first?.isIPv4 == isIPv4, "an advertisement of another family")
        let again = received.advertisement.encoded(checksum: form(source, received.coverage))
        let readAgain = try? Advertisement.decode(
            again, source: source, destination: destination(of: source), hopLimit: 255)
        try demand(readAgain == received, "an advertisement changes on the way")
    }

    static let sealedAdvertisement = FuzzTarget("sealed-advertisement", longest: 1100) {
        [[IPAddress.v4(0x0A4D_00FA)], [.v6(0xFE80_0000_0000_0000, 1), .v6(0x2001_0DB8 << 32, 7)]].map { addresses in
            Advertisement(virtualRouterID: 51, priority: 100, interval: 1, addresses: addresses)
                .encoded(checksum: .none)
        }
    } check: { bytes throws(Finding) in
        guard let advertisement = try? Advertisement.decode(sealed: bytes[...]) else { return }
        try checkFields(advertisement, from: bytes)
        let again = advertisement.encoded(checksum: .none)
        try demand(again.count == bytes.count, "a sealed advertisement gets another length on the way")
        try demand(
            (try? Advertisement.decode(sealed: again[...])) == advertisement,
            "a sealed advertisement changes on the way")
    }

    private static func checkFields(_ advertisement: Advertisement, from bytes: [UInt8]) throws(Finding) {
        let addresses = advertisement.addresses
        try demand((1...255).contains(addresses.count), "\(addresses.count) addresses")
        try demand(addresses.count == Int(bytes[3]), "another number of addresses than the message says")
        try demand(addresses.allSatisfy { $0.isIPv4 == addresses[0].isIPv4 }, "addresses of two families")
        try demand(Advertisement.intervals.contains(advertisement.interval), "an interval of \(advertisement.interval)")
    }

    private static func destination(of source: IPAddress) -> IPAddress {
        source.isIPv4 ? Advertisement.multicastIPv4 : Advertisement.multicastIPv6
    }

    private static func form(_ source: IPAddress, _ coverage: IPv4Coverage) -> ChecksumForm {
        .packet(source: source, destination: destination(of: source), coverage: coverage)
    }

    /// The message, cut behind its last address, with the checksum put right.
    private static func finished(_ message: [UInt8], _ source: IPAddress, _ coverage: IPv4Coverage) -> [UInt8] {
        guard message.count >= 8 else { return message }
        let length = 8 + Int(message[3]) * (source.isIPv4 ? 4 : 16)
        guard message.count >= length else { return message }
        let covered = coverage == .pseudoHeader || !source.isIPv4
        let pseudoHeader =
            covered
            ? Checksum.pseudoHeader(source: source, destination: destination(of: source), length: length) : []
        let sum = Checksum.of(message.prefix(length), pseudoHeader: pseudoHeader)
        var finished = message
        finished[6] = UInt8(sum >> 8)
        finished[7] = UInt8(sum & 0xFF)
        return finished
    }
}
