internal import LinuxPlatform
internal import Wire

/// A floating address for which the LAN is asked, on one link.
///
/// One round of questions with no answer makes it free. An answer to the first round may come from the kernel of a
/// holder that has just died, for its lease lasts a second longer; so only who answers in a second round is reported.
/// After that the address is watched: a stranger that goes away does not say so.
struct ProbeTarget: Sendable {
    /// What to do now.
    enum Step: Hashable, Sendable {
        /// Ask, and call again at `nextAt`.
        case ask
        /// The round has ended, and another begins at `nextAt`.
        case wait
        /// The round has ended: this one has the address. Another round begins at `nextAt`.
        case report(MACAddress)
        /// Nobody has the address, or a member: there is nothing more to ask.
        case done
    }

    private enum Phase { case first, second, watching }

    let ip: IPAddress
    let interface: Interface
    /// When `advance` is to be called.
    private(set) var nextAt: Instant
    private var phase = Phase.first
    private var sent = 0
    private var owner: MACAddress?

    /// RFC 5227 §1.1 asks three times over seconds. A node is to lead within one, and asks oftener in less.
    static let probes = 4
    private static let spacing = Duration.milliseconds(80)
    /// Longer than the lease of a holder that has died.
    private static let secondRoundAfter = Duration.milliseconds(1300)
    /// Between two rounds while a stranger has the address.
    private static let pause = Duration.seconds(1)

    /// An address that this node would claim.
    init(_ ip: IPAddress, on interface: Interface, at now: Instant) {
        self.ip = ip
        self.interface = interface
        nextAt = now
    }

    /// An address that a stranger is known to have.
    init(watching ip: IPAddress, on interface: Interface, at now: Instant) {
        self.init(ip, on: interface, at: now)
        phase = .watching
    }

    /// Whether it is not known yet who has the address: until then it is not claimed.
    var isOpen: Bool { phase != .watching }

    /// Somebody on `link` says that `address` is theirs. It counts as an answer only to a question.
    mutating func hear(_ address: IPAddress, from mac: MACAddress, on link: UInt32) {
        guard sent > 0, address == ip, link == interface.index, mac != interface.mac else { return }
        owner = mac
    }

    /// `nextAt` has come. `isMembers`: whether a member is heard to hold the address.
    mutating func advance(at now: Instant, isMembers: Bool) -> Step {
        guard sent == Self.probes else {
            sent += 1
            nextAt = now.advanced(by: Self.spacing)
            return .ask
        }
        let answered = isMembers ? nil : owner
        let ended = phase
        sent = 0
        owner = nil
        switch (ended, answered) {
        case (.first, nil), (.second, nil): return .done
        case (.first, _):
            phase = .second
            nextAt = now.advanced(by: Self.secondRoundAfter)
            return .wait
        case (_, let answered):
            phase = .watching
            nextAt = now.advanced(by: Self.pause)
            return answered.map { .report($0) } ?? .wait
        }
    }
}
