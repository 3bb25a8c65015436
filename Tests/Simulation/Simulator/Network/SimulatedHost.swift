import NodeCore
import Wire

/// Which host; the number is also the last byte of its address, less one.
struct HostID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let index: Int

    init(_ index: Int) { self.index = index }

    /// 10.0.0.1 for the first, and so on; port 7373. Where it is until it moves.
    var address: SocketAddress { address(afterMoves: 0) }

    /// 10.1.0.1 after the first move, and so on.
    func address(afterMoves moves: Int) -> SocketAddress {
        SocketAddress(ip: .v4(Self.base + UInt32(moves % 255) << 16 + UInt32(index)), port: Self.port)
    }

    /// The host of `count` that has, or had, this address.
    init?(at address: SocketAddress, among count: Int) {
        guard case .v4(let number) = address.ip, address.port == Self.port else { return nil }
        guard number >= Self.base, Int((number - Self.base) & 0xFFFF) < count else { return nil }
        index = Int((number - Self.base) & 0xFFFF)
    }

    private static let base: UInt32 = 0x0A00_0001
    private static let port: UInt16 = 7373

    var description: String { "host\(index)" }

    static func < (left: HostID, right: HostID) -> Bool { left.index < right.index }
}

/// What a host wants done.
enum HostAction: Hashable, Sendable {
    case send([UInt8], to: SocketAddress)
    /// To every other host on the network.
    case broadcast([UInt8])
    /// Put this address on the host, or renew its lease.
    case claim(IPAddress)
    /// Gratuitous ARP or unsolicited neighbour advertisement: all that hear it send there from now on.
    case announce(IPAddress)
    case release(IPAddress)
    /// Hold a lifeline to each of these hosts, and to no other.
    case lifelines([SocketAddress])
    /// Ask the kernel of this host for a sign of life, over the lifeline to it.
    case askForSignOfLife(SocketAddress)
    /// Try to connect to the TCP port there.
    case knock(SocketAddress)
    /// Keep these bytes on disk; they are there after a restart, unless it is one without disk.
    case store(String, [UInt8])
    /// A line for the trace.
    case note(String)

    /// Whether anyone may cause it: an answer, or a line for people.
    var isHarmless: Bool {
        switch self {
        case .send, .note: true
        case .broadcast, .claim, .announce, .release, .lifelines, .askForSignOfLife, .knock, .store: false
        }
    }
}

/// What a host is made of when its process starts.
struct HostBoot: Sendable {
    let id: HostID
    /// How often it has started, this time included.
    let boots: Int
    let disk: [String: [UInt8]]
    let random: SeededGenerator
    let now: Instant
}

/// The logic of one host, as the network drives it. A node becomes one by an adapter.
protocol SimulatedHost {
    mutating func start(at now: Instant) -> [HostAction]
    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, at now: Instant) -> [HostAction]
    mutating func deadlineReached(at now: Instant) -> [HostAction]
    /// The process is asked to end, and ends when `hasStopped`.
    mutating func stop(at now: Instant) -> [HostAction]
    /// The lifeline to this host has ended.
    mutating func lifelineBroke(_ address: SocketAddress, at now: Instant) -> [HostAction]
    /// A new connection there was refused.
    mutating func lifelineRefused(_ address: SocketAddress, at now: Instant) -> [HostAction]
    /// The kernel of this host has given the sign of life.
    mutating func gaveSignOfLife(_ address: SocketAddress, at now: Instant) -> [HostAction]
    /// A knock there has been answered, or not in time.
    mutating func knocked(_ address: SocketAddress, _ answer: Knock, at now: Instant) -> [HostAction]
    /// The host has another address than before.
    mutating func moved(at now: Instant) -> [HostAction]
    /// A person, or what surrounds the host, does this to it.
    mutating func meddle(_ meddling: Meddling, at now: Instant) -> [HostAction]
    var hasStopped: Bool { get }
    var nextDeadline: Instant? { get }
    /// Whether it may serve, so that a partition with it must have a holder.
    var isHealthy: Bool { get }
    /// Who is alive, itself included, as it sees it; sorted.
    var clusterView: [String] { get }
    /// The signal that its lights show; empty for a host without lights.
    var lights: String { get }
    /// All its state that no one without the key may change; not counters.
    var fingerprint: String { get }
}

extension SimulatedHost {
    var lights: String { "" }
    var hasStopped: Bool { true }
    mutating func lifelineBroke(_ address: SocketAddress, at now: Instant) -> [HostAction] { [] }
    mutating func lifelineRefused(_ address: SocketAddress, at now: Instant) -> [HostAction] { [] }
    mutating func gaveSignOfLife(_ address: SocketAddress, at now: Instant) -> [HostAction] { [] }
    mutating func knocked(_ address: SocketAddress, _ answer: Knock, at now: Instant) -> [HostAction] { [] }
    mutating func moved(at now: Instant) -> [HostAction] { [] }
    mutating func meddle(_ meddling: Meddling, at now: Instant) -> [HostAction] { [] }
}
