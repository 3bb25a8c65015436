import Membership
import Wire

/// A network of SWIM instances with a clock of its own. Like the sealed link, it drops a stranger's first datagram and
/// challenges the stranger; only its answer lets it in.
struct TestNetwork {
    struct Host {
        var swim: SWIM?
        var session: Session
        var address: SocketAddress
        /// Whom this run has challenged successfully.
        var proven: Set<Session> = []
        /// Hosts reach each other within one group only.
        var group = 0
        var latency: ClosedRange<Int64> = 200...2000
        var pausedUntil = Instant.zero
        var deadline = Instant.zero
        var stored: [KnownPeer] = []
    }

    struct Change: Equatable {
        let time: Instant
        let observer: Int
        let member: Member
        let before: Member.State?
    }

    private enum Content {
        case payload([UInt8])
        case challenge
        case answer
    }

    private struct Datagram {
        let content: Content
        let sender: Session
        let source: SocketAddress
        let target: Int
        let address: SocketAddress
    }

    private(set) var now = Instant.zero
    private(set) var hosts: [Host] = []
    private(set) var changes: [Change] = []
    private(set) var ignored: [SWIM.IgnoreReason: Int] = [:]
    private(set) var datagrams = 0
    var lossPercent = 0
    /// Pairs of hosts of which the first does not reach the second.
    var severed: Set<[Int]> = []
    /// Pairs of hosts between which, that way, no payload of more than 1,000 bytes passes.
    var narrow: Set<[Int]> = []
    private var queue = EventQueue<Datagram>()
    private var random: SeededGenerator
    private let configuration: SWIM.Configuration
    /// The versions that the program of a host speaks from its next start on, where they are not those of all.
    var versions: [Int: ClosedRange<UInt8>] = [:]

    init(
        _ count: Int, seed: UInt64 = 1, lossPercent: Int = 0, configuration: SWIM.Configuration = .lan,
        starting: Bool = true
    ) {
        random = SeededGenerator(seed: seed)
        self.configuration = configuration
        self.lossPercent = lossPercent
        for index in 0..<count {
            hosts.append(
                Host(
                    session: Session(node: NodeID(high: UInt64(index), low: 7), boot: 0, salt: 0),
                    address: Self.address(index)))
            if starting { start(index) }
        }
    }

    static func address(_ number: Int) -> SocketAddress {
        SocketAddress(ip: .v4(0x0A00_0000 + UInt32(number) + 1), port: 7373)
    }

    // MARK: What happens to hosts

    mutating func start(_ index: Int, seeds: [SocketAddress] = []) {
        let node = hosts[index].session.node
        let session = Session(node: node, boot: hosts[index].session.boot + 1, salt: random.next())
        hosts[index].session = session
        hosts[index].proven = []
        var configuration = configuration
        configuration.versions = versions[index] ?? configuration.versions
        hosts[index].swim = SWIM(
            session: session, info: MemberInfo(name: "pi\(index)", httpPort: 80, serving: true),
            configuration: configuration, known: hosts[index].stored, seeds: seeds,
            random: SeededGenerator(seed: random.next()), at: now)
        note(index)
    }

    mutating func crash(_ index: Int) { hosts[index].swim = nil }

    mutating func pause(_ index: Int, for duration: Duration) { hosts[index].pausedUntil = now.advanced(by: duration) }

    mutating func move(_ index: Int, to number: Int) { hosts[index].address = Self.address(number) }

    mutating func setGroup(_ group: Int, of indices: some Sequence<Int>) {
        for index in indices { hosts[index].group = group }
    }

    mutating func setLatency(_ microseconds: ClosedRange<Int64>, of index: Int) {
        hosts[index].latency = microseconds
    }

    mutating func perform(_ index: Int, _ command: (inout SWIM, Instant) -> [SWIM.Action]) {
        // Taken out while it changes, so that its arrays are not copied.
        guard var swim = hosts[index].swim.take() else { return }
        let actions = command(&swim, now)
        hosts[index].swim = swim
        carryOut(actions, of: index)
    }

    // MARK: What is asked

    /// What `observer` believes of host `subject`; nil if it does not know it.
    func state(of subject: Int, seenBy observer: Int) -> Member.State? {
        member(subject, seenBy: observer)?.state
    }

