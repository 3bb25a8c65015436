public import Wire

extension SWIM {
    /// Calls everybody on the network, the configured addresses and the peers of earlier runs.
    mutating func beginCalls(seeds: [SocketAddress], at now: Instant) {
        beginCall(.everyone, longestPause: configuration.strangerCall, at: now)
        for seed in seeds { beginCall(.address(seed), longestPause: configuration.strangerCall, at: now) }
        for peer in memory.known { beginCall(.peer(peer.id), longestPause: configuration.lostCall, at: now) }
    }

    /// Calls everybody as at the start, on the network, at configured addresses and where lost peers were: those who
    /// could not understand this node, or not reach it, may now.
    public mutating func callAnew(at now: Instant) {
        calls.hurry(at: now, pause: configuration.firstCall, using: &random)
    }

    /// Calls somebody who is no living member any more, for ever: a split cluster heals some day.
    mutating func callAgain(_ peer: Peer, at now: Instant) {
        if peer.state == .left {
            let later = now.advanced(by: configuration.leftCall)
            calls.begin(
                .peer(peer.node), first: later, pause: configuration.leftCall, longestPause: configuration.leftCall)
        } else {
            beginCall(.peer(peer.node), longestPause: configuration.lostCall, at: now)
        }
    }

    /// The first call goes out at once, give or take half a pause, so that nodes that start together do not collide.
    private mutating func beginCall(_ target: Calls.Target, longestPause: Duration, at now: Instant) {
        let pause = configuration.firstCall
        let offset = Int64.random(in: 0...(pause / 2).wholeNanoseconds, using: &random)
        calls.begin(target, first: now.advanced(by: .nanoseconds(offset)), pause: pause, longestPause: longestPause)
    }

    /// Sends the calls whose time has come.
    mutating func makeCalls(at now: Instant, into actions: inout [Action]) {
        guard let due = calls.nextDeadline, due <= now else { return }
        for target in calls.due(at: now, using: &random) {
            var hello = Packet(.hello, version: version(for: nil), limit: payloadLimit)
            _ = hello.add(own.encoded)
            switch target {
            case .everyone: actions.append(.broadcast(hello.bytes))
            case .address(let address):
                let isMember = roster.peers.contains { $0.state == .alive && $0.record.address == address }
                if !isMember { actions.append(.send(hello.bytes, to: address)) }
            case .peer(let node):
                if let address = roster[node]?.record.address ?? memory[node]?.lastAddress {
                    actions.append(.send(hello.bytes, to: address))
                }
            }
        }
    }

    /// The set of peers, or a name or address among them, has changed.
    mutating func rememberPeers(at now: Instant) {
        memory.noteChange(at: now, delay: configuration.storeDelay, spacing: configuration.storeSpacing)
    }

    /// Hands the known peers out to be stored, if they differ from what is stored.
    mutating func storePeers(at now: Instant, into actions: inout [Action]) {
        guard let list = memory.store(roster, limit: configuration.memberLimit, at: now) else { return }
        actions.append(.store(list))
    }
}
