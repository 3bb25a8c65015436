internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// Finds out whether somebody else on the LAN has a floating address: asks before this node claims it for the first time
/// on a link (RFC 5227 §2.1.1; for IPv6 as in RFC 4862 §5.4), goes on asking while a stranger has it, and hears who
/// claims it at any time (RFC 5227 §2.4).
///
/// A member that holds the address answers and claims too. Who is a stranger is the node's to tell, when the members
/// have been heard.
struct ConflictProbe {
    /// Someone who has, or says to have, a floating address.
    struct Claim: Hashable {
        let address: IPAddress
        let owner: MACAddress
        let interface: UInt32
    }

    private let arp: ARPWatcher
    /// The IPv4 addresses that are listened for; they change when a DHCP server gives one.
    private var heeded: [UInt32] = []
    private let neighbours: NeighbourWatcher?
    /// Marks this cluster's questions among those of others who are about to take an IPv6 address.
    private var nonce: [UInt8] = []
    /// The marks of members that have not taken the newest key yet, or that ask as they did before they had it.
    private var nonces: [[UInt8]] = []
    /// The addresses that are asked for, sorted.
    private var targets: [ProbeTarget] = []
    /// The links on which the question has been asked, by address.
    private var asked: [IPAddress: UInt32] = [:]
    private var claims: Set<Claim> = []

    /// A member's node ID would do as a mark, but is not known to others before they have met.
    init(for addresses: [IPAddress], of ring: KeyRing, poller: Poller, token: Poller.Token) throws(SystemError) {
        let six = addresses.filter { !$0.isIPv4 }
        arp = try ARPWatcher()
        // Where IPv6 is off, no address of it is held, and nobody can have it.
        neighbours = six.isEmpty ? nil : try? NeighbourWatcher(for: six)
        heeded = Self.four(addresses)
        use(ring)
        try arp.listen(for: heeded)
        try poller.add(arp.descriptor, token: token)
        if let neighbours { try poller.add(neighbours.descriptor, token: token) }
    }

    private static func four(_ addresses: [IPAddress]) -> [UInt32] {
        addresses.compactMap { if case .v4(let ip) = $0 { ip } else { nil } }
    }

    /// Marks its questions by the newest of these keys, and knows those of members by any of them.
    mutating func use(_ ring: KeyRing) {
        let fingerprints = ring.entries.map(\.key.fingerprint) + ring.dropped.map(\.fingerprint)
        nonces = fingerprints.map { Array(($0.utf8 + Array(repeating: 0, count: 14)).prefix(14)) }
        nonce = nonces.first ?? []
    }

    /// Listens for these IPv4 addresses from now on; those of IPv6 stay as they were at the start. Another may take an
    /// address that is none of them: it is asked for anew when it comes again.
    mutating func heed(_ addresses: [IPAddress]) throws(SystemError) {
        asked = asked.filter { addresses.contains($0.key) }
        targets.removeAll { !addresses.contains($0.ip) }
        let four = Self.four(addresses)
        guard four != heeded else { return }
        try arp.listen(for: four)
        heeded = four
    }

    /// When `advance` is to be called.
    var nextDeadline: Instant? { targets.map(\.nextAt).min() }

    /// Whether it is not known yet who has this address.
    func isAsking(for address: IPAddress) -> Bool { targets.contains { $0.ip == address && $0.isOpen } }

    /// Asks for an address if it has come to a link on which nobody was asked for it.
    mutating func look(for ip: IPAddress, on interface: Interface?, at now: Instant) {
        guard let interface, interface.isRunning else {
            asked[ip] = nil
            targets.removeAll { $0.ip == ip }
            return
        }
        guard asked[ip] != interface.index else { return }
        asked[ip] = interface.index
        targets.removeAll { $0.ip == ip }
        add(ProbeTarget(ip, on: interface, at: now))
    }

    /// Asks for every address anew at the next `look`.
    mutating func forget() { asked = [:] }

    /// Goes on asking for the addresses that a stranger is believed to have, and ends the watch over the others.
    mutating func watch(over conflicted: [IPAddress], at now: Instant, home: (IPAddress) -> Interface?) {
        guard !targets.isEmpty || !conflicted.isEmpty else { return }
        targets.removeAll { !$0.isOpen && !conflicted.contains($0.ip) }
        for ip in conflicted where !targets.contains(where: { $0.ip == ip }) {
            guard let interface = home(ip), interface.isRunning else { continue }
            add(ProbeTarget(watching: ip, on: interface, at: now))
        }
    }

    private mutating func add(_ target: ProbeTarget) {
        neighbours?.join(target.ip, on: target.interface.index)
        targets.append(target)
        // One order, whatever the order of the configuration.
        targets.sort { "\($0.ip)" < "\($1.ip)" }
    }

    /// Notes who answers and who claims: what has come in.
    mutating func hear() {
        for heard in arp.drain().heard {
            note(.v4(heard.packet.senderIP), heard.packet.senderMAC, on: heard.interface, isQuestion: false)
        }
        for heard in neighbours?.drain() ?? [] where !(heard.claim.isQuestion && nonces.contains(heard.claim.nonce)) {
            note(heard.claim.ip, heard.mac, on: heard.interface, isQuestion: heard.claim.isQuestion)
        }
    }

    private mutating func note(_ ip: IPAddress, _ owner: MACAddress, on interface: UInt32, isQuestion: Bool) {
        for index in targets.indices { targets[index].hear(ip, from: owner, on: interface) }
        // Who asks for an address in use is answered by the kernel of its holder.
        if !isQuestion { claims.insert(Claim(address: ip, owner: owner, interface: interface)) }
    }

    /// The claims that have been heard since this was last asked.
    mutating func takeClaims() -> Set<Claim> {
        guard !claims.isEmpty else { return [] }
        defer { claims = [] }
        return claims
    }

    /// Sends the probes that are due, and ends the rounds that are over.
    /// - Parameter isMembers: whether a member is heard to hold an address.
    /// - Returns: who answered; nil when no round has ended.
    mutating func advance(
        at now: Instant, announcer: Announcer, isMembers: (IPAddress) -> Bool
    ) -> [Claim]? {
        guard let due = nextDeadline, due <= now else { return nil }
        // Also what came before the first question, which is no answer to it.
        hear()
        var answers: [Claim] = []
        var hasEnded = false
        var remaining: [ProbeTarget] = []
        for var target in targets {
            guard target.nextAt <= now else {
                remaining.append(target)
                continue
            }
            let step = target.advance(at: now, isMembers: isMembers(target.ip))
            if step != .done { remaining.append(target) }
            switch step {
            case .ask: ask(target, with: announcer)
            case .report(let owner):
                answers.append(Claim(address: target.ip, owner: owner, interface: target.interface.index))
                hasEnded = true
            case .wait, .done: hasEnded = true
            }
        }
        targets = remaining
        return hasEnded ? answers : nil
    }

    /// A question that cannot be sent is as good as lost on the way; three more follow.
    private func ask(_ target: ProbeTarget, with announcer: Announcer) {
        switch target.ip {
        case .v4(let ip): _ = announcer.probe(ip, on: target.interface)
        case .v6: _ = announcer.solicit(target.ip, nonce: nonce, on: target.interface)
        }
    }
}
