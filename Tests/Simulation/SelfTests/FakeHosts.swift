import VRRP
import Wire

@testable import Simulator

/// A host that counts: it sends a numbered datagram to everyone every 10 ms and remembers what it received.
struct CountingHost: SimulatedHost {
    private(set) var received: [UInt8] = []
    private(set) var lastRead: Instant?
    private(set) var boots: Int
    private(set) var found: [UInt8]?
    private var sent: UInt8 = 0
    private(set) var nextDeadline: Instant?

    init(_ boot: HostBoot) {
        boots = boot.boots
        found = boot.disk["boots"]
    }

    mutating func start(at now: Instant) -> [HostAction] {
        nextDeadline = now.advanced(by: .milliseconds(10))
        return [.store("boots", [UInt8(boots)])]
    }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        received += bytes
        lastRead = now
        return []
    }

    mutating func deadlineReached(at now: Instant) -> [HostAction] {
        sent &+= 1
        nextDeadline = now.advanced(by: .milliseconds(10))
        return [.broadcast([sent])]
    }

    mutating func stop(at now: Instant) -> [HostAction] { [] }

    var isHealthy: Bool { true }
    var clusterView: [String] { [] }
    var fingerprint: String { "\(received)" }
}

/// A host that does what a test says, to show a checker something wrong.
struct PuppetHost: SimulatedHost {
    var isHealthy = true
    var clusterView = ["host0", "host1"]
    var fingerprint = ""
    /// Addresses that it keeps claiming, every 100 ms.
    var claims: [IPAddress] = []
    /// Whether anyone's datagram changes it.
    var isGullible = false
    private(set) var nextDeadline: Instant?

    mutating func start(at now: Instant) -> [HostAction] { deadlineReached(at: now) }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        if isGullible { fingerprint += "\(bytes)" }
        return [.send([0], to: source)]
    }

    mutating func deadlineReached(at now: Instant) -> [HostAction] {
        nextDeadline = now.advanced(by: .milliseconds(100))
        return claims.map { .claim($0) }
    }

    mutating func stop(at now: Instant) -> [HostAction] { [] }
}

/// A host that is nothing but a virtual router with an interval of 20 ms; it renews the address at each advertisement,
/// and announces every two seconds, for it has no membership to tell it that someone came back.
struct RouterHost: SimulatedHost {
    private(set) var router: VirtualRouter
    private let id: HostID

    init(_ boot: HostBoot) {
        id = boot.id
        router = VirtualRouter(
            VirtualRouter.Configuration(
                virtualRouterID: 51, addresses: [sampleAddress], interval: 2,
                announcements: AnnouncementSchedule(refresh: .seconds(2))),
            priority: 100, tieBreaker: TieBreaker(boot.id.address.ip))
    }

    mutating func start(at now: Instant) -> [HostAction] {
        let actions = router.startup(at: now)
        return translate(actions)
    }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction] {
        guard let advertisement = try? Advertisement.decode(sealed: bytes[...]) else { return [] }
        let actions = router.receive(advertisement, from: TieBreaker(source.ip), at: now)
        return translate(actions)
    }

    mutating func deadlineReached(at now: Instant) -> [HostAction] {
        let actions = router.deadlineReached(at: now)
        return translate(actions)
    }

    mutating func stop(at now: Instant) -> [HostAction] {
        let actions = router.shutdown(reason: .stopping, at: now)
        return translate(actions)
    }

    var nextDeadline: Instant? { router.nextDeadline }
    var isHealthy: Bool { true }
    var clusterView: [String] { [] }
    var fingerprint: String { router.state.rawValue }

    /// To be called when the router has changed already: an Active one renews its lease.
    private func translate(_ actions: [VirtualRouter.Action]) -> [HostAction] {
        actions.flatMap { action -> [HostAction] in
            switch action {
            case .advertise(let advertisement):
                let bytes = advertisement.encoded(checksum: .none)
                return (router.state == .active ? [.claim(sampleAddress)] : []) + [.broadcast(bytes)]
            case .claim: return [.claim(sampleAddress)]
            case .release, .relinquish: return [.release(sampleAddress)]
            case .announce: return [.announce(sampleAddress)]
            case .transition(_, let state, let reason): return [.note("becomes \(state): \(reason)")]
            case .noticed, .ignored, .askForSignOfLife: return []
            }
        }
    }
}
