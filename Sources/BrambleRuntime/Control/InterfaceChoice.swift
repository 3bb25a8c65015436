internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// What the configuration says of interfaces, applied to those that are there.
struct InterfaceChoice: Sendable {
    private let floating: Configuration.Floating
    private let cluster: Configuration.Cluster

    init(_ configuration: Configuration) {
        floating = configuration.floating
        cluster = configuration.cluster
    }

    /// The interface that a floating address goes on: the named one, whatever its networks, else the one in whose network
    /// the address lies. Nil if there is none. Every interface has the network of link-local addresses, so such a one goes
    /// where its virtual router's other addresses are.
    func home(of ip: IPAddress, in interfaces: [Interface]) -> Interface? {
        guard let name = floating.interface else {
            let guide = ip.isLinkLocal ? floating.addresses.first { !$0.isIPv4 && !$0.isLinkLocal } : nil
            return InterfaceList.interface(for: guide ?? ip, in: interfaces)
        }
        return interfaces.first { $0.name == name && !$0.isLoopback }
    }

    /// The interfaces to gossip on. Where nobody is to be called by broadcast or multicast, one without either will do.
    func forGossip(_ interfaces: [Interface]) -> [Interface] {
        interfaces.filter {
            ($0.isForGossip || (cluster.unicastOnly && $0.isUp && !$0.isLoopback))
                && (cluster.interfaces.isEmpty || cluster.interfaces.contains($0.name))
        }
    }

    /// What stands against the whole node: that no interface to gossip on has a link, or that none has its name.
    func reasons(_ interfaces: [Interface]) -> [Health.Reason] {
        if forGossip(interfaces).contains(where: \.isRunning) { return [] }
        let missing = Self.missing(cluster.interfaces, "[cluster] interfaces", in: interfaces)
        if !missing.isEmpty, missing.count == cluster.interfaces.count { return missing.map { .noSuchInterface($0) } }
        return [.linkDown("no network: no interface has a link (is the cable in?)")]
    }

    /// What stands against every floating address on this node: the interface that they belong on is not there, or one
    /// that the node must have a link of, too.
    func obstacle(_ interfaces: [Interface]) -> Health.Reason? {
        let home = floating.interface.map { [$0] } ?? []
        if let text = Self.missing(home, "[floating] interface", in: interfaces).first { return .noSuchInterface(text) }
        guard floating.trackWeight == 0 else { return nil }
        let tracked = floating.trackInterfaces
        if let text = Self.missing(tracked, Self.tracking, in: interfaces).first { return .noSuchInterface(text) }
        return down(interfaces).first.map { .linkDown("\($0), which is tracked, has no link") }
    }

    /// What is taken from the priority for tracked interfaces without a link, or that are not there.
    func loss(_ interfaces: [Interface]) -> UInt8 {
        UInt8(clamping: Int(floating.trackWeight) * down(interfaces).count)
    }

    /// What people should know and does not keep the node from its work: whole sentences.
    func warnings(_ interfaces: [Interface]) -> [String] {
        var texts = Self.missing(cluster.interfaces, "[cluster] interfaces", in: interfaces)
        if texts.count == cluster.interfaces.count { texts = [] }
        guard floating.trackWeight > 0 else { return texts.map { $0 + "." } }
        let missing = Self.missing(floating.trackInterfaces, Self.tracking, in: interfaces)
        let loss = loss(interfaces)
        let links = down(interfaces)
        if loss > 0 {
            let verb = links.count == 1 ? "has" : "have"
            texts.append("\(PlainNumbers.list(links)) \(verb) no link: the priority is lower by \(loss)")
        }
        return (texts + missing).map { $0 + "." }
    }

    private static let tracking = "[floating] track_interfaces"

    /// The tracked interfaces that have no link or are not there.
    private func down(_ interfaces: [Interface]) -> [String] {
        floating.trackInterfaces.filter { name in !interfaces.contains { $0.name == name && $0.isRunning } }
    }

    /// A text for each of these names that no interface has.
    static func missing(_ names: [String], _ setting: String, in interfaces: [Interface]) -> [String] {
        names.filter { name in !interfaces.contains { $0.name == name } }.map {
            "there is no interface named \($0) (\(setting)); \(present(interfaces))"
        }
    }

    /// The interfaces that there are, for people.
    static func present(_ interfaces: [Interface]) -> String {
        let names = interfaces.filter { !$0.isLoopback }.map(\.name)
        return "this machine has " + (names.isEmpty ? "none but loopback" : PlainNumbers.list(names))
    }
}
