internal import VRRP
public import Wire

/// A floating address that a stranger has, as far as is known.
struct Conflict: Sendable {
    /// The stranger's MAC address, for people.
    let owner: String
    /// How long that is believed, unless the stranger is heard again.
    let until: Instant
}

/// What this node has heard and done about others who claim an address that it holds (RFC 5227 §2.4).
struct Defence: Sendable {
    /// A claim that was heard and is not judged yet.
    struct Claim: Sendable {
        let owner: String
        let heardAt: Instant
        let judgeAt: Instant
    }

    /// The claim that waits for its judgement; further ones until then are the same.
    var claim: Claim?
    /// When the address was defended last.
    var defendedAt: Instant?
}

/// Strangers: machines that are no members and have, or claim, a floating address.
///
/// A claim carries a MAC address, and which MAC addresses are members' nobody here knows. So it is asked whether a
/// member can have made the claim. A member that is, or was, Active says so by sealed advertisements, many a second; one
/// that hangs or died has its address on loan, for a second and a quarter. A claim is therefore a stranger's if this node
/// has been Active for longer than any other's loan, and no advertisement of another Active node is heard from two
/// seconds before the claim to the moment of judgement, a few intervals after it.
///
/// The first such claim is answered by one announcement. At a second one within ten seconds this node gives the address
/// up, and tells the members, for the next in rank would only go on with the fight. All of them then ask for the address
/// once a second, and run for it when nobody answers any more.
extension Node {
    /// How long a claim waits for a rival's advertisement at the least: many of the default interval.
    private static let hearing = Duration.milliseconds(300)
    /// How long after another Active node was heard last, or this one became Active, claims are believed to be a
    /// member's: beyond the longest that a lease can last.
    private static let memberMemory = Duration.seconds(2)
    /// DEFEND_INTERVAL of RFC 5227 §1.1.
    private static let defenceInterval = Duration.seconds(10)

    /// The floating addresses that a stranger is believed to have, in the order of the configuration.
    public var conflictedAddresses: [IPAddress] {
        conflicts.isEmpty ? [] : addresses.map(\.ip).filter { conflicts[$0] != nil }
    }

