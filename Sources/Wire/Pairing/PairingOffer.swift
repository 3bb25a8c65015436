/// What an offer carries: a group's cluster key.
public struct PairingOffer: Hashable, Sendable {
    /// The group.
    public var group: UInt64
    /// Its cluster key.
    public var key: ClusterKey
    /// In which rotation of that cluster the key came; 0 for one that was there from the start. Who comes with a cluster of
    /// its own, and keys of its own, takes this one for newer than any of both.
    public var generation: UInt32
    /// Whether a person of that group admits the receiver.
    public var isAdmission: Bool
    /// Whether the group is a cluster already, by the word of whoever let the sender in.
    public var isEstablished: Bool

    /// The offer with these values.
    public init(
        group: UInt64, key: ClusterKey, generation: UInt32 = 0, isAdmission: Bool, isEstablished: Bool = false
    ) {
        self.group = group
        self.key = key
        self.generation = generation
        self.isAdmission = isAdmission
        self.isEstablished = isEstablished
    }
}

extension PairingIdentity {
    /// The offer as a datagram that only `receiver` can open, and only in the run in which it announced `announced`.
    public func offer(
        _ offer: PairingOffer, to receiver: PairingKey, announced: PairingNonce, nonce: PairingNonce
    ) -> [UInt8]? {
        var writer = ByteWriter(capacity: 45)
        writer.integer(offer.group)
        writer.integer(UInt8((offer.isAdmission ? 1 : 0) | (offer.isEstablished ? 2 : 0)))
        writer.integer(offer.generation)
        writer.append(offer.key.bytes)
        let nonces = nonce.bytes + announced.bytes
        return agree(with: receiver, sender: publicKey, nonces: nonces)?.seal(writer.bytes, header: Self.offerHeader)
            .map {
                PairingMessage(
                    sender: publicKey, nonce: nonce, body: .offer(to: receiver, nonce: announced, sealed: $0))
            }
            .map(\.encoded)
    }

    /// Opens an offer that was made to this key for the nonce that it announced in this run; nil for any other.
    public func open(
        _ sealed: [UInt8], from sender: PairingKey, nonce: PairingNonce, announced: PairingNonce
    ) -> PairingOffer? {
        let seal = agree(with: sender, sender: sender, nonces: nonce.bytes + announced.bytes)
        guard let plaintext = seal?.open(sealed, header: Self.offerHeader) else { return nil }
        var reader = ByteReader(plaintext)
        guard let group = try? reader.integer(UInt64.self), let flags = try? reader.integer(UInt8.self),
            let generation = try? reader.integer(UInt32.self), let key = ClusterKey(bytes: Array(reader.remainder()))
        else { return nil }
        return PairingOffer(
            group: group, key: key, generation: generation, isAdmission: flags & 1 != 0,
            isEstablished: flags & 2 != 0)
    }

    /// The answer to an offer, which proves to its sender that this key's owner has it.
    public func acceptance(
        of group: UInt64, from offerer: PairingKey, offered: PairingNonce, nonce: PairingNonce
    ) -> [UInt8]? {
        var writer = ByteWriter(capacity: 8)
        writer.integer(group)
        let nonces = offered.bytes + nonce.bytes
        return agree(with: offerer, sender: publicKey, nonces: nonces)?.seal(writer.bytes, header: Self.acceptHeader)
            .map {
                PairingMessage(sender: publicKey, nonce: nonce, body: .accept(to: offerer, nonce: offered, sealed: $0))
            }
            .map(\.encoded)
    }

    /// The group that the owner of `sender` has joined by this identity's offer with the nonce `offered`; nil if this is
    /// not its word.
    public func accepted(
        _ sealed: [UInt8], by sender: PairingKey, nonce: PairingNonce, offered: PairingNonce
    ) -> UInt64? {
        let seal = agree(with: sender, sender: sender, nonces: offered.bytes + nonce.bytes)
        guard let plaintext = seal?.open(sealed, header: Self.acceptHeader), plaintext.count == 8 else { return nil }
        var reader = ByteReader(plaintext)
        return try? reader.integer(UInt64.self)
    }

    private static var offerHeader: [UInt8] { Array("offer".utf8) }
    private static var acceptHeader: [UInt8] { Array("accept".utf8) }
}