    func member(_ subject: Int, seenBy observer: Int) -> Member? {
        hosts[observer].swim?.members.first { $0.id == hosts[subject].session.node }
    }

    /// Whether all of `indices` (default: everybody) hold each other for alive in their present runs.
    func isWhole(_ indices: Range<Int>? = nil) -> Bool {
        let indices = indices ?? hosts.indices
        return indices.allSatisfy { observer in
            indices.allSatisfy { subject in
                let member = member(subject, seenBy: observer)
                return member?.state == .alive && member?.session == hosts[subject].session
            }
        }
    }

    var deaths: [Change] { changes.filter { $0.member.state == .dead } }

    /// What `observer` finds wrong with its ways to others, by their numbers.
    func faults(seenBy observer: Int) -> [Int: WayFault] {
        let found = hosts[observer].swim?.wayFaults(at: now) ?? []
        return Dictionary(
            uniqueKeysWithValues: found.map { found in
                (hosts.firstIndex { $0.session.node == found.node } ?? -1, found.fault)
            })
    }

    // MARK: Time

    mutating func run(for duration: Duration) { _ = run(atMost: duration) { _ in false } }

    /// Runs until the condition holds; answers how long that took, nil if it never did.
    mutating func run(atMost limit: Duration, until condition: (TestNetwork) -> Bool) -> Duration? {
        let start = now
        let end = now.advanced(by: limit)
        while !condition(self) {
            guard step(before: end) else {
                now = end
                return condition(self) ? start.duration(to: end) : nil
            }
        }
        return start.duration(to: now)
    }

    private mutating func step(before end: Instant) -> Bool {
        var time = queue.nextTime ?? end
        var due: Int?
        for (index, host) in hosts.enumerated() where host.swim != nil {
            let wakes = max(host.deadline, host.pausedUntil, now)
            if wakes < time { (time, due) = (wakes, index) }
        }
        guard time < end else { return false }
        now = time
        if let due {
            perform(due) { $0.deadlineReached(at: $1) }
        } else {
            deliver(queue.removeFirst())
        }
        return true
    }

    // MARK: The wire

    private mutating func carryOut(_ actions: [SWIM.Action], of index: Int) {
        for action in actions {
            switch action {
            case .send(let payload, let address): send(.payload(payload), from: index, to: address)
            case .broadcast(let payload):
                for host in hosts { send(.payload(payload), from: index, to: host.address) }
            case .changed(let member, let before):
                changes.append(Change(time: now, observer: index, member: member, before: before))
            case .store(let peers): hosts[index].stored = peers
            case .ignored(let reason): ignored[reason, default: 0] += 1
            }
        }
        note(index)
    }

    private mutating func note(_ index: Int) {
        hosts[index].deadline = hosts[index].swim?.nextDeadline ?? now
    }

    private mutating func send(_ content: Content, from index: Int, to address: SocketAddress) {
        datagrams += 1
        let lost = Int.random(in: 0..<100, using: &random) < lossPercent
        let delay = Int64.random(in: hosts[index].latency, using: &random)
        guard !lost, let target = hosts.firstIndex(where: { $0.address == address }) else { return }
        guard hosts[target].group == hosts[index].group, !severed.contains([index, target]) else { return }
        if narrow.contains([index, target]), case .payload(let bytes) = content, bytes.count > 1000 { return }
        queue.add(
            Datagram(
                content: content, sender: hosts[index].session, source: hosts[index].address, target: target,
                address: address), at: now.advanced(by: .microseconds(delay)))
    }

    private mutating func deliver(_ datagram: Datagram) {
        let index = datagram.target
        guard hosts[index].swim != nil, hosts[index].address == datagram.address else { return }
        guard hosts[index].pausedUntil <= now else { return queue.add(datagram, at: hosts[index].pausedUntil) }
        let (sender, source) = (datagram.sender, datagram.source)
        switch datagram.content {
        case .challenge: send(.answer, from: index, to: source)
        case .answer:
            hosts[index].proven.insert(sender)
            perform(index) { $0.proven(sender, from: source, at: $1) }
        case .payload(let payload):
            if sender.node == hosts[index].session.node || hosts[index].proven.contains(sender) {
                perform(index) { $0.receive(payload, from: source, sender: sender, at: $1) }
            } else {
                send(.challenge, from: index, to: source)
            }
        }
    }
}
