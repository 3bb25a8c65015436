internal import LinuxPlatform
internal import Wire

/// Whether the network is what the configuration takes it to be.
enum NetworkChecks {
    /// The interfaces that gossip would use.
    static func interfaces(_ names: [String], in interfaces: [Interface]) -> [Finding] {
        guard !names.isEmpty else {
            let fit = interfaces.filter(\.isForGossip).map(\.name)
            if !fit.isEmpty { return [.good("interfaces", fit.joined(separator: ", "))] }
            return [
                .problem(
                    "interfaces", "none is up", unaffected: "the node finds the others as soon as one is",
                    advice: "Plug in the cable, or join the Wi-Fi.")
            ]
        }
        return names.map { named($0, in: interfaces) }
    }

    private static func named(_ name: String, in interfaces: [Interface]) -> Finding {
        let subject = "interface \(name)"
        guard let interface = interfaces.first(where: { $0.name == name }) else {
            return missing(
                name, subject, in: interfaces, unaffected: "other interfaces in [cluster] interfaces are used",
                setting: "[cluster] interfaces")
        }
        guard interface.isForGossip else {
            let why = interface.isUp ? "it can neither broadcast nor multicast" : "it is down"
            return .problem(
                subject, why, unaffected: "other interfaces in [cluster] interfaces are used",
                advice: interface.isUp ? "Name another." : "Bring it up: ip link set \(name) up.")
        }
        guard interface.isRunning else {
            return .warning(
                subject, "it has no carrier", unaffected: "the node joins as soon as it has one",
                advice: "Plug in its cable.")
        }
        return .good(subject, "up")
    }

    /// An interface that is named and not there.
    private static func missing(
        _ name: String, _ subject: String, in interfaces: [Interface], unaffected: String, setting: String
    ) -> Finding {
        .problem(
            subject, "there is no interface named \(name); \(InterfaceChoice.present(interfaces))",
            unaffected: unaffected, advice: "Correct the name in \(setting): `ip -brief link` lists them.")
    }

    /// The interfaces whose links the node must have.
    static func tracked(_ floating: Configuration.Floating, in interfaces: [Interface]) -> [Finding] {
        let without =
            floating.trackWeight == 0
            ? "the node serves, but does not lead"
            : "the node may lead, with a priority lower by \(floating.trackWeight)"
        return floating.trackInterfaces.map { name in
            let subject = "tracked interface \(name)"
            guard let interface = interfaces.first(where: { $0.name == name }) else {
                return missing(
                    name, subject, in: interfaces, unaffected: without, setting: "[floating] track_interfaces")
            }
            guard interface.isRunning else {
                return .warning(subject, "it has no link", unaffected: without, advice: "Plug in its cable.")
            }
            return .good(subject, "has a link")
        }
    }

    /// A floating address on the interface that the configuration names, whatever that one's networks.
    private static func floating(_ address: IPAddress, on name: String, in interfaces: [Interface]) -> Finding {
        let subject = "floating address \(address)"
        guard let home = interfaces.first(where: { $0.name == name }) else {
            return missing(
                name, subject, in: interfaces, unaffected: "the cluster and the site on this node",
                setting: "[floating] interface")
        }
        if let owner = interfaces.first(where: { $0.isOwn(address) }) { return own(subject, owner) }
        if home.isReserved(address) { return reserved(subject, home) }
        guard let prefix = home.prefix(containing: address) else {
            return .warning(
                subject, "it goes on \(name), which has no network that it lies in",
                unaffected: "machines that have a route to it can reach it",
                advice: "If that is not meant, correct [floating] interface or the address.")
        }
        return .good(subject, "on \(name), in its network (/\(prefix))")
    }

    private static func own(_ subject: String, _ home: Interface) -> Finding {
        .problem(
            subject, "it is this machine's own, permanent address on \(home.name)",
            unaffected: "the cluster and the site on this node",
            advice: "Take an address that nothing else has: outside of the router's DHCP range.")
    }

    private static func reserved(_ subject: String, _ home: Interface) -> Finding {
        .problem(
            subject, "it is the network's own, or its broadcast address, on \(home.name)",
            unaffected: "the other addresses and the cluster", advice: "Take one that a machine can have.")
    }

    /// A floating address: inside the network of an interface, and not the machine's own.
    static func floating(_ address: IPAddress, on name: String? = nil, in interfaces: [Interface]) -> Finding {
        if let name { return floating(address, on: name, in: interfaces) }
        let subject = "floating address \(address)"
        let home = interfaces.first { !$0.isLoopback && $0.prefix(containing: address) != nil }
        guard let home, let prefix = home.prefix(containing: address) else {
            let networks = interfaces.filter { !$0.isLoopback }.flatMap { interface in
                interface.addresses.filter { $0.ip.isIPv4 == address.isIPv4 && !$0.ip.isLinkLocal && !$0.isHost }
                    .map { "\($0.ip)/\($0.prefix) on \(interface.name)" }
            }
            return .problem(
                subject, "it is in the network of no interface", unaffected: "the other addresses and the cluster",
                advice: networks.isEmpty
                    ? "This machine has no \(address.isIPv4 ? "IPv4" : "IPv6") network yet: check its cable and DHCP."
                    : "Take a free address of a network that is here: \(networks.joined(separator: ", ")).")
        }
        let isPermanent = home.addresses.contains { $0.ip == address && $0.validSeconds == nil }
        if isPermanent { return own(subject, home) }
        if home.isReserved(address) { return reserved(subject, home) }
        return .good(subject, "in the network of \(home.name) (/\(prefix))")
    }
}
