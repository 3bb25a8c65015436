internal import DHCP
internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

extension ControlLoop {
    var floating: [FloatingAddress] { node.floatingAddresses }

    /// Lists the interfaces anew and draws the conclusions.
    func lookAtNetwork(at now: Instant) {
        do {
            let present = try InterfaceList.current()
            interfaces = present.filter { !VirtualMACs.isVirtual($0) }
            let interfaces = interfaces
            virtualMACs?.prepare(floating, present: present, at: now) { [choice] in
                choice.home(of: $0, in: interfaces)
            }
            networkRetryAt = virtualMACs?.nextAttempt
            isNetworkListed = true
        } catch {
            if isNetworkListed { logger.error("the network interfaces cannot be listed: \(error)") }
            isNetworkListed = false
            networkRetryAt = now.advanced(by: .seconds(1))
            return
        }
        noteHomes(at: now)
        // A lease that is lost is another's to have, whatever is under way.
        for ip in Array(lingering.keys) where !isFloating(ip) { stopLingering(ip) }
        let failures = gossip.update(
            interfaces: gossipInterfaces, floating: Set(floating.map(\.ip)),
            unicastOnly: setup.configuration.cluster.unicastOnly)
        for error in failures {
            logger.warning("\(error)")
        }
        noteAddresses(at: now)
        forgetOldRefusals()
        updateStandardGroup(at: now)
        lookForStrangers(at: now)
        weighInterfaces(at: now)
        lifelines.floating = Set(floating.map(\.ip))
        leaseWire.problem = nil
        updateLeaseLink(at: now)
        updateHealth(at: now)
    }

    /// The interface that a floating address goes on; nil if it lies in no network of this node.
    func home(of ip: IPAddress) -> Interface? {
        if let interface = choice.home(of: ip, in: interfaces) { return interface }
        guard homeless.isTolerated(ip), let index = held[ip] else { return nil }
        return interfaces.first { $0.index == index && $0.isUp }
    }

    /// The interface that a floating address is put on: its home, or the one with its virtual router's MAC address there.
    func place(of address: FloatingAddress) -> Interface? {
        guard let virtualMACs else { return home(of: address.ip) }
        return home(of: address.ip) == nil ? nil : virtualMACs.interface(of: address)
    }

    private var choice: InterfaceChoice { InterfaceChoice(setup.configuration) }

    /// What the interfaces mean beside obstacles: a lower priority, and sentences for people.
    private func weighInterfaces(at now: Instant) {
        perform(node.setPriorityLoss(choice.loss(interfaces), at: now))
        let warnings = choice.warnings(interfaces)
        for warning in warnings where !networkWarnings.contains(warning) { logger.warning("\(warning)") }
        networkWarnings = warnings
        setup.facts.update { $0.networkWarnings = warnings }
    }

    var gossipInterfaces: [Interface] { choice.forGossip(interfaces) }

    /// Reads what the kernel tells of links and addresses.
    func networkChanged() {
        let now = MonotonicClock.now()
        let changes = monitor.drain()
        // At once: a program that only does this ends in a moment, and has no name any more.
        var stripped: [(ip: IPAddress, interface: UInt32, culprit: String?)] = []
        for case .addressRemoved(let ip, let index, let port) in changes where held[ip] == index {
            stripped.append((ip, index, Culprit.name(ofPort: port)))
        }
        // Before the conclusions: an interface that is off loses its IPv6 addresses by the kernel's own hand, and nobody stripped them.
        if changes.contains(where: isNews) { lookAtNetwork(at: now) }
        for loss in stripped where held[loss.ip] == loss.interface {
            perform(node.addressStripped(loss.ip, by: loss.culprit, at: now))
        }
    }

    /// Whether a change is more than the renewals of our own leases, which are most of what is heard.
    private func isNews(_ change: NetworkChange) -> Bool {
        switch change {
        case .addressAdded(let address, _): !isFloating(address.ip)
        case .addressRemoved(let ip, _, _): !isFloating(ip)
        default: true
        }
    }

    /// Tells the node when there is an address that was not there before: a renewal of one is none.
    private func noteAddresses(at now: Instant) {
        let usable = gossipInterfaces.flatMap(\.addresses).filter { !$0.isTentative && !isFloating($0.ip) }.map(\.ip)
        let isNew = usable.contains { knownAddresses?.contains($0) == false }
        knownAddresses = Set(usable)
        if isNew { perform(node.addressesChanged(at: now)) }
    }

    private func noteHomes(at now: Instant) {
        for ip in floating.map(\.ip) {
            let hasHome = held[ip] == nil || choice.home(of: ip, in: interfaces) != nil
            homeless.note(ip, hasHome: hasHome, at: now)
        }
    }

    /// Gives up the addresses whose network has not come back.
    func homelessDeadline(at now: Instant) {
        guard homeless.expire(at: now) else { return }
        lookForStrangers(at: now)
        updateHealth(at: now)
    }

