internal import LinuxPlatform
internal import Wire

/// Asks the LAN whether somebody has a floating address, before this node claims it for the first time on a link
/// (RFC 5227 §2.1.1). IPv4 alone: for IPv6 the kernel's own detection would have to be waited for.
///
/// A member that holds the address answers too. Who is a stranger is the node's to tell, at the end of a round, when
/// the members have been heard.
struct ConflictProbe {
    /// Who answered for an address.
    struct Answer: Hashable {
        let address: IPAddress
        let owner: MACAddress
    }

    private struct Target: Hashable {
        let ip: UInt32
        let interface: Interface
    }

    private let watcher: ARPWatcher
    private let token: Poller.Token
    private var targets: [Target] = []
    private var owners: [UInt32: MACAddress] = [:]
    private var sent = 0
    private var nextAt: Instant?
    /// The links on which the question has been asked, by address.
    private var asked: [UInt32: UInt32] = [:]
    /// Whether a first round is under way: until it ends, nothing is claimed.
    private(set) var isFirst = false

    /// RFC 5227 §1.1 asks three times over seconds. A node is to lead within one, and asks oftener in less.
    private static let probes = 4
    private static let spacing = Duration.milliseconds(80)
    /// Between two rounds while a stranger has an address.
    private static let pause = Duration.seconds(1)

    init(token: Poller.Token) throws(SystemError) {
        watcher = try ARPWatcher()
        self.token = token
    }

    /// When `advance` is to be called.
    var nextDeadline: Instant? { nextAt }

    /// Begins a first round if an address has come to a link on which nobody was asked for it.
    mutating func look(for addresses: [IPAddress], on interfaces: [Interface], at now: Instant, poller: Poller) {
        var found: [Target] = []
        for case .v4(let ip) in addresses {
            guard let interface = InterfaceList.interface(for: .v4(ip), in: interfaces), interface.isRunning else {
                asked[ip] = nil
                continue
            }
            if asked[ip] != interface.index { found.append(Target(ip: ip, interface: interface)) }
            asked[ip] = interface.index
        }
        guard !found.isEmpty else { return }
        isFirst = true
        begin(found, at: now, poller: poller)
    }

    /// Notes who answers.
    mutating func hear() {
        for heard in watcher.drain().heard {
            for target in targets where target.interface.index == heard.interface {
                let own = Set([target.interface.mac].compactMap { $0 })
                guard heard.packet.senderIP == target.ip, !own.contains(heard.packet.senderMAC) else { continue }
                owners[target.ip] = heard.packet.senderMAC
            }
        }
    }

    /// Sends the next probe, or ends the round.
    /// - Returns: who answered, at the end of a round; nil before.
    mutating func advance(at now: Instant, announcer: Announcer, poller: Poller) -> [Answer]? {
        guard let due = nextAt, due <= now else { return nil }
        if sent < Self.probes {
            for target in targets { _ = announcer.probe(target.ip, on: target.interface) }
            sent += 1
            nextAt = now.advanced(by: Self.spacing)
            return nil
        }
        hear()
        try? poller.remove(watcher.descriptor)
        nextAt = nil
        isFirst = false
        return owners.sorted { $0.key < $1.key }.map { Answer(address: .v4($0.key), owner: $0.value) }
    }

    /// Asks once more after a while: a stranger that goes away does not say so.
    mutating func repeatRound(at now: Instant, poller: Poller) {
        begin(targets.filter { owners[$0.ip] != nil }, at: now.advanced(by: Self.pause), poller: poller)
    }

    private mutating func begin(_ targets: [Target], at now: Instant, poller: Poller) {
        if nextAt == nil {
            _ = watcher.drain()
            try? poller.add(watcher.descriptor, token: token)
        }
        self.targets = targets
        owners = [:]
        sent = 0
        nextAt = now
    }
}
