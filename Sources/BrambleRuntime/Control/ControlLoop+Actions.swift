internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// The lease of a floating address in seconds: the shortest that the kernel knows. A holder that dies or hangs
    /// loses the address by the kernel's own hand within it.
    static let lease: UInt32 = 1

    /// Carries out what the node wants.
    func perform(_ actions: [Action]) {
        var isNews = false
        var refused: [(FloatingAddress, String)] = []
        var isReaddressed = false
        let wireProblem = leaseWire.problem
        for action in actions {
            switch action {
            case .send(let bytes, let destination): send(bytes, to: destination)
            case .advertise(let advertisement): advertise(advertisement)
            case .claim(let address):
                if let problem = claim(address) { refused.append((address, problem)) }
            case .release(let address): release(address)
            case .relinquish(let address): linger(address)
            case .adopt(let address, let holder): adopt(address, from: holder)
            case .lifelines(let peers): lifelines.hold(peers, at: MonotonicClock.now())
            case .askForSignOfLife(let holder): askForSignOfLife(holder, at: MonotonicClock.now())
            case .knock(let target): knock(at: target, now: MonotonicClock.now())
            case .announce(let address): announce(address)
            case .store(let peers): setup.peers.keep(peers)
            case .sendDHCP(let request): sendDHCP(request)
            case .storeLease(let record): setup.peers.keep(record)
            case .storeKeys(let ring): store(ring)
            case .setKeysAside: setup.peers.keep(nil) { _ in }
            case .storePairing(let record): store(record)
            case .useAddresses: isReaddressed = true
            case .show(let signal): lights.show(signal, at: MonotonicClock.now())
            case .tell(let event):
                log(event)
                setup.hooks.note(event, on: node.session.node)
                if case .draining(let isDraining) = event { follow(isDraining) }
            case .takeNewIdentity: takeNewIdentity()
            }
            if case .send = action { continue }
            if case .advertise = action { continue }
            if case .claim = action { continue }
            if case .askForSignOfLife = action { continue }
            if case .knock = action { continue }
            isNews = true
        }
        if isNews { publish(at: MonotonicClock.now()) }
        // Only now: an advertisement that was decided on with the claim must not go out after the resignation.
        if !refused.isEmpty { refuse(refused) }
        if leaseWire.problem != wireProblem { updateLeaseLink(at: MonotonicClock.now()) }
        if isReaddressed { lookAtNetwork(at: MonotonicClock.now()) }
    }

    /// A send that fails is no news: networks come and go, and each message is repeated.
    private func send(_ bytes: [UInt8], to destination: Destination) {
        switch destination {
        case .address(let address):
            if let error = gossip.send(bytes, to: address) { logger.trace("\(error)") }
        case .group:
            for error in gossip.sendToGroup(bytes) { logger.trace("\(error)") }
        case .everyone:
            for error in gossip.sendToEveryone(bytes) { logger.trace("\(error)") }
        }
    }

    /// Why the kernel refused, if it did.
    private func claim(_ address: FloatingAddress) -> String? {
        let interface = place(of: address)
        // Its network has moved to another interface: it must not stay on the first one.
        if let before = held[address.ip], before != interface?.index { release(address) }
        guard let interface else { return Self.outside(address.ip, interfaces) }
        if let error = addresses.claim(address.ip, on: interface.index, validFor: Self.lease) { return "\(error)" }
        held[address.ip] = interface.index
        claimed(address.ip)
        refusals[address.ip] = nil
        return nil
    }

    func release(_ address: FloatingAddress) {
        guard let interface = held.removeValue(forKey: address.ip) else { return }
        if let error = addresses.release(address.ip, on: interface) {
            logger.warning("\(error); its lease ends within a second")
        }
    }

    private func announce(_ address: FloatingAddress) {
        guard let index = held[address.ip], let interface = place(of: address), interface.index == index else {
            return
        }
        if let error = announcer?.announce(address.ip, on: interface) { logger.warning("\(error)") }
    }

    private func log(_ event: Event) {
        switch event.level {
        case .info: logger.info("\(event.text)")
        case .notice: logger.notice("\(event.text)")
        case .warning: logger.warning("\(event.text)")
        }
    }

    /// The sockets stay, the node becomes another once its new ID is on the disk. Until then the old one, which has let
    /// go of everything, does nothing.
    private func takeNewIdentity() {
        let mailbox = setup.mailbox
        setup.peers.renewIdentity { mailbox.post(.renewed($0)) }
    }

    /// Starts anew under another ID.
    func begin(_ identity: RenewedIdentity, at now: Instant) {
        // The daemon ends.
        guard stopsAt == nil else { return }
        let wasDraining = node.snapshot.isDraining
        if !setup.pairingSecret.isEmpty { setup.pairingSecret = identity.pairingSecret }
        node = setup.makeNode(identity, after: node, at: now)
        if let record = node.pairingRecord { store(record) }
        logger.notice("this node is now \(identity.session.node)")
        // The new node knows of no conflict, of no leader and of no link.
        probe?.forget()
        lifelines.hold([], at: now)
        perform(node.setDraining(wasDraining, at: now))
        lookAtNetwork(at: now)
    }
}