    private func isFloating(_ ip: IPAddress) -> Bool { floating.contains { $0.ip == ip } }

    /// Tells the node what stands against it: what the self-check found, and what this thread sees of the network.
    func updateHealth(at now: Instant) {
        let actions = node.update(
            health: Health(checked.reasons + choice.reasons(interfaces)), obstacles: obstacles(at: now),
            release: checked.release, at: now)
        perform(actions)
    }

    /// What stands against single addresses. One that is badly chosen must not take the others down.
    private func obstacles(at now: Instant) -> [IPAddress: Health.Reason] {
        var obstacles: [IPAddress: Health.Reason] = [:]
        for address in floating {
            obstacles[address.ip] = obstacle(to: address.ip, at: now) ?? virtualMACs?.obstacle(to: address)
        }
        return obstacles
    }

    private func obstacle(to ip: IPAddress, at now: Instant) -> Health.Reason? {
        if let owner = interfaces.first(where: { $0.isOwn(ip) }) { return .cannotClaim(Self.own(ip, owner)) }
        if let obstacle = choice.obstacle(interfaces) { return obstacle }
        guard let interface = home(of: ip) else {
            return .cannotClaim(Self.outside(ip, interfaces))
        }
        if interface.isReserved(ip) { return .cannotClaim(Self.reserved(ip, interface)) }
        guard interface.isRunning else { return .linkDown("\(interface.name), where \(ip) belongs, has no link") }
        if let refusal = refusals[ip], refusal.retryAt != nil { return .cannotClaim(refusal.text) }
        if let silence = silence(about: ip, on: interface) { return silence }
        return probe?.isAsking(for: ip) == true ? .starting : nil
    }

    private static func own(_ ip: IPAddress, _ interface: Interface) -> String {
        "the floating address \(ip) is this node's own address on \(interface.name), where it can't float; the site is "
            + "served there all the same. Choose an address that no machine has in [floating] addresses"
    }

    private static func reserved(_ ip: IPAddress, _ interface: Interface) -> String {
        "the floating address \(ip) is the network's own, or its broadcast address, on \(interface.name), which no "
            + "machine can have; choose another in [floating] addresses"
    }

    static func outside(_ ip: IPAddress, _ interfaces: [Interface]) -> String {
        let networks = interfaces.filter { !$0.isLoopback }.flatMap { interface in
            interface.addresses.filter { !$0.isHost }.map { "\(interface.name) \($0.ip)/\($0.prefix)" }
        }
        let list = networks.isEmpty ? "this node has none yet" : networks.joined(separator: ", ")
        return
            "the floating address \(ip) lies in no network of this node (\(list)): choose one of the same network as "
            + "the nodes in [floating] addresses"
    }

    /// The kernel refused to add addresses: others shall have them.
    func refuse(_ refused: [(FloatingAddress, String)]) {
        let now = MonotonicClock.now()
        for (address, problem) in refused {
            let interface = home(of: address.ip)?.index
            refusals[address.ip] = ClaimRefusal(problem, on: interface, after: refusals[address.ip], at: now)
        }
        updateHealth(at: now)
    }

    /// When a refused claim may be tried again.
    var nextClaimAttempt: Instant? { refusals.values.compactMap(\.retryAt).min() }

    /// Lets the node run again after a refusal.
    func retryClaim(at now: Instant) {
        guard let next = nextClaimAttempt, next <= now else { return }
        for (ip, refusal) in refusals {
            if let due = refusal.retryAt, due <= now { refusals[ip]?.retryAt = nil }
        }
        updateHealth(at: now)
    }

    /// What was refused on one interface may be granted on another.
    private func forgetOldRefusals() {
        refusals = refusals.filter { isFloating($0.key) && home(of: $0.key)?.index == $0.value.interface }
    }

    /// Takes off what an earlier process left: its lease would end by itself, but not before this node could have
    /// told the LAN two stories.
    func removeLeftovers() {
        guard let present = try? InterfaceList.current() else { return }
        removeVirtualMACs(present)
        let all = Set(floating.map(\.ip) + [setup.files.leasedAddress()].compactMap { $0 })
        for left in Leftovers.addresses(all, in: present) {
            logger.notice("\(left.ip) was left on \(left.interface.name) by an earlier run; removing it")
            if let error = addresses.release(left.ip, on: left.interface.index) { logger.warning("\(error)") }
        }
    }

    /// Removes the interfaces with virtual MAC addresses: this run's at its end, an earlier one's at the beginning.
    func removeVirtualMACs(_ present: [Interface]? = nil) {
        guard let present = present ?? (try? InterfaceList.current()), present.contains(where: VirtualMACs.isVirtual)
        else { return }
        var all = virtualMACs ?? (try? VirtualMACs())
        for error in all?.removeAll(present) ?? [] { logger.warning("\(error)") }
    }
}
