internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// How long a node whose kernel refused an address leaves the election to others before it tries again.
    private static let claimPause = Duration.seconds(10)

    var floating: [FloatingAddress] { setup.nodeConfiguration.floating }

    /// Lists the interfaces anew and draws the conclusions.
    func lookAtNetwork(at now: Instant) {
        do {
            interfaces = try InterfaceList.current()
        } catch {
            logger.error("the network interfaces cannot be listed: \(error)")
            return
        }
        for error in gossip.update(interfaces: gossipInterfaces, floating: Set(floating.map(\.ip))) {
            logger.warning("\(error)")
        }
        lookForStrangers(at: now)
        updateHealth(at: now)
    }

    private var gossipInterfaces: [Interface] {
        let named = setup.configuration.cluster.interfaces
        return interfaces.filter { $0.isForGossip && (named.isEmpty || named.contains($0.name)) }
    }

    /// Reads what the kernel tells of links and addresses.
    func networkChanged() {
        let now = MonotonicClock.now()
        var isNew = false
        for change in monitor.drain() {
            switch change {
            case .addressRemoved(let ip, let index) where held[ip] == index:
                perform(node.addressStripped(ip, at: now))
            // Renewals of our own leases are most of what is heard.
            case .addressAdded(let address, _) where isFloating(address.ip): continue
            case .addressRemoved(let ip, _) where isFloating(ip): continue
            default: isNew = true
            }
        }
        if isNew { lookAtNetwork(at: now) }
    }

    private func isFloating(_ ip: IPAddress) -> Bool { floating.contains { $0.ip == ip } }

    /// Tells the node what stands against it: what the self-check found, and what this thread sees of the network.
    func updateHealth(at now: Instant) {
        perform(node.update(health: Health(checked.reasons + networkReasons), release: checked.release, at: now))
    }

    private var networkReasons: [Health.Reason] {
        var reasons: [Health.Reason] = []
        if !gossipInterfaces.contains(where: \.isRunning) {
            reasons.append(.linkDown("no network: no interface has a link (is the cable in?)"))
        }
        for address in floating {
            if let owner = interfaces.first(where: { $0.isOwn(address.ip) }) {
                reasons.append(.cannotClaim(Self.own(address.ip, owner)))
                continue
            }
            guard let interface = InterfaceList.interface(for: address.ip, in: interfaces) else {
                reasons.append(.cannotClaim(Self.outside(address.ip, interfaces)))
                continue
            }
            if !interface.isRunning {
                reasons.append(.linkDown("\(interface.name), where \(address.ip) belongs, has no link"))
            }
        }
        if probe?.isFirst == true { reasons.append(.starting) }
        if let claimProblem { reasons.append(.cannotClaim(claimProblem.text)) }
        return reasons
    }

    private static func own(_ ip: IPAddress, _ interface: Interface) -> String {
        "the floating address \(ip) is this node's own address on \(interface.name), where it can't float; the site is "
            + "served there all the same. Choose an address that no machine has in [floating] addresses"
    }

    private static func outside(_ ip: IPAddress, _ interfaces: [Interface]) -> String {
        let networks = interfaces.filter { !$0.isLoopback }.flatMap { interface in
            interface.addresses.filter { !$0.isHost }.map { "\(interface.name) \($0.ip)/\($0.prefix)" }
        }
        let list = networks.isEmpty ? "this node has none yet" : networks.joined(separator: ", ")
        return
            "the floating address \(ip) lies in no network of this node (\(list)): choose one of the same network as "
            + "the nodes in [floating] addresses"
    }

    /// The kernel refused to add an address: others shall have it.
    func refuse(_ problem: String) {
        let now = MonotonicClock.now()
        claimProblem = (problem, now)
        updateHealth(at: now)
    }

    /// When a refused claim may be tried again.
    var nextClaimAttempt: Instant? { claimProblem?.since.advanced(by: Self.claimPause) }

    /// Lets the node run again after a refusal.
    func retryClaim(at now: Instant) {
        guard let next = nextClaimAttempt, next <= now else { return }
        claimProblem = nil
        updateHealth(at: now)
    }

    /// Takes off what an earlier process left: its lease would end by itself, but not before this node could have
    /// told the LAN two stories.
    func removeLeftovers() {
        guard let present = try? InterfaceList.current() else { return }
        for interface in present {
            for address in interface.addresses where address.isHost && isFloating(address.ip) {
                logger.notice("\(address.ip) was left on \(interface.name) by an earlier run; removing it")
                if let error = addresses.release(address.ip, on: interface.index) { logger.warning("\(error)") }
            }
        }
    }
}
