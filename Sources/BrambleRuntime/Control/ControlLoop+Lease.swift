internal import DHCP
internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

/// The way to the DHCP server, open while an answer may come.
struct LeaseWire {
    var socket: DHCPSocket?
    /// Why there is no socket, when one was wanted.
    var problem: String?
}

extension ControlLoop {
    /// Tells the node where it can ask for an address: on the interface that is named, or on the first that is fit.
    func updateLeaseLink(at now: Instant) {
        guard setup.configuration.floating.isAutomatic else { return }
        guard leaseWire.problem == nil, let interface = leaseInterface, let own = interface.mac else {
            let problem = leaseWire.problem ?? "no interface has both a link and an IPv4 address of its own"
            perform(node.setLeaseLink(nil, problem: problem, at: now))
            return
        }
        if leaseWire.socket?.interface != interface.index { closeLeaseWire() }
        let networks = LeaseInterface.networks(of: interface).map {
            DHCPClient.Network(address: $0.number, prefix: $0.prefix)
        }
        let link = LeaseLink(
            ownHardwareAddress: interface.medium == .wireless ? own.bytes : nil, networks: networks,
            taken: Set(interfaces.flatMap(LeaseInterface.networks).map(\.number)))
        perform(node.setLeaseLink(link, at: now))
    }

    private var leaseInterface: Interface? {
        let named = setup.configuration.floating.interface
        return LeaseInterface.choose(named: named, among: named == nil ? gossipInterfaces : interfaces)
    }

    /// Sends a message; opens the way first, where it is closed or was another client's.
    func sendDHCP(_ request: DHCPRequest) {
        do {
            let socket = try leaseSocket(as: request.hardwareAddress)
            let error =
                switch request.destination {
                case .everyone: socket?.broadcast(request.message)
                case .server(let server, let hardware, let source):
                    socket?.send(request.message, from: source, to: server, at: MACAddress(bytes: hardware))
                }
            if let error { logger.debug("\(error)") }
        } catch {
            // Told to the node when this round of actions is over.
            leaseWire.problem = "\(error)"
            logger.warning("no DHCP server can be asked for an address: \(error)")
        }
    }

    private func leaseSocket(as hardware: [UInt8]) throws(SystemError) -> DHCPSocket? {
        guard let interface = leaseInterface, let mac = MACAddress(bytes: hardware) else { return nil }
        if let socket = leaseWire.socket, socket.hardwareAddress == mac, socket.interface == interface.index {
            return socket
        }
        closeLeaseWire()
        let socket = try DHCPSocket(on: interface, hardwareAddress: mac)
        try poller.add(socket.descriptor, token: Self.leaseToken)
        leaseWire.socket = socket
        return socket
    }

    static let leaseToken = Poller.Token(16)

    /// Hands the node what has come in.
    func receiveDHCP() {
        for frame in leaseWire.socket?.drain() ?? [] {
            perform(node.receiveDHCP(frame.message, from: frame.source.bytes, at: MonotonicClock.now()))
        }
    }

    /// Closes the way when no answer is waited for: the cluster's Ethernet address belongs to one node at a time.
    func closeIdleLeaseWire() {
        if leaseWire.socket != nil, !node.awaitsDHCP { closeLeaseWire() }
    }

    private func closeLeaseWire() {
        guard let socket = leaseWire.socket else { return }
        try? poller.remove(socket.descriptor)
        leaseWire.socket = nil
    }
}
