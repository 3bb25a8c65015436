public import Wire

/// A DHCP client for one address: the state machine of RFC 2131 §4.4, without socket or clock.
///
/// | state | leaves it by |
/// |---|---|
/// | idle | `start`: DISCOVER → selecting, or REQUEST for a remembered address → rebooting; `resume` → bound |
/// | selecting | the first usable OFFER: REQUEST → requesting; silence: again, later each time, for ever |
/// | requesting | ACK → bound; NAK → selecting, from the second on by way of pausing; silence, three times: → selecting |
/// | rebooting | ACK → bound; NAK or silence, twice: → selecting |
/// | bound | T1: REQUEST to the server → renewing |
/// | renewing | ACK → bound; NAK: lost → pausing; T2: REQUEST to everyone → rebinding |
/// | rebinding | ACK → bound; NAK: lost → pausing; the lease's end: lost → selecting |
/// | pausing | its end → selecting |
public struct DHCPClient: Sendable {
    /// Who asks.
    public struct Identity: Hashable, Sendable {
        /// What servers know the client by (option 61).
        public var clientIdentifier: [UInt8]
        /// The Ethernet address that the messages name: six bytes.
        public var hardwareAddress: [UInt8]
        /// Whether answers must come by broadcast.
        public var wantsBroadcast: Bool
        /// The name that servers show to people (option 12).
        public var hostName: String

        /// An identity.
        public init(clientIdentifier: [UInt8], hardwareAddress: [UInt8], wantsBroadcast: Bool, hostName: String) {
            self.clientIdentifier = clientIdentifier
            self.hardwareAddress = hardwareAddress
            self.wantsBroadcast = wantsBroadcast
            self.hostName = hostName
        }
    }

    /// An IPv4 network of the link.
    public struct Network: Hashable, Sendable {
        /// An address in it.
        public var address: UInt32
        /// How many bits name it.
        public var prefix: UInt8

        /// The network of this address.
        public init(address: UInt32, prefix: UInt8) {
            self.address = address
            self.prefix = min(prefix, 32)
        }

        func contains(_ other: UInt32) -> Bool { prefix == 0 || (address ^ other) >> (32 - UInt32(prefix)) == 0 }

        /// The network's own address and the one of everyone in it.
        func isReserved(_ other: UInt32) -> Bool {
            guard prefix < 31 else { return false }
            let mask = UInt32.max >> UInt32(prefix)
            return other & mask == 0 || other & mask == mask
        }
    }

    /// What addresses make sense where the client asks.
    public struct Place: Hashable, Sendable {
        /// The networks of the link; an address outside all of them is not taken.
        public var networks: [Network]
        /// The addresses that the cluster's machines have for themselves; none of them is taken.
        public var taken: Set<UInt32>

        /// A place with these networks.
        public init(networks: [Network], taken: Set<UInt32>) {
            self.networks = networks
            self.taken = taken
        }
    }

    /// Where a message goes.
    public enum Destination: Hashable, Sendable {
        /// To every server of the link, from no address.
        case everyone
        /// To the server with this address, from the address that is renewed; the frame to this Ethernet address.
        case server(UInt32, hardware: [UInt8], from: UInt32)
    }

    /// What the client wants.
    public enum Action: Hashable, Sendable {
        /// Send this from UDP port 68 to port 67.
        case send([UInt8], to: Destination)
        /// The address is the client's from now on, or for longer than before.
        case bound(DHCPLease)
        /// The address is the client's no more. It asks anew by itself.
        case lost(Loss)
        /// So many questions of one search were not answered.
        case unanswered(Int)
        /// An offer came that cannot be taken, or that the server takes back again and again.
        case unusable(DHCPLease.Flaw)
        /// The server does not give the address that the client had before; in these words if it gave any. It asks for
        /// another by itself.
        case refused(UInt32, String)
        /// A message changed nothing.
        case ignored(IgnoreReason)
    }

    /// Why an address was lost.
    public enum Loss: Hashable, Sendable, CustomStringConvertible {
        /// The server said so, in these words if it gave any.
        case refused(String)
        /// No server renewed the lease before its end.
        case expired
        /// Somebody else answers for it.
        case declined

