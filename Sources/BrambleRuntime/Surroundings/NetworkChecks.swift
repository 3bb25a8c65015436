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
            let list = interfaces.filter { !$0.isLoopback }.map(\.name)
            return .problem(
                subject, "there is none of this name", unaffected: "other interfaces in [cluster] interfaces are used",
                advice: list.isEmpty ? "This machine has none but loopback." : "There are \(PlainNumbers.list(list)).")
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

    /// A floating address: inside the network of an interface, and not the machine's own.
    static func floating(_ address: IPAddress, in interfaces: [Interface]) -> Finding {
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
        if isPermanent {
            return .problem(
                subject, "it is this machine's own, permanent address on \(home.name)",
                unaffected: "the cluster and the site on this node",
                advice: "Take an address that nothing else has: outside of the router's DHCP range.")
        }
        if home.isReserved(address) {
            return .problem(
                subject, "it is the network's own, or its broadcast address, on \(home.name)",
                unaffected: "the other addresses and the cluster", advice: "Take one that a machine can have.")
        }
        return .good(subject, "in the network of \(home.name) (/\(prefix))")
    }
}
