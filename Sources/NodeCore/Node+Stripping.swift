internal import VRRP
public import Wire

/// How often others have taken a floating address from its interface lately: a program that does it again and again is
/// neither fought without end nor complained of each time.
struct Stripping: Sendable {
    private var putBackAt: [Instant] = []
    private var untold = 0
    private var toldAt: Instant?

    /// So many times a second the address is put back at once; after that, a little later each time.
    static let mostAtOnce = 4
    /// How much later.
    static let delay = Duration.milliseconds(50)
    /// How often people are told.
    static let pause = Duration.seconds(60)

    /// It has happened.
    /// - Returns: whether to put the address back now, and of how many times to tell people, if at all.
    mutating func note(at now: Instant) -> (isPutBack: Bool, toldTimes: Int?) {
        putBackAt.removeAll { $0.advanced(by: .seconds(1)) <= now }
        let isPutBack = putBackAt.count < Self.mostAtOnce
        if isPutBack { putBackAt.append(now) }
        untold += 1
        if let toldAt, toldAt.advanced(by: Self.pause) > now { return (isPutBack, nil) }
        defer { (untold, toldAt) = (0, now) }
        return (isPutBack, untold)
    }
}

extension Node {
    /// A floating address vanished from the interface although this node had not released it. `culprit` names for people
    /// the program that took it, if that is known.
    ///
    /// A process that stood still lost it because its lease ended, and has been replaced since: its virtual router is
    /// asked first, finds that it overslept, and lets go.
    public mutating func addressStripped(_ ip: IPAddress, by culprit: String? = nil, at now: Instant) -> [Action] {
        guard !isStopped, let index = routers.firstIndex(where: { $0.holds(ip) }) else { return [] }
        var actions: [Action] = []
        routerDeadline(index, at: now, into: &actions)
        perform(routers[index].router.addressesLost(at: now), of: index, at: now, into: &actions)
        guard routers[index].router.state == .active else { return actions }
        for address in routers[index].addresses where address.ip == ip {
            let verdict = strippings[ip, default: Stripping()].note(at: now)
            if let times = verdict.toldTimes {
                actions.append(.tell(.addressStripped(address, by: culprit, times: times)))
            }
            if verdict.isPutBack {
                actions += [.claim(address), .announce(address)]
            } else {
                let soon = now.advanced(by: Stripping.delay)
                routers[index].renewAt = min(routers[index].renewAt ?? soon, soon)
            }
        }
        return actions
    }
}
