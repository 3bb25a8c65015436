internal import Membership
internal import VRRP
public import Wire

extension Node {
    /// This node has another address than before, or one more: it calls everybody, for others may not know where it is,
    /// or may be reached for the first time.
    public mutating func addressesChanged(at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        membership.callAnew(at: now)
        return []
    }

    /// Hands a message to the part of the node that it is for.
    mutating func dispatch(
        _ payload: [UInt8], from source: SocketAddress, sender: Session, at now: Instant, into actions: inout [Action]
    ) {
        switch payload.first {
        case .some(let kind) where MessageKind.membership.contains(kind):
            perform(
                membership.receive(payload, from: source, sender: sender, at: now), at: now, into: &actions)
            if let later = membership.laterRun { meetDouble(later, from: nil, at: now, into: &actions) }
        case MessageKind.advertisement:
            receiveAdvertisement(payload, sender: sender, at: now, into: &actions)
        case MessageKind.question: answerQuestion(from: source, into: &actions)
        case MessageKind.offer: receiveOffer(payload, from: source, sender: sender, at: now, into: &actions)
        case MessageKind.handedOver: receiveHandedOver(payload, at: now, into: &actions)
        case MessageKind.lease: receiveLease(payload, from: source, sender: sender, at: now, into: &actions)
        case MessageKind.stranger: receiveStrangerReport(payload, at: now, into: &actions)
        case MessageKind.keys: receiveKeys(payload, from: source, into: &actions)
        case MessageKind.complete: receiveComplete(payload, at: now, into: &actions)
        case MessageKind.command:
            receiveCommand(payload, at: now, into: &actions)
        default: ignored.count("unknown message kind")
        }
    }

    /// Carries out what membership wants.
    mutating func perform(_ wanted: [SWIM.Action], at now: Instant, into actions: inout [Action]) {
        if wanted.contains(where: { if case .changed = $0 { true } else { false } }) {
            company = Company(of: session.node, among: membership.members)
            keysAreStale = true
            spreadAt = nil
        }
        for action in wanted {
            switch action {
            case .send(let payload, let address): send(payload, to: .address(address), into: &actions)
            case .broadcast(let payload): send(payload, to: .everyone, into: &actions)
            case .changed(let member, let before):
                guard member.id != session.node, member.state != before else { continue }
                actions.append(.tell(.member(member, before: before)))
                if member.state == .alive && before != .suspect {
                    welcome(at: now, into: &actions)
                    welcomeToLease(member, at: now, into: &actions)
                }
            case .store(let peers): actions.append(.store(peers))
            case .ignored(let reason): ignored.count("\(reason)")
            }
        }
    }

    /// Someone has come, perhaps with a whole part of the network behind it: what holds addresses says so there too.
    private mutating func welcome(at now: Instant, into actions: inout [Action]) {
        for index in routers.indices {
            perform(routers[index].router.announceAgain(at: now), of: index, at: now, into: &actions)
        }
    }

    /// Seals a payload and sends it.
    mutating func send(_ payload: [UInt8], to destination: Destination, into actions: inout [Action]) {
        send(payload, to: [destination], into: &actions)
    }

    /// Seals a payload, and sends it to all of these: once, unless keys are changing and not all have the same.
    mutating func send(_ payload: [UInt8], to destinations: [Destination], into actions: inout [Action]) {
        do {
            guard link.keyring.keys.count > 1 else {
                let datagram = try link.seal(payload)
                actions += destinations.map { .send(datagram, to: $0) }
                return
            }
            var sealed: [ClusterKey: [UInt8]] = [:]
            for destination in destinations {
                for key in keys(for: destination) {
                    let datagram = try sealed[key] ?? link.seal(payload, under: key)
                    sealed[key] = datagram
                    actions.append(.send(datagram, to: destination))
                }
            }
        } catch {
            ignored.count("not sent: \(error)")
        }
    }

    /// Tells the members what has changed in this node.
    mutating func informMembers(at now: Instant, into actions: inout [Action]) {
        var info = MemberInfo(
            name: configuration.name, httpPort: configuration.httpPort, serving: health.isServing,
            draining: isDraining, release: release)
        info.priority = priority
        info.keys = keys.held
        toldKeys = keys.held
        perform(membership.update(info, at: now), at: now, into: &actions)
    }

    /// Another running node has proven that it has this node's ID, or a member knows of a later run that had it. The one
    /// that has started more often keeps it: a copied or restored card has the older count. Both come to the same
    /// verdict, for both compare the same two sessions.
    mutating func meetDouble(
        _ other: Session, from source: IPAddress?, at now: Instant, into actions: inout [Action]
    ) {
        let keeps = (session.boot, session.salt) > (other.boot, other.salt)
        if duplicateUntil == nil {
            actions.append(.tell(.duplicateIdentity(other, keepsIdentity: keeps)))
        }
        duplicateUntil = now.advanced(by: .seconds(10))
        duplicateSource = source ?? duplicateSource
        guard !keeps else { return }
        for index in routers.indices {
            perform(
                routers[index].router.shutdown(reason: .duplicateIdentity, at: now), of: index, at: now, into: &actions)
        }
        isStopped = true
        actions.append(.takeNewIdentity)
    }

    private mutating func receiveCommand(_ payload: [UInt8], at now: Instant, into actions: inout [Action]) {
        do {
            guard let command = try NodeCommand.decode(payload) else { return ignored.count("unknown command") }
            switch command {
            case .identify(session.node): beginIdentify(at: now, into: &actions)
            case .setDraining(session.node, let draining): actions += setDraining(draining, at: now)
            case .identify, .setDraining: ignored.count("command for another node")
            }
        } catch {
            ignored.count("malformed command")
        }
    }

    /// The lights show for half a minute which node this is: long enough to walk to the shelf.
    mutating func beginIdentify(at now: Instant, into actions: inout [Action]) {
        let end = now.advanced(by: .seconds(30))
        let before = identifyUntil
        identifyUntil = end
        // A copy of the command that was just obeyed.
        if let before, before.duration(to: end) < .seconds(1) { return }
        actions.append(.tell(.identify(until: end)))
    }
}

/// How often something was ignored, by reason.
public struct IgnoreCounts: Sendable, Equatable {
    private var counts: [String: UInt64] = [:]

    /// The reasons with their counts, sorted by reason.
    public var sorted: [(reason: String, count: UInt64)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    mutating func count(_ reason: String) { counts[reason, default: 0] += 1 }
}
