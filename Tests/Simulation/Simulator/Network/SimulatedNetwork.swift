import Wire

/// Whole hosts on a simulated network and a virtual clock. All that happens follows from the seed and the calls.
///
/// A scenario starts hosts, lets time pass, applies a fault, lets time pass, and asks:
///
///     var network = SimulatedNetwork(seed: seed, hosts: 3, floatingAddresses: [address]) { NodeHost($0) }
///     network.checkers = [OneActivePerPartition(bound: .milliseconds(1200))]
///     network.startAll()
///     network.run(for: .seconds(2))
///     network.apply(.hang(HostID(0)))
///     network.run(for: .seconds(5))
///     #expect(network.violations.isEmpty, network.report)
///
/// What a host's kernel does is part of the network: a floating address is leased and falls off when no one renews it,
/// also while the process hangs; announcements are heard by kernels, not by processes; a hung process finds in its
/// socket, when it goes on, what came meanwhile.
///
/// SIMULATION_SEED=7 runs one seed, SIMULATION_SEEDS=200 the first 200, SIMULATION_TRACE=1 prints the trace at once.
struct SimulatedNetwork<Host: SimulatedHost> {
    let seed: UInt64
    /// How a person runs this again.
    var replay: String
    let hosts: [HostID]
    let floatingAddresses: [IPAddress]
    /// How long an address stays after it was last claimed.
    let lease: Duration
    /// How many datagrams the socket of a hung process holds.
    let socketCapacity = 128
    /// Whether broadcast and multicast pass, as they do not everywhere.
    var carriesBroadcasts = true
    /// Whether each host's clock has a beginning of its own.
    let ownClocks: Bool
    let boot: (HostBoot) -> Host

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    var random: SeededGenerator
    var slots: SlotTable
    /// What runs on each host; apart from the slots, so that looking at those copies no logic.
    var programs: [Host?]
    var topology: Topology { didSet { waysChanged() } }
    /// The parts of the network; nil when they have to be found anew.
    private var parts: [Component]?
    var queue = EventQueue<Frame>()
    var ways: [Way]
    var counters = FaultCounters()
    var trace = Trace()
    var forgeries: [Forgery] = [] { didSet { hasChanged = true } }
    /// The last datagrams that were sent, as an eavesdropper has them: to be sent again by `forge`, to the same host or
    /// to another.
    var overheard: [(bytes: [UInt8], from: HostID, to: HostID)] = []
    /// They are asked when something has changed that they can see, and when a bound of theirs has passed.
    var checkers: [any Checker] = [] { didSet { hasChanged = true } }
    /// Whether something has changed that a checker can see.
    var hasChanged = true
    private var nextCheck: Instant?
    /// The first violation of each checker.
    private(set) var violations: [Violation] = []
    /// How the first one came to pass.
    private var story: [String]?

    /// Hosts without power, on a network in these conditions.
    init(
        seed: UInt64, hosts count: Int, floatingAddresses: [IPAddress] = [], conditions: LinkConditions = .lan,
        lease: Duration = .seconds(1), ownClocks: Bool = false, boot: @escaping (HostBoot) -> Host
    ) {
        self.seed = seed
        self.ownClocks = ownClocks
        replay = Seeds.command(seed)
        self.floatingAddresses = floatingAddresses
        self.lease = lease
        self.boot = boot
        random = SeededGenerator(seed: seed)
        hosts = (0..<count).map { HostID($0) }
        slots = SlotTable(count: count)
        programs = Array(repeating: nil, count: count)
        topology = Topology(hosts: count, conditions: conditions)
        ways = Array(repeating: Way(), count: count * count)
        for index in slots.indices { slots[index].clock = uptime() }
    }

    // MARK: - Where hosts are, and what time it is there

    func address(of id: HostID) -> SocketAddress { id.address(afterMoves: slots[id.index].moves) }

    /// The host that has this address now.
    func host(at address: SocketAddress) -> HostID? {
        HostID(at: address, among: hosts.count).flatMap { self.address(of: $0) == address ? $0 : nil }
    }

    /// What the monotonic clock of the host says.
    func time(on id: HostID) -> Instant { now.advanced(by: slots[id.index].clock) }

    /// For how long a machine that starts now has been up: nobody's clock tells another anything.
    mutating func uptime() -> Duration {
        ownClocks ? .milliseconds(Int.random(in: 0...1_000_000_000, using: &random)) : .zero
    }

    // MARK: - Time passes

    /// Lets `duration` pass.
    mutating func run(for duration: Duration) { run(until: now.advanced(by: duration)) }

    /// Lets time pass until `end`.
    mutating func run(until end: Instant) {
        var begin = now
        var events = 0
        while let time = nextTime, time <= end, !isStorming {
            if begin.duration(to: time) >= .milliseconds(100) { (begin, events) = (time, 0) }
            events += 1
            if events > stormLimit {
                violate(Violation(checker: Self.storm, at: now, what: "\(stormLimit) events within 100 ms"))
            }
            now = max(now, time)
            observe()
            turn()
            observe()
        }
        now = max(now, end)
    }

