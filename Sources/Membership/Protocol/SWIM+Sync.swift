import Wire

extension SWIM {
    /// Exchanges everything with a member drawn at random, if it is time: repairs what gossip lost.
    mutating func periodicSync(at now: Instant, into actions: inout [Action]) {
        guard nextSync <= now else { return }
        let thousandths = Int.random(in: 750...1250, using: &random)
        nextSync = now.advanced(by: configuration.syncInterval * thousandths / 1000)
        let alive = roster.peers.filter { $0.state == .alive }
        guard let peer = alive.randomElement(using: &random), let address = peer.record.address else { return }
        sync(with: peer.node, at: address, wantsReply: true, into: &actions)
    }

    /// Sends everything that is known here, in as many datagrams as it takes. Each begins with our own record and can
    /// be used alone; the last one asks for the same in return.
    mutating func sync(
        with node: NodeID, at address: SocketAddress, wantsReply: Bool, version: UInt8? = nil,
        into actions: inout [Action]
    ) {
        // What the receiver has to know about itself comes first.
        let peers = roster.peers.filter { $0.node == node } + roster.peers.filter { $0.node != node }
        let version = version ?? self.version(for: node)
        let chunks = chunks(of: peers.map(\.record.encoded), version: version)
        for (index, chunk) in chunks.enumerated() {
            let isLast = index == chunks.count - 1
            var packet = Packet(.sync(wantsReply: wantsReply && isLast), version: version, limit: payloadLimit)
            for record in chunk { _ = packet.add(record) }
            actions.append(.send(packet.bytes, to: address))
        }
    }

    /// Our own record and some of `records` in each chunk, as many as fit into a datagram.
    private func chunks(of records: [[UInt8]], version: UInt8) -> [[[UInt8]]] {
        var chunks: [[[UInt8]]] = []
        var packet = Packet(.sync(wantsReply: false), version: version, limit: payloadLimit)
        var chunk = [own.encoded]
        _ = packet.add(own.encoded)
        for record in records {
            if !packet.add(record) {
                chunks.append(chunk)
                packet = Packet(.sync(wantsReply: false), version: version, limit: payloadLimit)
                chunk = [own.encoded]
                _ = packet.add(own.encoded)
                _ = packet.add(record)
            }
            chunk.append(record)
        }
        return chunks + [chunk]
    }
}
