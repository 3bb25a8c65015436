internal import Membership
internal import Wire

/// What is known of the troubles between this node and others, and by which knocks.
struct Diagnosis: Sendable {
    /// One trouble that holds now.
    struct Finding: Hashable, Sendable {
        let trouble: Trouble
        var evidence: Trouble.Evidence
        let since: Instant
    }

    private struct Door: Sendable {
        var answer: Knock?
        var nextAt: Instant
        /// How often in a row nothing was heard.
        var silences = 0
    }

    /// The time between two looks: people are told within it.
    static let step = Duration.seconds(1)
    /// The time between two knocks at one door.
    private static let knockInterval = Duration.seconds(30)
    /// The same where nothing was heard: the kernel takes seconds to find out that nobody has an address any more.
    private static let doubtInterval = Duration.seconds(5)
    /// How many doors of dead members are knocked at.
    private static let mostDoors = 16

    /// What holds, in the order in which it is told.
    private(set) var findings: [Finding] = []
    /// When to look again.
    private(set) var lookAt: Instant
    private var doors: [NodeID: Door] = [:]
    /// Whether the gateway of this network answered last; nil if there is none, or it was not asked.
    private var hearsGateway: Bool?
    private var gatewayAt = Instant.zero
    /// Since when none of the others is heard.
    private var aloneSince: Instant?

    init(at now: Instant) { lookAt = now.advanced(by: Self.step) }

    /// Whom to knock at now. Doors of those that are not dead any more are forgotten.
    mutating func knocks(at dead: [LifelinePeer], isAlone: Bool, now: Instant) -> [KnockTarget] {
        doors = doors.filter { door in dead.contains { $0.node == door.key } }
        if isAlone, aloneSince == nil {
            // What was heard of their machines before says nothing of now.
            doors = doors.mapValues { _ in Door(nextAt: now) }
        }
        aloneSince = isAlone ? aloneSince ?? now : nil
        var targets: [KnockTarget] = []
        for peer in dead.prefix(Self.mostDoors) where (doors[peer.node]?.nextAt ?? now) <= now {
            doors[peer.node, default: Door(nextAt: now)].nextAt = now.advanced(by: Self.knockInterval)
            targets.append(.member(peer))
        }
        if !isAlone {
            (hearsGateway, gatewayAt) = (nil, .zero)
        } else if gatewayAt <= now {
            gatewayAt = now.advanced(by: Self.step * 5)
            targets.append(.gateway)
        }
        return targets
    }

    /// A knock has been answered, or has not.
    mutating func knocked(_ target: KnockTarget, _ answer: Knock?, at now: Instant) {
        switch target {
        case .member(let peer):
            guard var door = doors[peer.node] else { break }
            door.silences = answer == .silent ? door.silences + 1 : 0
            // Silence once may be a lost datagram.
            if answer != .silent || door.answer == nil || door.silences > 1 { door.answer = answer }
            if answer == .silent { door.nextAt = now.advanced(by: Self.doubtInterval) }
            doors[peer.node] = door
        // Who refuses, or is there and keeps silent, is there.
        case .gateway: hearsGateway = answer.map { $0 != .unreachable }
        }
        lookAt = min(lookAt, now)
    }

    /// What a knock at a member's machine came to; nil if that is not known, or it came to nothing.
    func answer(of node: NodeID) -> Knock? { doors[node]?.answer.flatMap { $0 == .silent ? nil : $0 } }

    /// Whether it is this node that is cut off, when none of the others is heard. Not if the gateway is there, or one of
    /// their machines, which have a moment to answer.
    func isCutOff(at now: Instant) -> Bool {
        guard let aloneSince, aloneSince.advanced(by: Self.step) <= now else { return false }
        return hearsGateway != true && !doors.values.contains { $0.answer == .refused || $0.answer == .accepted }
    }

    /// Takes over what holds now.
    /// - Returns: what is new, and what is over.
    mutating func replace(
        with held: [(trouble: Trouble, evidence: Trouble.Evidence)], at now: Instant
    ) -> (new: [Finding], over: [Trouble]) {
        lookAt = now.advanced(by: Self.step)
        let before = findings
        findings = held.map { trouble, evidence in
            let since = before.first { $0.trouble.subject == trouble.subject }?.since ?? now
            return Finding(trouble: trouble, evidence: evidence, since: since)
        }
        let new = findings.filter { finding in !before.contains { $0.trouble == finding.trouble } }
        let over = before.map(\.trouble).filter { trouble in
            !findings.contains { $0.trouble.subject == trouble.subject }
        }
        return (new, over)
    }

    func holds(_ isMeant: (Trouble) -> Bool) -> Bool { findings.contains { isMeant($0.trouble) } }
}
