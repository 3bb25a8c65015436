import Wire

/// What anybody on the network can say to a node that has no key, or lets others in.
extension FuzzTarget {
    private static let us = PairingIdentity(bytes: Array(repeating: 1, count: 32))
    private static let them = PairingIdentity(bytes: Array(repeating: 2, count: 32))

    private static func nonce(_ seed: UInt64) -> PairingNonce {
        var random = SeededGenerator(seed: seed)
        return PairingNonce(using: &random)
    }

    static let pairing = FuzzTarget("pairing", longest: PairingMessage.byteCount + 8) {
        guard let us, let them else { return [] }
        let announcement = PairingMessage.Announcement(group: 7, isOpen: true, name: "pi-é")
        let announced = PairingMessage(sender: them.publicKey, nonce: nonce(1), body: .announce(announcement)).encoded
        let offer = PairingOffer(group: 7, key: Parties.key, isAdmission: false)
        return [
            announced, them.offer(offer, to: us.publicKey, announced: nonce(2), nonce: nonce(3)),
            them.acceptance(of: 7, from: us.publicKey, offered: nonce(2), nonce: nonce(4)),
        ].compactMap { $0 }
    } check: { bytes throws(Finding) in
        guard let message = try? PairingMessage(decoding: bytes) else { return }
        try demand(PairingMessage.isMeant(bytes), "a message that begins as none")
        let again = message.encoded
        try demand(again.count == PairingMessage.byteCount, "a message of \(again.count) bytes")
        try demand((try? PairingMessage(decoding: again)) == message, "a message changes on the way")
        let us = try demand(us, "no identity")
        switch message.body {
        case .announce(let announcement): try demand(announcement.name.utf8.count <= 63, "a long name")
        case .offer(_, _, let sealed):
            // Only what the other has sealed for this nonce opens.
            let offer = us.open(sealed, from: message.sender, nonce: message.nonce, announced: nonce(2))
            try demand(offer == nil || message.sender == them?.publicKey, "a stranger's offer opens")
        case .accept(_, _, let sealed):
            let group = us.accepted(sealed, by: message.sender, nonce: message.nonce, offered: nonce(2))
            try demand(group == nil || message.sender == them?.publicKey, "a stranger's word counts")
        }
    }
}
