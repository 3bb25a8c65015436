internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Asks for the floating addresses on links that are new.
    func lookForStrangers(at now: Instant) {
        guard announcer != nil else { return }
        do {
            try probe?.heed(floating.map(\.ip))
        } catch {
            logger.warning("strangers with a floating address go unnoticed: \(error)")
        }
        for address in floating { probe?.look(for: address.ip, on: home(of: address.ip), at: now) }
    }

    /// Hears who claims the floating addresses, and tells the node of those that this node holds.
    func hearClaims(at now: Instant) {
        probe?.hear()
        for claim in probe?.takeClaims() ?? [] where held[claim.address] == claim.interface {
            // RFC 5227 §2.4: no interface of this machine is meant. Nor is the address that holders of a virtual router
            // share (RFC 9568 §7.3).
            let isShared = claim.owner.isVirtualRouter && usesVirtualMACs
            guard !interfaces.contains(where: { $0.mac == claim.owner }), !isShared else { continue }
            perform(node.addressClaimed(claim.address, by: "\(claim.owner)", at: now))
        }
    }

    /// Whether those of the group answer for an address with its virtual router's MAC address, or may.
    private var usesVirtualMACs: Bool { virtualMACs != nil || setup.configuration.floating.mode == .standard }

    /// Carries the question on; at the end of a round, tells the node who answered.
    func advanceProbe(at now: Instant) {
        probe?.watch(over: ask { $0.conflictedAddresses }, at: now, home: home)
        guard let announcer, let due = probe?.nextDeadline, due <= now else { return }
        let members = node.snapshot.floating.filter(\.isHeld).map(\.address.ip)
        let ended = probe?.advance(at: now, announcer: announcer) { members.contains($0) }
        guard let answers = ended else { return }
        for answer in answers {
            perform(node.addressAnswered(answer.address, by: "\(answer.owner)", at: now))
        }
        probe?.watch(over: node.conflictedAddresses, at: now, home: home)
        updateHealth(at: now)
    }
}
