import Wire

extension SWIM {
    /// There is news about a node: it rides on everything that is sent, and is sent on its own from now on.
    mutating func spread(_ node: NodeID, at now: Instant) {
        if news.isEmpty { nextGossip = max(nextGossip, now) }
        news.add(node)
    }

    /// Sends the news to a few members drawn at random, if there is any and it is time.
    mutating func gossip(at now: Instant, into actions: inout [Action]) {
        guard !news.isEmpty, nextGossip <= now else { return }
        let present = roster.peers.filter(\.state.isPresent)
        nextGossip = now.advanced(by: configuration.gossipInterval)
        guard !present.isEmpty else {
            // Whoever comes will be told everything anyway.
            news = Dissemination()
            return
        }
        for peer in present.shuffled(using: &random).prefix(configuration.gossipFanout) where !news.isEmpty {
            send(.gossip, to: peer, into: &actions)
        }
    }

    mutating func send(_ body: Message.Body, to peer: Peer, into actions: inout [Action]) {
        guard let address = peer.record.address else { return }
        send(body, to: address, node: peer.node, into: &actions)
    }

    /// Sends a message with as much news as fits. Somebody who is not alive here is told so first of all, because
    /// nobody else can put that right.
    mutating func send(
        _ body: Message.Body, to address: SocketAddress, node: NodeID, first: [Record] = [],
        into actions: inout [Action]
    ) {
        var packet = Packet(body, version: version(for: node), limit: payloadLimit)
        var included = first.map(\.node)
        for record in first { _ = packet.add(record.encoded) }
        if let held = roster[node]?.record {
            included.append(node)
            if held.state != .alive { _ = packet.add(held.encoded) }
        }
        let limit = configuration.retransmitFactor * SuspicionTimeout.logarithm(roster.aliveCount + 1)
        let (roster, own) = (roster, own)
        news.fill(&packet, limit: limit) { subject in
            guard !included.contains(subject) else { return nil }
            return subject == own.node ? own.encoded : roster[subject]?.record.encoded
        }
        guard !packet.isEmpty || body != .gossip else { return }
        actions.append(.send(packet.bytes, to: address))
    }

    /// One record and a head always fit.
    var payloadLimit: Int { max(320, configuration.payloadLimit) }
}