        /// The reason in words for people.
        public var description: String {
            switch self {
            case .refused(let text): "the DHCP server took it back\(text.isEmpty ? "" : " (\(text))")"
            case .expired: "no DHCP server renewed its lease"
            case .declined: "somebody else uses it"
            }
        }
    }

    /// Where the client stands.
    public enum State: String, Hashable, Sendable {
        case idle, selecting, requesting, rebooting, bound, renewing, rebinding, pausing
    }

    /// Who asks.
    public let identity: Identity
    /// What addresses make sense.
    public var place: Place
    /// Where the client stands.
    public internal(set) var state = State.idle
    /// What the client has.
    public internal(set) var lease: DHCPLease?
    /// How many questions of the search that goes on were not answered.
    public internal(set) var unanswered = 0
    /// When the state's next step is due, unless something is heard.
    var stepAt: Instant?
    var transaction: UInt32 = 0
    /// When the exchange that goes on began, and when its last message was sent.
    var beganAt = Instant.zero
    var sentAt = Instant.zero
    /// How many messages of this state have been sent.
    var sent = 0
    /// How many refusals came one after the other.
    var refusals = 0
    /// The address that the client had before, or would like.
    var wish: UInt32?
    /// What a server has offered and the client has asked for.
    public internal(set) var offer: DHCPLease?
    var random: SeededGenerator

    /// A client that does nothing yet; `random` drives its transaction numbers and the spread of its repetitions.
    public init(_ identity: Identity, place: Place, random: SeededGenerator) {
        self.identity = identity
        self.place = place
        self.random = random
    }

    /// When to call `deadlineReached(at:)`; nil while idle.
    public var nextDeadline: Instant? {
        guard let lease, state == .bound || state == .renewing || state == .rebinding else { return stepAt }
        return min(stepAt ?? lease.expiresAt, lease.expiresAt)
    }

    /// Whether an answer may come.
    public var isAsking: Bool {
        switch state {
        case .idle, .bound, .pausing: false
        case .selecting, .requesting, .rebooting, .renewing, .rebinding: true
        }
    }

    // MARK: Beginning

    /// Asks for an address: for `remembered`, if there is one, as a client does that was away (RFC 2131 §3.2).
    public mutating func start(remembered: UInt32?, at now: Instant) -> [Action] {
        wish = remembered
        unanswered = 0
        guard remembered != nil else { return discover(at: now) }
        return begin(.rebooting, at: now)
    }

    /// Goes on with a lease that another machine obtained under the same identity.
    public mutating func resume(_ lease: DHCPLease, at now: Instant) {
        self.lease = lease
        wish = lease.address
        rest(until: lease.renewAt)
    }

    /// Tells the server that somebody else uses the address, and asks for another after ten seconds (RFC 2131 §3.1).
    public mutating func decline(at now: Instant) -> [Action] {
        guard let lease else { return [] }
        transaction = random.next()
        beganAt = now
        var message = message(.decline, at: now)
        message.options.requestedAddress = lease.address
        message.options.server = lease.server
        let loss = lose(.declined)
        pause(for: .seconds(10), at: now)
        return [.send(message.encoded, to: .everyone), loss]
    }

    // MARK: Steps

    /// Starts an exchange in this state.
    mutating func begin(_ state: State, at now: Instant) -> [Action] {
        transaction = random.next()
        beganAt = now
        return enter(state, at: now)
    }

    mutating func enter(_ state: State, at now: Instant) -> [Action] {
        self.state = state
        sent = 0
        return [transmit(at: now)]
    }

    mutating func discover(at now: Instant) -> [Action] {
        offer = nil
        return begin(.selecting, at: now)
    }

    /// Bound, with nothing to do until then.
    mutating func rest(until instant: Instant) {
        state = .bound
        stepAt = instant
        offer = nil
        unanswered = 0
    }

    mutating func pause(for duration: Duration, at now: Instant) {
        state = .pausing
        stepAt = now.advanced(by: duration)
    }

    /// Lets go of the lease.
    mutating func lose(_ loss: Loss) -> Action {
        lease = nil
        if loss != .expired { wish = nil }
        return .lost(loss)
    }
}
