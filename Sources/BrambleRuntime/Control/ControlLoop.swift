internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

/// The control thread: it hands the node what happens and carries out what the node decides, and does nothing else.
///
/// Gossip, election, lights and the watchdog live here, away from HTTP: ten thousand slow downloads may not delay an
/// advertisement. Everything in it runs on the one thread that made it.
final class ControlLoop {
    /// Why the loop ended.
    enum Ending: Sendable {
        /// It was asked to stop, and the node has said good-bye.
        case stopped
        /// The kernel refused what the loop cannot do without.
        case failed(SystemError)
    }

    private enum Source {
        static let mailbox = Poller.Token(0)
        static let gossip4 = Poller.Token(1)
        static let gossip6 = Poller.Token(5)
        static let network = Poller.Token(2)
        static let strangers = Poller.Token(4)
        static let advertisements = Poller.Token(6)
    }

    /// What other threads know of the node is never older than this while the loop turns; they take four times that
    /// for a standstill.
    private static let longestSilence = Duration.milliseconds(500)
    /// A deadline that is looked at no later than this was not slept through.
    private static let inTime = Duration.milliseconds(1)
    /// What changes at every turn, as counts do, is shown at most so often: a snapshot is not free.
    private static let shortestSilence = Duration.milliseconds(250)

    var setup: ControlSetup
    let logger: Logger
    let poller: Poller
    let gossip: GossipSocket
    let addresses: FloatingAddresses
    let announcer: Announcer?
    let monitor: NetworkMonitor
    var node: Node
    var interfaces: [Interface] = []
    /// The floating addresses that this process has put on an interface, by the index of that interface.
    var held: [IPAddress: UInt32] = [:]
    private var copies = CopyFilter()
    /// The floating addresses that the kernel refused.
    var refusals: [IPAddress: ClaimRefusal] = [:]
    var checked = CheckResult(reasons: [.starting], release: 0, isFullTurn: false)
    var lights: LightsDriver
    var control: ControlServer
    var watchdog: Watchdog
    /// The floating addresses here whose interface has lost its network for a moment.
    var homeless = HomelessAddresses()
    /// Nil where packet sockets are refused: then strangers go unnoticed.
    var probe: ConflictProbe?
    var lifelines: Lifelines
    var knocks = Knocks()
    /// The way of advertisements in standard mode; nil in sealed mode, and where raw sockets are refused.
    var standard: StandardGroup?
    /// What of the interfaces people were told last.
    var networkWarnings: [String] = []
    /// Nil unless the configuration asks for virtual MAC addresses.
    var virtualMACs: VirtualMACs?
    var leaseWire = LeaseWire()
    /// When to list the interfaces again, after that failed, or the making of one did.
    var networkRetryAt: Instant?
    var isNetworkListed = true
    /// The addresses of the interfaces for gossip; nil before the first look.
    var knownAddresses: Set<IPAddress>?
    private var publishedAt = Instant.zero
    /// When the daemon ends even if the node has not handed everything over.
    var stopsAt: Instant?
    /// Nil where its thread cannot be started.
    let handover: HandoverKeeper?
    /// The floating addresses that other nodes answer for, and that are kept here for what is under way.
    var lingering: [IPAddress: Lingering] = [:]

    /// How long the node may take to hand over: three members are asked in turn, once an interval; with a long interval
    /// not all of them.
    private static let longestFarewell = Duration.seconds(1)

    init(_ setup: ControlSetup) throws(SystemError) {
        let now = MonotonicClock.now()
        self.setup = setup
        logger = setup.logger
        poller = try Poller()
        gossip = try GossipSocket(
            port: setup.configuration.cluster.port, beginning: SealedLink.beginning, local: PairingMessage.magic)
        addresses = try FloatingAddresses()
        monitor = try NetworkMonitor()
        do {
            announcer = try Announcer()
        } catch {
            announcer = nil
            let warning = "the floating address cannot be announced when it moves: \(error)"
            setup.facts.update { $0.warnings.append(warning) }
            setup.logger.warning("\(warning)")
        }
        node = setup.makeNode(at: now)
        lights = LightsDriver(configuration: setup.configuration.lights, facts: setup.facts, logger: setup.logger)
        control = try ControlServer(path: setup.configuration.node.control)
        watchdog = Watchdog(interval: Systemd.isListening ? Systemd.watchdogInterval() : nil, at: now)
        virtualMACs = setup.configuration.floating.virtualMAC ? try VirtualMACs() : nil
        handover = Self.handoverKeeper(setup)
        probe = try? ConflictProbe(
            for: setup.nodeConfiguration.floating.map(\.ip), of: node.keyRing, poller: poller,
            token: Source.strangers)
        lifelines = Lifelines(port: gossip.port, floating: Set(setup.nodeConfiguration.floating.map(\.ip)))
        if let problem = lifelines.problem {
            setup.facts.update { $0.warnings.append(problem) }
            setup.logger.warning("\(problem)")
        }
        standard = Self.openStandardGroup(setup)
        try poller.add(setup.mailbox.wakeUp.descriptor, token: Source.mailbox)
        for (descriptor, token) in zip(gossip.descriptors, [Source.gossip4, Source.gossip6]) {
            try poller.add(descriptor, token: token)
        }
        for descriptor in standard?.descriptors ?? [] {
            try poller.add(descriptor, token: Source.advertisements)
        }
        try poller.add(monitor.descriptor, token: Source.network)
        try control.watch(with: poller)
    }

