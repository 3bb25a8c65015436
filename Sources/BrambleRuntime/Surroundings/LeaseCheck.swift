internal import DHCP
internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// Whether a DHCP server would give the cluster an address.
enum LeaseCheck {
    /// What came of asking.
    enum Outcome: Hashable, Sendable {
        /// The daemon has an address already.
        case leased(String)
        /// A server offers this address.
        case offered(UInt32, by: UInt32)
        /// An offer came that cannot be taken.
        case unusable(DHCPLease.Flaw)
        /// Nobody answered.
        case unanswered(on: String)
        /// There is no interface to ask on.
        case noInterface
        /// The interface that is to be used is not there; what is.
        case missing(String, present: String)
        /// The system refuses what is needed.
        case refused(String)
    }

    /// How long an answer is waited for: servers first ask the network whether an address is free, for up to 3 s.
    static let patience = Duration.seconds(4)

    /// The finding that an outcome is; beside configured addresses or in place of them.
    static func finding(_ outcome: Outcome, beside configured: [IPAddress] = []) -> Finding {
        let subject = "floating address"
        let wanted = configured.isEmpty ? "none is configured" : "one more is to come from a DHCP server"
        let unaffected = "each node serves the site at its own address"
        switch outcome {
        case .leased(let address): return .good(subject, "\(address), from a DHCP server: \(wanted)")
        case .offered(let address, let server):
            return .good(
                subject,
                "\(wanted); the DHCP server \(IPAddress.v4(server)) offers the cluster \(IPAddress.v4(address))"
            )
        case .unusable(let flaw):
            return .problem(
                subject, "\(wanted), and \(flaw)", unaffected: unaffected,
                advice: "Name a free address of your network in [floating] addresses, on every node.")
        case .unanswered(let name):
            return .warning(
                subject, "\(wanted), and no DHCP server answers on \(name)", unaffected: unaffected,
                advice: "\(LeaseAdvice.server); \(LeaseAdvice.remedy)")
        case .noInterface:
            return .warning(
                subject, "\(wanted), and there is no interface with a link and an IPv4 address to ask on",
                unaffected: "the node asks as soon as there is one", advice: "Plug in the cable, or join the Wi-Fi.")
        case .missing(let name, let present):
            return .problem(
                subject, "\(wanted), and there is no interface named \(name) to ask on; \(present)",
                unaffected: unaffected,
                advice: "Correct the name in [floating] interface: `ip -brief link` lists them.")
        case .refused(let error):
            return .warning(
                subject, "\(wanted), and no DHCP server was asked: \(error)",
                unaffected: "the daemon, if it has the right", advice: "Use sudo for this check.")
        }
    }

    /// Asks in the cluster's name who would give it an address, and takes none.
    static func ask(_ configuration: Configuration, _ key: ClusterKey, among interfaces: [Interface]) -> Outcome {
        if let name = configuration.floating.interface, !interfaces.contains(where: { $0.name == name }) {
            return .missing(name, present: InterfaceChoice.present(interfaces))
        }
        guard let interface = LeaseInterface.choose(named: configuration.floating.interface, among: interfaces),
            let own = interface.mac
        else { return .noInterface }
        let identity =
            NodeFiles(directory: configuration.node.data).lease()?.identity ?? LANIdentity(of: key)
        let isWireless = interface.medium == .wireless
        let hardware = isWireless ? own.bytes : identity.hardwareAddress
        let place = DHCPClient.Place(
            networks: LeaseInterface.networks(of: interface).map { .init(address: $0.number, prefix: $0.prefix) },
            taken: Set(interfaces.flatMap(LeaseInterface.networks).map(\.number)))
        var system = SystemRandomNumberGenerator()
        let client = DHCPClient(
            .init(
                clientIdentifier: identity.clientIdentifier, hardwareAddress: hardware, wantsBroadcast: isWireless,
                hostName: "bramble"), place: place, random: SeededGenerator(seed: system.next()))
        do throws(SystemError) {
            return try wait(client, DHCPSocket(on: interface, hardwareAddress: MACAddress(bytes: hardware) ?? own))
                ?? .unanswered(on: interface.name)
        } catch {
            return .refused("\(error)")
        }
    }

    /// Searches until an offer has come: the request that would follow is not sent.
    private static func wait(_ client: DHCPClient, _ socket: DHCPSocket) throws(SystemError) -> Outcome? {
        var client = client
        let begin = MonotonicClock.now()
        let poller = try Poller()
        try poller.add(socket.descriptor, token: .init(0))
        for case .send(let message, _) in client.start(remembered: nil, at: begin) { _ = socket.broadcast(message) }
        while begin.duration(to: MonotonicClock.now()) < patience {
            _ = try poller.wait(until: begin.advanced(by: patience))
            for frame in socket.drain() {
                for action in client.receive(frame.message, from: frame.source.bytes, at: MonotonicClock.now()) {
                    if case .unusable(let flaw) = action { return .unusable(flaw) }
                }
                if let offer = client.offer { return .offered(offer.address, by: offer.server) }
            }
        }
        return nil
    }
}
