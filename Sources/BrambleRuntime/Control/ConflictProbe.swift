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

    private let watcher: ARPWatcher
    private let token: Poller.Token
    /// The addresses that are asked for, sorted.
    private var targets: [ProbeTarget] = []
    private var isWatching = false
    /// The links on which the question has been asked, by address.
    private var asked: [UInt32: UInt32] = [:]

    init(token: Poller.Token) throws(SystemError) {
        watcher = try ARPWatcher()
        self.token = token
    }

    /// When `advance` is to be called.
    var nextDeadline: Instant? { targets.map(\.nextAt).min() }

    /// Whether it is not known yet who has this address.
    func isAsking(for address: IPAddress) -> Bool { targets.contains { .v4($0.ip) == address && $0.isOpen } }

    /// Asks for the addresses that have come to a link on which nobody was asked for them.
    /// `home` tells the interface that an address goes on.
    mutating func look(
        for addresses: [IPAddress], at now: Instant, poller: Poller, home: (IPAddress) -> Interface?
    ) {
        for case .v4(let ip) in addresses {
            let interface = home(.v4(ip))
            guard let interface, interface.isRunning else {
                asked[ip] = nil
                targets.removeAll { $0.ip == ip }
                continue
            }
            guard asked[ip] != interface.index else { continue }
            asked[ip] = interface.index
            targets.removeAll { $0.ip == ip }
            targets.append(ProbeTarget(ip, on: interface, at: now))
        }
        targets.sort { $0.ip < $1.ip }
        watch(with: poller)
    }

    /// Asks for every address anew at the next `look`.
    mutating func forget() { asked = [:] }

    /// Notes who answers: everything that has come in.
    mutating func hear() {
        while true {
            let caught = watcher.drain()
            guard !caught.heard.isEmpty || caught.malformed > 0 else { return }
            for heard in caught.heard {
                for index in targets.indices {
                    targets[index].hear(heard.packet.senderIP, from: heard.packet.senderMAC, on: heard.interface)
                }
            }
        }
    }

    /// Sends the probes that are due, and ends the rounds that are over.
    /// - Parameter isMembers: whether a member is heard to hold an address.
    /// - Returns: who answered; nil when no round has ended.
    mutating func advance(
        at now: Instant, announcer: Announcer, poller: Poller, isMembers: (IPAddress) -> Bool
    ) -> [Answer]? {
        guard let due = nextDeadline, due <= now else { return nil }
        // Also what came before the first question, which is no answer to it.
        hear()
        var answers: [Answer] = []
        var hasEnded = false
        var remaining: [ProbeTarget] = []
        for var target in targets {
            guard target.nextAt <= now else {
                remaining.append(target)
                continue
            }
            let step = target.advance(at: now, isMembers: isMembers(.v4(target.ip)))
            if step != .done { remaining.append(target) }
            switch step {
            case .ask: _ = announcer.probe(target.ip, on: target.interface)
            case .report(let owner):
                answers.append(Answer(address: .v4(target.ip), owner: owner))
                hasEnded = true
            case .wait, .done: hasEnded = true
            }
        }
        targets = remaining
        watch(with: poller)
        return hasEnded ? answers : nil
    }

    /// Ends the watch over the addresses that no stranger is believed to have any more.
    mutating func keepWatching(_ conflicted: [IPAddress], poller: Poller) {
        targets.removeAll { !$0.isOpen && !conflicted.contains(.v4($0.ip)) }
        watch(with: poller)
    }

    /// Listens to ARP while there is something to hear.
    private mutating func watch(with poller: Poller) {
        guard isWatching == targets.isEmpty else { return }
        isWatching.toggle()
        if isWatching {
            hear()
            try? poller.add(watcher.descriptor, token: token)
        } else {
            try? poller.remove(watcher.descriptor)
        }
    }
}