    /// Runs until it is asked to stop.
    func run() -> Ending {
        removeLeftovers()
        resumeDrain(at: MonotonicClock.now())
        lookAtNetwork(at: MonotonicClock.now())
        // The last of all: to the others an end of the connection is a death, unless they have heard the farewell.
        defer { lifelines.close() }
        while !isDone {
            do {
                let ready = try poller.wait(until: nextDeadline)
                turn(ready)
            } catch {
                letGo()
                return .failed(error)
            }
        }
        letGo()
        return .stopped
    }

    /// Leaves nothing behind, whatever the node came to.
    private func letGo() {
        // The others need not wait for this node's lease to end.
        perform(node.stopNow(at: MonotonicClock.now()))
        for address in floating { release(address) }
        for ip in lingering.keys { stopLingering(ip) }
        handover?.post(.end)
        removeVirtualMACs()
        lights.goDark()
    }

    private var isDone: Bool {
        guard let stopsAt else { return false }
        return node.isStopped && lingering.isEmpty || stopsAt <= MonotonicClock.now()
    }

    private var nextDeadline: Instant {
        var next = min(ask { $0.nextDeadline }, publishedAt.advanced(by: Self.longestSilence))
        func consider(_ deadline: Instant?) {
            if let deadline, deadline < next { next = deadline }
        }
        consider(lights.nextDeadline)
        consider(watchdog.nextDeadline)
        consider(nextClaimAttempt)
        consider(probe?.nextDeadline)
        consider(networkRetryAt)
        consider(homeless.nextDeadline)
        consider(control.nextDeadline)
        consider(lifelines.nextDeadline)
        consider(knocks.nextDeadline)
        consider(stopsAt)
        consider(nextLingering)
        return next
    }

    /// Asks the node something at each turn, of which there are hundreds a second. Called on a property of a class, a
    /// method that changes nothing is given a copy, and that of a node counts dozens of references up and down; lent by
    /// `inout`, it is not copied.
    func ask<Answer>(_ question: (inout Node) -> Answer) -> Answer { question(&node) }

    /// One turn. What has arrived is read before any deadline is looked at: after a pause of this process the leader's
    /// advertisements may be waiting in the socket, and must be heard before their absence is concluded. When there was
    /// no pause the poller has just looked.
    private func turn(_ ready: [Poller.Ready]) {
        let (before, began) = (publishedAt, MonotonicClock.now())
        for event in ready {
            switch event.token {
            case Source.mailbox: for message in setup.mailbox.take() { obey(message) }
            case Source.gossip4: receive(six: false)
            case Source.gossip6: receive(four: false)
            case Source.network: networkChanged()
            case Source.strangers: hearClaims(at: MonotonicClock.now())
            case _ where Lifelines.owns(event) || Knocks.owns(event): continue
            case Source.advertisements: receiveAdvertisements()
            case Self.leaseToken: receiveDHCP()
            default: control.handle(event, poller: poller, answer: answer)
            }
        }
        lifelinesReady(ready.filter(Lifelines.owns))
        let now = MonotonicClock.now()
        let due = ask { $0.nextDeadline }
        if due <= now {
            if due.duration(to: now) > Self.inTime || began.duration(to: now) > Self.inTime {
                receive()
                receiveAdvertisements()
            }
            hearSignsOfLife()
            perform(node.deadlineReached(at: MonotonicClock.now()))
        }
        if let due = networkRetryAt, due <= now { lookAtNetwork(at: now) }
        homelessDeadline(at: now)
        control.resume(with: poller, at: now)
        retryClaim(at: now)
        advanceProbe(at: now)
        advanceLifelines(at: now)
        knocksReady(ready.filter(Knocks.owns), at: now)
        closeIdleLeaseWire()
        lingerOn(at: now)
        lights.drive(at: now)
        watchdog.feed(with: checked, status: statusLine, at: now)
        if before == publishedAt, publishedAt.advanced(by: Self.shortestSilence) <= now { publish(at: now) }
    }

    /// Hands the node the datagrams that have arrived.
    func receive(four: Bool = true, six: Bool = true) {
        for datagram in gossip.receive(four: four, six: six) where !copies.isCopy(datagram) {
            perform(node.receive(datagram.bytes, from: datagram.source, at: MonotonicClock.now()))
        }
    }

    private func obey(_ message: Mailbox.Message) {
        let now = MonotonicClock.now()
        switch message {
        case .checked(let result):
            checked = result
            watchdog.turned(result, at: now)
            updateHealth(at: now)
        case .rotate(let keyring): use(keyring, at: now)
        case .keysStored(let ring, let isStored): keysStored(ring, isStored, at: now)
        case .pairingStored(let record, let isStored): pairingStored(record, isStored, at: now)
        case .renewed(let identity): begin(identity, at: now)
        case .adopted(let ip): adopted(ip, at: now)
        case .silenced(let ip, let isSilent): silenced(ip, isSilent)
        case .underWay(let counts): noteUnderWay(counts, at: now)
        case .stop:
            Systemd.notify(.stopping, .status("resigning"), .needsTime(setup.configuration.longestStop))
            setup.drain.set(.bounded)
            stopsAt = lingering.values.map(\.deadline).reduce(now.advanced(by: Self.longestFarewell), max)
            perform(node.stop(at: now))
        }
    }

    /// Lets the other threads see what the node knows.
    func publish(at now: Instant) {
        publishedAt = now
        let snapshot = ask { $0.snapshot }
        let leftOut = (copies.copies, gossip.echoes, gossip.unread)
        let lifelines = lifelines.facts
        tellLifelines(of: snapshot)
        let advertisementDrops = standard?.drops ?? [:]
        setup.facts.update {
            $0.node = snapshot
            $0.advertisementDrops = advertisementDrops
            $0.leftOut = leftOut
            $0.lifelines = lifelines
            $0.seenAt = now
        }
    }

    private var statusLine: String { StatusLine.text(for: node.snapshot) }
}
