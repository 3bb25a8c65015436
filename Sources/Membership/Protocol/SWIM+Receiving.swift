public import Wire

extension SWIM {
    /// A payload whose sender is proven arrived.
    ///
    /// - Parameters:
    ///   - payload: the plaintext, whose first byte is the kind (0x10…0x1F).
    ///   - source: where it came from, and where answers go.
    ///   - sender: whose it is, by the seal.
    ///   - now: the time.
    public mutating func receive(
        _ payload: [UInt8], from source: SocketAddress, sender: Session, at now: Instant
    ) -> [Action] {
        var actions: [Action] = []
        noticePause(at: now, into: &actions)
        if let reason = objection(to: sender) {
            correct(sender, at: source, now: now, into: &actions)
            return actions + [.ignored(reason)]
        }
        switch Message.decode(payload, versions: configuration.versions) {
        case .ignored(let reason):
            if reason == .protocolVersion {
                noteOtherVersion(payload[1], of: Origin(sender: sender, source: source), at: now)
            }
            actions.append(.ignored(reason))
        case .message(let message):
            handle(message, from: Origin(sender: sender, source: source), at: now, into: &actions)
        }
        return actions
    }

    /// A peer has just answered our challenge, so its datagrams count from now on.
    ///
    /// Its first ones, a hello most likely, were lost for us: everything is exchanged at once instead.
    public mutating func proven(_ sender: Session, from source: SocketAddress, at now: Instant) -> [Action] {
        var actions: [Action] = []
        noticePause(at: now, into: &actions)
        if let reason = objection(to: sender) {
            correct(sender, at: source, now: now, into: &actions)
            return actions + [.ignored(reason)]
        }
        guard !isLeaving, !isPresent(sender) else { return actions }
        beginMeeting(with: sender.node, at: source, now: now, into: &actions)
        return actions
    }

    /// Whose message it is and where it came from.
    struct Origin {
        let sender: Session
        let source: SocketAddress
    }

    /// Why nothing that this sender says counts; nil if it does.
    private func objection(to sender: Session) -> IgnoreReason? {
        guard sender.node != session.node else { return sender == session ? .ownMessage : .duplicateIdentity }
        guard let held = roster[sender.node]?.record.session, sender < held else { return nil }
        return sender.boot == held.boot ? .duplicateIdentity : .olderSession
    }

    /// Lets a sender know that a newer run with its ID has been seen: it may have been cloned, or its boot counter may
    /// have gone back, and only it can put that right.
    private mutating func correct(
        _ sender: Session, at address: SocketAddress, now: Instant, into actions: inout [Action]
    ) {
        guard !isLeaving, sender.node != session.node else { return }
        beginMeeting(with: sender.node, at: address, wantsReply: false, now: now, into: &actions)
    }

    /// Whether this very run of the node is alive or suspect here.
    func isPresent(_ sender: Session) -> Bool {
        guard let record = roster[sender.node]?.record else { return false }
        return record.session == sender && record.state.isPresent
    }

    private mutating func handle(
        _ message: Message, from origin: Origin, at now: Instant, into actions: inout [Action]
    ) {
        let wasPresent = isPresent(origin.sender)
        learnAddress(of: origin, isHello: message.body == .hello, at: now, into: &actions)
        for record in message.records {
            merge(record, from: origin, inSync: message.body.isSync, at: now, into: &actions)
        }
        answer(message, to: origin, at: now, into: &actions)
        meet(origin, wasPresent: wasPresent, body: message.body, at: now, into: &actions)
    }

    private mutating func answer(
        _ message: Message, to origin: Origin, at now: Instant, into actions: inout [Action]
    ) {
        switch message.body {
        case .ping(let sequence, let target):
            guard target == session.node else { return actions.append(.ignored(.notForUs)) }
            let accused = message.records.contains { $0.node == session.node && $0.state != .alive }
            send(
                .ack(sequence: sequence), to: origin.source, node: origin.sender.node,
                first: accused || isLeaving ? [own] : [], into: &actions)
        case .ack(let sequence): acknowledged(sequence, by: origin, with: message.records, at: now, into: &actions)
        case .nack(let sequence): refused(sequence, by: origin.sender.node, into: &actions)
        case .pingRequest(let sequence, let target, let patience):
            let request = Relay.Request(
                requester: origin.sender.node, source: origin.source, sequence: sequence,
                patience: .milliseconds(patience))
            relay(request, to: target, at: now, into: &actions)
        case .sync(wantsReply: true):
            sync(with: origin.sender.node, at: origin.source, wantsReply: false, into: &actions)
        case .stretch(let sequence):
            send(.ack(sequence: sequence), to: origin.source, node: origin.sender.node, into: &actions)
        case .gossip, .hello, .sync(wantsReply: false): break
        }
    }

    /// Exchanges everything with a sender that was no living member until now, unless that has just happened.
    private mutating func meet(
        _ origin: Origin, wasPresent: Bool, body: Message.Body, at now: Instant, into actions: inout [Action]
    ) {
        guard !isLeaving, !wasPresent, body != .sync(wantsReply: true) else { return }
        if body.isSync && isPresent(origin.sender) { return }
        let peer = roster[origin.sender.node]
        if let peer, peer.state == .left, peer.record.session == origin.sender { return }
        beginMeeting(with: origin.sender.node, at: origin.source, now: now, into: &actions)
    }

    /// Exchanges everything with a node, unless that has just happened, or with too many others.
    private mutating func beginMeeting(
        with node: NodeID, at address: SocketAddress, wantsReply: Bool = true, now: Instant,
        into actions: inout [Action]
    ) {
        let records = roster.peers.count + 1
        guard meetings.mayBegin(with: node, records: records, at: now, configuration) else { return }
        meetings.begin(with: node, at: now, configuration)
        // What is known of it here may be of an earlier run, of a later version.
        sync(
            with: node, at: address, wantsReply: wantsReply, version: configuration.versions.lowerBound, into: &actions)
    }
}