    /// Lets something happen to a running host from outside, such as a command or a change of its health.
    mutating func command(_ id: HostID, _ body: (inout Host, Instant) -> [HostAction]) {
        // Taken out meanwhile, for a host in two places would be copied.
        guard slots[id.index].state == .running, var host = programs[id.index].take() else { return }
        let actions = body(&host, time(on: id))
        look(at: host, id)
        programs[id.index] = host
        perform(actions, on: id)
        if slots[id.index].isStopping, programs[id.index]?.hasStopped == true { hasEnded(id) }
        observe()
    }

    private mutating func look(at host: Host, _ id: HostID) {
        slots[id.index].deadline = host.nextDeadline?.advanced(by: .zero - slots[id.index].clock)
        let sight = Sight(isHealthy: host.isHealthy, clusterView: host.clusterView, lights: host.lights)
        guard sight != slots[id.index].sight else { return }
        slots[id.index].sight = sight
        hasChanged = true
    }

    /// The ways, or what runs, have changed.
    mutating func waysChanged() {
        parts = nil
        hasChanged = true
    }

    /// Writes a line into the trace.
    mutating func note(_ text: String) { trace.add("\(now) \(text)") }

    /// What to print when a run went wrong: what, the command that replays it, and how it came to pass.
    var account: String {
        let what = violations.map(\.description).joined(separator: "\n")
        let story = (story ?? trace.lines).suffix(60).joined(separator: "\n")
        return "\(what)\nreplay: \(replay)\n\(story)"
    }

    // MARK: - Turns

    /// More events than any sound protocol makes: hosts answer each other, or call themselves, without end. Time then
    /// goes on, but nothing happens any more: a run must end.
    private var stormLimit: Int { 20_000 + 4 * hosts.count * hosts.count }
    private static var storm: String { "NoStorm" }
    private var isStorming: Bool { violations.contains { $0.checker == Self.storm } }

    private var nextTime: Instant? {
        var earliest = queue.nextTime
        func consider(_ time: Instant?) {
            if let time { earliest = min(earliest ?? time, time) }
        }
        consider(nextCheck)
        consider(slots.firstWake)
        return earliest
    }

    /// One thing happens: the kernel first, then the network, then the hosts in their order.
    private mutating func turn() {
        let isDue = slots.firstWake.map { $0 <= now } ?? false
        if isDue, expireLease() || takeTurns() { return }
        if let time = queue.nextTime, time <= now, let frame = queue.next() {
            arrive(frame)
            return
        }
        for id in hosts where slots.isDue(id.index, at: now) && slots[id.index].state == .running {
            guard let deadline = slots[id.index].deadline, deadline <= now else { continue }
            command(id) { host, now in host.deadlineReached(at: now) }
            return
        }
    }

    private mutating func takeTurns() -> Bool {
        guard
            let id = hosts.first(where: {
                slots.isDue($0.index, at: now) && (slots[$0.index].toggle.map { $0 <= now } ?? false)
            })
        else { return false }
        takeTurn(id)
        return true
    }

    private mutating func expireLease() -> Bool {
        for id in hosts where slots.isDue(id.index, at: now) {
            guard let next = slots[id.index].nextLease, next <= now else { continue }
            let expired = slots[id.index].leases.filter { $0.value <= now }.keys.min {
                $0.bytes.lexicographicallyPrecedes($1.bytes)
            }
            guard let address = expired else { continue }
            removeAddress(address, from: id)
            counters.leasesExpired += 1
            note("\(id) loses \(address): its lease ran out")
            return true
        }
        return false
    }

    // MARK: - Checkers

    mutating func observe() {
        guard hasChanged || nextCheck.map({ $0 <= now }) == true else { return }
        hasChanged = false
        nextCheck = nil
        guard !checkers.isEmpty else { return }
        parts = components
        var asked = checkers
        for index in asked.indices where !violations.contains(where: { $0.checker == asked[index].name }) {
            if let violation = asked[index].observe(self, at: now) { violate(violation) }
            if let deadline = asked[index].nextDeadline, deadline > now {
                nextCheck = min(nextCheck ?? deadline, deadline)
            }
        }
        checkers = asked
        hasChanged = false
    }

    mutating func violate(_ violation: Violation) {
        guard !violations.contains(where: { $0.checker == violation.checker }) else { return }
        note("VIOLATION \(violation)")
        violations.append(violation)
        if story == nil { story = trace.lines }
    }
}

extension SimulatedNetwork: WorldView {
    var components: [Component] { parts ?? topology.components(slots.states) }
    func process(of host: HostID) -> ProcessState { slots[host.index].state }
    func isHealthy(_ host: HostID) -> Bool { slots[host.index].sight.isHealthy }
    func holds(_ host: HostID, _ address: IPAddress) -> Bool { slots[host.index].leases[address] != nil }
    func neighbour(of host: HostID, for address: IPAddress) -> HostID? { slots[host.index].neighbours[address] }
    func clusterView(of host: HostID) -> [String] { slots[host.index].sight.clusterView }
    func lights(of host: HostID) -> String { slots[host.index].sight.lights }
}
