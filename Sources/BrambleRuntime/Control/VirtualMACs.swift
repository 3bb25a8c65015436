internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// The interfaces with the MAC addresses of the virtual routers, one for each router and IP version, while
/// `[floating] virtual_mac` is on.
struct VirtualMACs {
    private struct Router: Hashable, Comparable {
        let id: UInt8
        let isIPv4: Bool

        init(_ address: FloatingAddress) {
            id = address.virtualRouterID
            isIPv4 = address.ip.isIPv4
        }

        var name: String { "\(VirtualMACs.prefix)\(isIPv4 ? 4 : 6)-\(id)" }

        static func < (left: Router, right: Router) -> Bool { left.name < right.name }
    }

    private struct Made {
        let base: UInt32
        let interface: Interface
    }

    private struct Problem {
        let base: UInt32
        let text: String
        /// When to try again; nil if that cannot help.
        let retryAt: Instant?
    }

    private static let prefix = "bramble-v"
    /// A failure makes and removes an interface, which is news: an attempt at each would go on for ever.
    private static let pause = Duration.seconds(5)

    private let links: VirtualLinks
    private var made: [Router: Made] = [:]
    private var problems: [Router: Problem] = [:]

    init() throws(SystemError) { links = try VirtualLinks() }

    /// Whether it is one of ours, or was an earlier run's: nothing but its floating address happens on it.
    static func isVirtual(_ interface: Interface) -> Bool { interface.name.hasPrefix(prefix) }

    /// The interface that a floating address goes on in place of its home; nil while there is none.
    func interface(of address: FloatingAddress) -> Interface? { made[Router(address)]?.interface }

    /// When `prepare` is to be called again, though nothing has changed.
    var nextAttempt: Instant? { problems.values.compactMap(\.retryAt).min() }

    /// Makes what is missing, and anew what went away with the interface below. `present` is all that there is now.
    mutating func prepare(
        _ addresses: [FloatingAddress], present: [Interface], at now: Instant, home: (IPAddress) -> Interface?
    ) {
        let routers = Set(addresses.map(Router.init))
        problems = problems.filter { routers.contains($0.key) }
        made = made.filter { $0.value.interface.isStill(in: present) }
        for address in addresses {
            let router = Router(address)
            guard let base = home(address.ip) else {
                if !addresses.contains(where: { Router($0) == router && home($0.ip) != nil }) { problems[router] = nil }
                continue
            }
            if let known = made[router] {
                guard known.base != base.index else { continue }
                _ = links.remove(known.interface)
                made[router] = nil
            }
            if let known = problems[router], known.base == base.index, known.retryAt.map({ now < $0 }) ?? true {
                continue
            }
            make(router, on: base, at: now)
        }
    }

    private mutating func make(_ router: Router, on base: Interface, at now: Instant) {
        problems[router] = nil
        if VirtualLinks.isWireless(base.name) {
            problems[router] = Problem(base: base.index, text: Self.wireless(base.name), retryAt: nil)
            return
        }
        do throws(SystemError) {
            try links.add(
                router.name, .virtualRouter(router.id, isIPv4: router.isIPv4), isIPv4: router.isIPv4, on: base)
            let interface = try InterfaceList.current().first { $0.name == router.name }
            made[router] = interface.map { Made(base: base.index, interface: $0) }
        } catch {
            // What was made by half would be in the way of the next attempt.
            let present = try? InterfaceList.current()
            if let half = present?.first(where: { $0.name == router.name }) { _ = links.remove(half) }
            problems[router] = Problem(
                base: base.index, text: "\(error). [floating] virtual_mac = false does without",
                retryAt: now.advanced(by: Self.pause))
        }
    }

    static func wireless(_ name: String) -> String {
        "\(name) is a Wi-Fi interface, which can have no second MAC address: set [floating] virtual_mac = false, or use a "
            + "wired interface"
    }

    /// What stands against holding an address by its virtual MAC address here.
    func obstacle(to address: FloatingAddress) -> Health.Reason? {
        problems[Router(address)].map { .cannotClaim($0.text) }
    }

    /// Removes every such interface, also those that an earlier run left.
    mutating func removeAll(_ present: [Interface]) -> [SystemError] {
        made = [:]
        return present.filter(Self.isVirtual).compactMap { links.remove($0) }
    }
}

extension Interface {
    /// Whether an interface of its number and name is among these.
    fileprivate func isStill(in present: [Interface]) -> Bool {
        present.contains { $0.index == index && $0.name == name }
    }
}
