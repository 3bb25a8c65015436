internal import LinuxPlatform
internal import Logging
internal import Synchronization
internal import Wire

/// Has the packet filter follow planned moves of addresses (`HandoverRules`), on a thread of its own: the control thread
/// may not wait for it. What came of a job goes to the mailbox.
///
/// Without the packet filter every job is answered at once, as one that cannot be done.
final class HandoverKeeper: Sendable {
    enum Job: Sendable {
        /// Lead the connections of an address that were made at `holder` there, for a time.
        case adopt(IPAddress, on: HandoverRules.Link, from: IPAddress)
        /// Answer no questions for an address, and say again and again how many connections to it are under way.
        case silence(IPAddress, on: HandoverRules.Link)
        /// End that.
        case speak(IPAddress)
        case end
    }

    private let jobs = Mutex<[Job]>([])
    fileprivate let wakeUp: WakeUp

    /// Starts the thread. `port` is that of gossip, `longest` how long connections may stay at a former holder.
    init(port: UInt16, longest: Duration, mailbox: Mailbox, facts: Facts, logger: Logger) throws(SystemError) {
        wakeUp = try WakeUp()
        let keeper = self
        _ = try NamedThread(name: "bramble-handover") {
            HandoverWork(keeper, port: port, longest: longest, mailbox: mailbox, facts: facts, logger: logger).run()
        }
    }

    func post(_ job: Job) {
        jobs.withLock { $0.append(job) }
        wakeUp.signal()
    }

    fileprivate func take() -> [Job] {
        wakeUp.clear()
        return jobs.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}

/// What the thread does. Belongs to it.
private final class HandoverWork {
    private let keeper: HandoverKeeper
    private let longest: Duration
    private let mailbox: Mailbox
    private let logger: Logger
    private let filter: Nftables?
    /// What is in force.
    private var rules: HandoverRules
    private let none: HandoverRules
    private var adoptions: [IPAddress: Instant] = [:]
    private var silent: Set<IPAddress> = []
    private var countAt: Instant?

    /// How often the connections of silent addresses are counted.
    private static let pause = Duration.milliseconds(100)

    init(
        _ keeper: HandoverKeeper, port: UInt16, longest: Duration, mailbox: Mailbox, facts: Facts, logger: Logger
    ) {
        self.keeper = keeper
        self.longest = longest
        self.mailbox = mailbox
        self.logger = logger
        none = HandoverRules(port: port, longest: longest)
        rules = none
        do {
            filter = try Self.rehearse(none)
        } catch {
            filter = nil
            let loss =
                "connections that are under way when a floating address moves, on a drain, a resignation or a stop, will "
                + "be cut off: \(error). Everything else works. On Debian, the package libnftables1 is needed, and "
                + "the capability CAP_NET_ADMIN"
            logger.notice("\(loss)")
            facts.update { $0.warnings.append(loss) }
        }
    }

    /// Tries everything once, on the loopback interface and with an address of nobody's (RFC 5737): then it is known
    /// whether this kernel can do it, and what it has to load for that is there when it matters.
    private static func rehearse(_ none: HandoverRules) throws(Nftables.Failure) -> Nftables {
        let filter = try Nftables()
        try filter.run(none.creation)
        guard let link = HandoverRules.Link.loopback else { return filter }
        var trial = none
        trial.adopt(.v4(0xC000_0201), on: link, from: .zero, local: [])
        trial.silence(.v4(0xC000_0202), on: link)
        try filter.run(trial.commands(replacing: none))
        try filter.run(none.commands(replacing: trial))
        return filter
    }

    func run() {
        guard let poller = try? Poller(), (try? poller.add(keeper.wakeUp.descriptor, token: Poller.Token(0))) != nil
        else { return }
        while true {
            let next = (adoptions.values + [countAt].compactMap { $0 }).min() ?? Instant(nanoseconds: .max)
            guard (try? poller.wait(until: next)) != nil else { return }
            for job in keeper.take() {
                if case .end = job { return }
                carryOut(job)
            }
            let now = MonotonicClock.now()
            endAdoptions(at: now)
            if let due = countAt, due <= now { count(at: now) }
        }
    }

    private func carryOut(_ job: HandoverKeeper.Job) {
        switch job {
        case .adopt(let ip, let link, let holder):
            adopt(ip, on: link, from: holder)
            mailbox.post(.adopted(ip))
        case .silence(let ip, let link):
            change { $0.silence(ip, on: link) }
            let isSilent = rules.isSilent(ip)
            if isSilent { silent.insert(ip) }
            mailbox.post(.silenced(ip, isSilent))
            countAt = silent.isEmpty ? nil : .zero
        case .speak(let ip):
            silent.remove(ip)
            if silent.isEmpty { countAt = nil }
            change { $0.speak(ip) }
        case .end: break
        }
    }

    private func adopt(_ ip: IPAddress, on link: HandoverRules.Link, from holder: IPAddress) {
        guard filter != nil else { return }
        let began = MonotonicClock.now()
        let hardware: MACAddress?
        let local: [SocketAddress]
        do {
            hardware = try link.neighbour(holder)
            local = try Connections.underWay(to: [ip])[ip] ?? []
        } catch {
            return logger.warning("connections to \(ip) that are under way at \(holder) will be cut off: \(error)")
        }
        guard let hardware else {
            return logger.notice(
                "connections to \(ip) that are under way at \(holder) will be cut off: it is not a neighbour here")
        }
        silent.remove(ip)
        change { $0.adopt(ip, on: link, from: hardware, local: local) }
        guard rules.isAdopted(ip) else { return }
        let now = MonotonicClock.now()
        adoptions[ip] = now.advanced(by: longest)
        logger.debug("connections to \(ip) stay at \(holder); prepared in \(began.duration(to: now))")
    }

    private func endAdoptions(at now: Instant) {
        let over = adoptions.filter { $0.value <= now }.map(\.key)
        guard !over.isEmpty else { return }
        for ip in over { adoptions[ip] = nil }
        change { rules in
            for ip in over { rules.forget(ip) }
        }
    }

    private func count(at now: Instant) {
        countAt = silent.isEmpty ? nil : now.advanced(by: Self.pause)
        guard !silent.isEmpty, let found = try? Connections.underWay(to: silent) else { return }
        var counts: [IPAddress: Int] = [:]
        for ip in silent { counts[ip] = found[ip]?.count ?? 0 }
        mailbox.post(.underWay(counts))
    }

    /// Changes what is in force. If that fails, an interface may have gone and taken its rules along: the others keep
    /// theirs. If that fails, too, all is made anew.
    private func change(_ edit: (inout HandoverRules) -> Void) {
        guard let filter else { return }
        var wanted = rules
        edit(&wanted)
        guard wanted != rules else { return }
        for isAgain in [false, true] {
            if isAgain {
                rules.leaveOutVanished()
                wanted.leaveOutVanished()
            }
            do {
                try filter.run(wanted.commands(replacing: rules))
                rules = wanted
                return
            } catch {
                logger.debug("\(isAgain ? "all rules are made anew" : "an interface may have gone"): \(error)")
            }
        }
        rules = none
        _ = try? filter.run(none.removal)
        do {
            try filter.run(none.creation + wanted.commands(replacing: none))
            rules = wanted
        } catch {
            logger.warning("connections that are under way at a former holder will be cut off: \(error)")
            _ = try? filter.run(none.creation)
        }
    }
}
