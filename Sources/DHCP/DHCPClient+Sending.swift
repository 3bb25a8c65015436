public import Wire

extension DHCPClient {
    /// Sends what the state asks, and says when it is to be repeated.
    mutating func transmit(at now: Instant) -> Action {
        let outgoing: DHCPMessage
        var destination = Destination.everyone
        switch state {
        case .selecting:
            var message = message(.discover, at: now)
            message.options.requestedAddress = wish
            outgoing = message
        case .requesting:
            var message = message(.request, at: now)
            message.options.requestedAddress = offer?.address
            message.options.server = offer?.server
            outgoing = message
        case .rebooting:
            var message = message(.request, at: now)
            message.options.requestedAddress = wish
            outgoing = message
        case .renewing, .rebinding, .idle, .bound, .pausing:
            var message = message(.request, at: now)
            message.clientAddress = lease?.address ?? 0
            // The client's kernel answers for the address, so what comes back needs no broadcast.
            message.wantsBroadcast = false
            outgoing = message
            if state == .renewing, let lease {
                destination = .server(lease.server, hardware: lease.serverHardware, from: lease.address)
            }
        }
        stepAt = repetition(at: now)
        sent += 1
        sentAt = now
        return .send(outgoing.encoded, to: destination)
    }

    /// A message that says who asks.
    func message(_ kind: DHCPMessage.Kind, at now: Instant) -> DHCPMessage {
        var message = DHCPMessage(
            .request, kind, transaction: transaction, hardwareAddress: identity.hardwareAddress)
        message.seconds = UInt16(clamping: beganAt.duration(to: now).components.seconds)
        message.wantsBroadcast = identity.wantsBroadcast
        message.options.clientIdentifier = identity.clientIdentifier
        guard kind != .decline else { return message }
        message.options.hostName = Array(identity.hostName.utf8)
        message.options.maximumSize = 1500
        message.options.parameterList = [
            OptionCode.subnetMask, OptionCode.router, OptionCode.leaseTime, OptionCode.server, OptionCode.renewalTime,
            OptionCode.rebindingTime,
        ]
        return message
    }

    /// When the message is to be sent again. A search: after 4 s, 8 s, … 64 s, each a second more or less (RFC 2131
    /// §4.1). A renewal: when half of the time to the next state is over, but not below a minute (§4.4.5), or a tenth
    /// of a lease that is not long enough for that.
    private mutating func repetition(at now: Instant) -> Instant {
        switch state {
        case .renewing, .rebinding:
            guard let lease else { return now }
            let end = state == .renewing ? lease.rebindAt : lease.expiresAt
            let pause = max(now.duration(to: end) / 2, min(.seconds(60), lease.duration / 10))
            return min(now.advanced(by: pause), end)
        default:
            let base = Duration.seconds(4 << min(sent, 4))
            return now.advanced(by: base + .milliseconds(Int.random(in: -1000...1000, using: &random)))
        }
    }

    /// Time has come to, or passed, `nextDeadline`.
    public mutating func deadlineReached(at now: Instant) -> [Action] {
        if let lease, lease.expiresAt <= now {
            let loss = lose(.expired)
            unanswered = 0
            return [loss] + discover(at: now)
        }
        guard let due = stepAt, due <= now else { return [] }
        switch state {
        case .idle: return []
        case .bound: return begin(.renewing, at: now)
        case .renewing where (lease?.rebindAt ?? now) <= now: return enter(.rebinding, at: now)
        case .renewing, .rebinding: return [transmit(at: now)]
        case .pausing: return discover(at: now)
        case .requesting where sent >= 3: return missed() + discover(at: now)
        case .rebooting where sent >= 2: return missed() + discover(at: now)
        case .requesting: return [transmit(at: now)]
        case .selecting, .rebooting: return missed() + [transmit(at: now)]
        }
    }

    private mutating func missed() -> [Action] {
        unanswered += 1
        return [.unanswered(unanswered)]
    }
}
