internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import VRRP
internal import Wire

/// Standard mode: advertisements travel as packets of their own, where keepalived or a router hears them.
extension ControlLoop {
    /// Opens the way of advertisements if the mode is standard. Without it the node serves, and never leads.
    static func openStandardGroup(_ setup: ControlSetup) -> StandardGroup? {
        guard setup.configuration.floating.mode == .standard else { return nil }
        do throws(SystemError) {
            return try StandardGroup(setup.configuration)
        } catch {
            let warning = "this node takes no part in the election, whose mode is standard: \(error)"
            setup.facts.update { $0.warnings.append(warning) }
            setup.logger.error("\(warning)")
            return nil
        }
    }

    /// Interfaces or addresses have changed: joins the groups where the floating addresses are now, and tells the node
    /// which addresses its advertisements leave from.
    func updateStandardGroup(at now: Instant) {
        guard standard != nil else { return }
        var homes: [IPAddress: Interface] = [:]
        for address in floating { homes[address.ip] = home(of: address.ip) }
        for error in standard?.update(homes: homes, floating: Set(floating.map(\.ip))) ?? [] {
            logger.warning("\(error)")
        }
        perform(node.update(primary: standard?.primary ?? PrimaryAddresses(), at: now))
    }

    /// Hands the node the advertisements that wait.
    func receiveAdvertisements() {
        for (advertisement, source) in standard?.receive() ?? [] {
            perform(node.receive(advertisement, from: source, at: MonotonicClock.now()))
        }
    }

    /// A send that fails is no news: networks come and go, and each advertisement is repeated.
    func advertise(_ advertisement: Advertisement) {
        for error in standard?.send(advertisement) ?? [] { logger.trace("\(error)") }
    }

    /// What stands against holding a floating address because nothing could be said of it in standard mode.
    func silence(about ip: IPAddress, on interface: Interface) -> Health.Reason? {
        guard setup.configuration.floating.mode == .standard else { return nil }
        guard let standard else {
            return .cannotClaim(
                "advertisements of [floating] mode = \"standard\" cannot be sent: this process may not open raw sockets"
            )
        }
        guard standard.primary[isIPv4: ip.isIPv4] == nil else { return nil }
        return .cannotClaim(
            ip.isIPv4
                ? "\(interface.name) has no IPv4 address of its own that advertisements could come from"
                : "\(interface.name) has no IPv6 link-local address yet, which advertisements must come from")
    }
}
