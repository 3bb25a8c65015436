public import Wire

extension DHCPClient {
    /// Why a message changed nothing.
    public enum IgnoreReason: String, Hashable, Sendable, CustomStringConvertible {
        /// No message of the protocol, or a damaged one.
        case malformed = "malformed DHCP message"
        /// An answer to another question or another client.
        case notForUs = "DHCP answer to another client"
        /// Nothing of the kind is waited for.
        case unexpected = "unexpected DHCP answer"

        /// The reason in a few words.
        public var description: String { rawValue }
    }

    /// A message came in to UDP port 68, in a frame from this Ethernet address.
    public mutating func receive(_ bytes: [UInt8], from hardware: [UInt8], at now: Instant) -> [Action] {
        let message: DHCPMessage
        do { message = try DHCPMessage(decoding: bytes) } catch { return [.ignored(.malformed)] }
        guard isForUs(message) else { return [.ignored(.notForUs)] }
        switch message.kind {
        case .offer where state == .selecting: return take(offer: message, from: hardware, at: now)
        case .acknowledge where state != .selecting && isExpected(message):
            return take(acknowledgement: message, from: hardware, at: now)
        case .refuse where state != .selecting && isFromOurServer(message): return refused(message, at: now)
        default: return [.ignored(.unexpected)]
        }
    }

    private func isForUs(_ message: DHCPMessage) -> Bool {
        message.operation == .reply && message.transaction == transaction && isAsking
            && message.hardwareAddress == identity.hardwareAddress
            // Servers that return the identifier (RFC 6842) must return this one.
            && message.options.clientIdentifier.map { $0 == identity.clientIdentifier } ?? true
    }

    private mutating func take(offer message: DHCPMessage, from hardware: [UInt8], at now: Instant) -> [Action] {
        do {
            offer = try DHCPLease(message, from: hardware, in: place, at: now)
        } catch {
            return [.unusable(error)]
        }
        return enter(.requesting, at: now)
    }

    /// Whether it gives the address that was asked for. Another one would be a surprise, and no answer.
    private func isExpected(_ message: DHCPMessage) -> Bool {
        let asked = state == .requesting ? offer?.address : state == .rebooting ? wish : lease?.address
        return message.yourAddress == asked && isFromOurServer(message)
    }

    /// While one server is asked, no other has a say; a question to all of them any may answer.
    private func isFromOurServer(_ message: DHCPMessage) -> Bool {
        switch state {
        case .requesting: message.options.server == offer?.server
        case .renewing: message.options.server == lease?.server
        default: message.options.server != nil
        }
    }

    private mutating func take(
        acknowledgement message: DHCPMessage, from hardware: [UInt8], at now: Instant
    ) -> [Action] {
        do {
            let lease = try DHCPLease(message, from: hardware, in: place, at: sentAt)
            self.lease = lease
            wish = lease.address
            refusals = 0
            rest(until: lease.renewAt)
            return [.bound(lease)]
        } catch {
            // A remembered address that makes no sense here any more; the lease that is renewed stays until its end.
            guard state == .rebooting || state == .requesting else { return [.unusable(error)] }
            wish = nil
            refusals += 1
            pause(for: pauseAfterRefusal, at: now)
            return [.unusable(error)]
        }
    }

    private mutating func refused(_ message: DHCPMessage, at now: Instant) -> [Action] {
        let words = Self.printable(message.options.text ?? [])
        let isRemembered = state == .rebooting
        refusals += 1
        let losses = lease == nil ? refusal(words) : [lose(.refused(words))]
        wish = nil
        // The first time at once: a server that knows the client no more has another address for it.
        if isRemembered || refusals == 1 { return losses + discover(at: now) }
        pause(for: pauseAfterRefusal, at: now)
        return losses
    }

    /// What is told of a refusal that takes nothing away. One offer that another client was quicker to take is no news.
    private func refusal(_ words: String) -> [Action] {
        if state == .rebooting { return wish.map { [.refused($0, words)] } ?? [] }
        guard refusals > 1, let offer else { return [] }
        return [.unusable(.refused(offer.address))]
    }

    /// A server that offers and then refuses must not be asked in a circle.
    private var pauseAfterRefusal: Duration { .seconds(4 << min(max(0, refusals - 1), 4)) }

    /// A server's words, fit for a log: printable ASCII, and not many.
    private static func printable(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(100).filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
    }
}
