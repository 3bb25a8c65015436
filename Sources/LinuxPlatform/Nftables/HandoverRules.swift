internal import Glibc
public import Wire

/// What the packet filter does while an address moves from one node to another, as a value: what has to be, and the
/// commands that lead there.
///
/// **At the successor**, an adopted address: connections that begin here stay here; whatever else is sent to the
/// address by TCP belongs to a connection made at the former holder, and goes there, on the same wire, by its hardware
/// address. This happens before the kernel's own network stack sees the packet, which would answer it by a reset. A
/// packet is passed on twice at most (the TTL counts): an address may move on while this lasts, but not in a circle.
///
/// **At the former holder**, a silent address: it is still on the interface, but nobody is told so. Questions for it
/// are dropped, and the node's own questions come from its own address.
///
/// All of it stands in one table of this process's own, which the kernel removes with the process.
public struct HandoverRules: Hashable, Sendable {
    /// The interface that an address is on.
    public struct Link: Hashable, Sendable {
        let index: UInt32
        let name: String
        let mac: MACAddress
        let own4: IPAddress?
        let own6: IPAddress?

        /// Nil where there are no hardware addresses, or the name cannot stand in a rule.
        public init?(_ interface: Interface, floating: Set<IPAddress>) {
            guard let mac = interface.mac, !interface.name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 }) else {
                return nil
            }
            self.init(
                index: interface.index, name: interface.name, mac: mac,
                own4: interface.ownAddress(ipv4: true, except: floating)?.ip,
                own6: interface.ownAddress(ipv4: false, except: floating)?.ip)
        }

        /// The interface to oneself, for a trial.
        public static var loopback: Link? {
            let index = if_nametoindex("lo")
            return index == 0 ? nil : Link(index: index, name: "lo", mac: .zero, own4: .v4(0x7F00_0001), own6: nil)
        }

        /// The hardware address of another machine on this link, if the kernel knows it.
        public func neighbour(_ ip: IPAddress) throws(SystemError) -> MACAddress? {
            try Neighbours.mac(of: ip, on: index)
        }

        /// Whether the interface is there still.
        fileprivate var isThere: Bool { if_nametoindex(name) == index }

        init(index: UInt32, name: String, mac: MACAddress, own4: IPAddress?, own6: IPAddress?) {
            self.index = index
            self.name = name
            self.mac = mac
            self.own4 = own4
            self.own6 = own6
        }
    }

    /// An address with whose former holder connections remain.
    fileprivate struct Adoption: Hashable, Sendable {
        let number: Int
        let ip: IPAddress
        let link: Link
        let holder: MACAddress
        let local: [SocketAddress]
    }

    private struct Silence: Hashable, Sendable {
        let ip: IPAddress
        let link: Link
    }

    private let table: String
    /// For how many seconds a connection that began here is remembered: longer than any adoption lasts.
    private let memory: Int64
    private var adoptions: [Adoption] = []
    private var silences: [Silence] = []
    private var count = 0

    /// No rules; `port` tells processes on one machine apart, and no adoption lasts longer than `longest`.
    public init(port: UInt16, longest: Duration) {
        table = "netdev bramble-\(port)"
        memory = longest.components.seconds + 30
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool { adoptions.isEmpty && silences.isEmpty }

    /// Leaves the connections of `ip` that began elsewhere with `holder`; `local` are the clients' ends of those that
    /// are here. From now on this node is to answer for the address.
    public mutating func adopt(_ ip: IPAddress, on link: Link, from holder: MACAddress, local: [SocketAddress]) {
        forget(ip)
        speak(ip)
        count += 1
        adoptions.append(Adoption(number: count, ip: ip, link: link, holder: holder, local: local))
    }

    /// Ends an adoption.
    public mutating func forget(_ ip: IPAddress) { adoptions.removeAll { $0.ip == ip } }

    /// Keeps an address silent.
    public mutating func silence(_ ip: IPAddress, on link: Link) {
        speak(ip)
        silences.append(Silence(ip: ip, link: link))
    }

    /// Ends the silence.
    public mutating func speak(_ ip: IPAddress) { silences.removeAll { $0.ip == ip } }

    /// Whether an address is kept silent.
    public func isSilent(_ ip: IPAddress) -> Bool { silences.contains { $0.ip == ip } }

    /// Whether the connections of an address stay with its former holder.
    public func isAdopted(_ ip: IPAddress) -> Bool { adoptions.contains { $0.ip == ip } }

    /// Leaves out what concerns interfaces that are gone: the kernel has removed their chains.
    public mutating func leaveOutVanished() {
        adoptions.removeAll { !$0.link.isThere }
        silences.removeAll { !$0.link.isThere }
    }

    // MARK: - As commands

    /// Makes the table; that it can be made says that the rest can be done, too.
    public var creation: String { "add table \(table) { flags owner; }\n" }

    /// Removes everything at once.
    public var removal: String { "delete table \(table)\n" }

    /// The commands that turn what is in force (`old`) into this; one transaction.
    public func commands(replacing old: HandoverRules) -> String {
        var lines: [String] = []
        for link in Self.distinct(old.links + links) {
            // On the way in before everything else, on the way out behind it.
            lines.append(
                "add chain \(table) \(link.entry) { type filter hook ingress device \"\(link.name)\" priority -400; }")
            lines.append(
                "add chain \(table) \(link.exit) { type filter hook egress device \"\(link.name)\" priority 400; }")
            lines += [link.entry, link.exit].map { "flush chain \(table) \($0)" }
        }
        for adoption in old.adoptions where !adoptions.contains(adoption) {
            lines += ["flush chain", "delete chain"].map { "\($0) \(table) \(adoption.chain)" }
            lines.append("delete set \(table) \(adoption.set)")
        }
        for adoption in adoptions where !old.adoptions.contains(adoption) { lines += making(adoption) }
        for adoption in adoptions {
            lines.append(rule(adoption.link.entry, "\(adoption.ip.family) daddr \(adoption.ip) jump \(adoption.chain)"))
        }
        for silence in silences { lines += keepingSilent(silence) }
        for link in old.links where !links.contains(where: { $0.index == link.index }) {
            lines += [link.entry, link.exit].map { "delete chain \(table) \($0)" }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func making(_ adoption: Adoption) -> [String] {
        let family = adoption.ip.family
        let client = "\(family) saddr . tcp sport"
        let hops = adoption.ip.isIPv4 ? "ip ttl" : "ip6 hoplimit"
        let tcp = "meta l4proto tcp"
        let pass =
            "ether saddr set \(adoption.link.mac) ether daddr set \(adoption.holder) fwd to \"\(adoption.link.name)\""
        var lines = [
            "add set \(table) \(adoption.set) { type ipv\(adoption.ip.isIPv4 ? 4 : 6)_addr . inet_service; "
                + "flags dynamic,timeout; timeout \(memory)s; size 65535; }",
            "add chain \(table) \(adoption.chain)",
        ]
        lines += [
            // Where there is no room left to remember it, the former holder has it: no connection is lost.
            "tcp flags & (syn | ack) == syn add @\(adoption.set) { \(client) } accept",
            "\(client) @\(adoption.set) accept",
            "\(tcp) \(hops) 1 accept",
            "\(tcp) \(hops) 2 \(hops) set 1 \(pass)",
            "\(tcp) \(hops) set 2 \(pass)",
        ].map { rule(adoption.chain, $0) }
        if !adoption.local.isEmpty {
            let clients = adoption.local.map { "\($0.ip) . \($0.port)" }.joined(separator: ", ")
            lines.append("add element \(table) \(adoption.set) { \(clients) }")
        }
        return lines
    }

    private func keepingSilent(_ silence: Silence) -> [String] {
        let link = silence.link
        if silence.ip.isIPv4 {
            let question = "arp operation request arp daddr ip \(silence.ip) drop"
            let own = link.own4.map { "arp saddr ip \(silence.ip) arp saddr ip set \($0)" }
            return [rule(link.entry, question)] + [own].compactMap { $0 }.map { rule(link.exit, $0) }
        }
        // The target of a neighbour solicitation (RFC 4861 §4.3), for which nft 1.0.6 has no word.
        let target = silence.ip.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let question = "icmpv6 type nd-neighbor-solicit @th,64,128 0x\(target) drop"
        let own = link.own6.map { "ip6 saddr \(silence.ip) icmpv6 type nd-neighbor-solicit ip6 saddr set \($0)" }
        return [rule(link.entry, question)] + [own].compactMap { $0 }.map { rule(link.exit, $0) }
    }

    private func rule(_ chain: String, _ text: String) -> String { "add rule \(table) \(chain) \(text)" }

    private var links: [Link] { Self.distinct(adoptions.map(\.link) + silences.map(\.link)) }

    private static func distinct(_ links: [Link]) -> [Link] {
        var found: [Link] = []
        for link in links where !found.contains(where: { $0.index == link.index }) { found.append(link) }
        return found
    }
}

extension HandoverRules.Link {
    fileprivate var entry: String { "entry-\(index)" }
    fileprivate var exit: String { "exit-\(index)" }
}

extension HandoverRules.Adoption {
    fileprivate var chain: String { "adopted-\(number)" }
    fileprivate var set: String { "begun-here-\(number)" }
}

extension IPAddress {
    fileprivate var family: String { isIPv4 ? "ip" : "ip6" }
}