    /// Somebody answers for a floating address that this node does not hold (RFC 5227 §2.1.1); `owner` is its MAC
    /// address, for people. If a member is heard to hold it, that is as it should be; else it is a stranger's.
    public mutating func addressAnswered(_ ip: IPAddress, by owner: String, at now: Instant) -> [Action] {
        guard !isStopped, let router = routers.first(where: { $0.holds(ip) }) else { return [] }
        guard !router.isHeld, router.router.state != .active else { return [] }
        var actions: [Action] = []
        believe(owner, has: ip, at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Somebody else on the link says that it has a floating address which this node holds (RFC 5227 §2.4; for IPv6 a
    /// neighbour advertisement, which RFC 4862 §5.4.4 has no rule for once an address is in use).
    public mutating func addressClaimed(_ ip: IPAddress, by owner: String, at now: Instant) -> [Action] {
        guard !isStopped, let router = routers.first(where: { $0.holds(ip) }) else { return [] }
        guard router.router.state == .active, defences[ip]?.claim == nil else { return [] }
        if let since = router.history.last?.at, since.advanced(by: Self.memberMemory) > now { return [] }
        let hearing = max(Self.hearing, .milliseconds(30 * Int(configuration.interval)))
        defences[ip, default: Defence()].claim = .init(owner: owner, heardAt: now, judgeAt: now.advanced(by: hearing))
        return []
    }

    /// When `conflictDeadlineReached` has something to do.
    var conflictDeadline: Instant? {
        guard !conflicts.isEmpty || !defences.isEmpty else { return nil }
        return (conflicts.values.map(\.until) + defences.values.compactMap(\.claim?.judgeAt)).min()
    }

    /// Judges the claims whose time has come, and forgets strangers that are not heard any more.
    mutating func conflictDeadlineReached(at now: Instant, into actions: inout [Action]) {
        guard !conflicts.isEmpty || !defences.isEmpty else { return }
        for address in addresses {
            if let conflict = conflicts[address.ip], conflict.until <= now {
                conflicts[address.ip] = nil
                actions.append(.tell(.addressFreed(address)))
            }
            if let claim = defences[address.ip]?.claim, claim.judgeAt <= now {
                defences[address.ip]?.claim = nil
                judge(claim, to: address, at: now, into: &actions)
            }
        }
    }

    private mutating func judge(
        _ claim: Defence.Claim, to address: FloatingAddress, at now: Instant, into actions: inout [Action]
    ) {
        guard let router = routers.first(where: { $0.holds(address.ip) }), router.router.state == .active else {
            return
        }
        if let heard = router.rivalHeardAt, heard.advanced(by: Self.memberMemory) > claim.heardAt { return }
        let quietUntil = defences[address.ip]?.defendedAt?.advanced(by: Self.defenceInterval)
        if let quietUntil, quietUntil > claim.heardAt {
            defences[address.ip] = nil
            report(claim.owner, has: address.ip, into: &actions)
            believe(claim.owner, has: address.ip, at: now, into: &actions)
        } else {
            defences[address.ip]?.defendedAt = now
            actions += [.tell(.addressDefended(address, owner: claim.owner)), .announce(address)]
        }
    }

    private mutating func believe(_ owner: String, has ip: IPAddress, at now: Instant, into actions: inout [Action]) {
        for address in addresses where address.ip == ip && conflicts[ip] == nil {
            actions.append(.tell(.addressConflict(address, owner: owner)))
        }
        conflicts[ip] = Conflict(owner: owner, until: now.advanced(by: configuration.conflictMemory))
    }

    // MARK: What the members tell each other

    /// Tells all members, three times, for a datagram may get lost and nobody acknowledges it.
    private mutating func report(_ owner: String, has ip: IPAddress, into actions: inout [Action]) {
        let report = StrangerReport(ip: ip, owner: owner).encoded
        for _ in 0..<3 {
            send(report, to: .group, into: &actions)
            for address in company.presentAddresses { send(report, to: .address(address), into: &actions) }
        }
    }

    /// A member has met a stranger. This node lets go as well, and asks for itself from now on.
    mutating func receiveStrangerReport(_ payload: [UInt8], at now: Instant, into actions: inout [Action]) {
        guard let report = try? StrangerReport(decoding: payload) else {
            return ignored.count("malformed report of a stranger")
        }
        guard routers.contains(where: { $0.holds(report.ip) }) else {
            return ignored.count("report of a stranger with an address that is not configured here")
        }
        believe(report.owner, has: report.ip, at: now, into: &actions)
    }
}

/// What a member tells the others when it gives an address up: its kind, the address, the stranger's MAC address.
struct StrangerReport: Hashable, Sendable {
    let ip: IPAddress
    /// For people.
    let owner: String

    /// A MAC address in letters.
    private static let longestOwner = 17

    init(ip: IPAddress, owner: String) {
        self.ip = ip
        self.owner = String(owner.prefix(Self.longestOwner))
    }

    init(decoding payload: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(payload.dropFirst())
        let length: UInt8 = try reader.integer()
        guard let ip = IPAddress(bytes: Array(try reader.bytes(Int(length)))) else { throw .badValue }
        let owner = try reader.string()
        // It will stand in logs and on pages.
        guard owner.utf8.count <= Self.longestOwner,
            owner.utf8.allSatisfy({ (48...58).contains($0) || (97...102).contains($0) })
        else { throw .badValue }
        (self.ip, self.owner) = (ip, owner)
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.integer(MessageKind.stranger)
        writer.integer(UInt8(ip.bytes.count))
        writer.append(ip.bytes)
        writer.string(owner)
        return writer.bytes
    }
}
