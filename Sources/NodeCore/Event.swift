public import Membership
public import VRRP
public import Wire

/// Something that people are told: a line of the log, a row of the status.
public enum Event: Equatable, Sendable {
    /// How loud an event is.
    public enum Level: Sendable { case info, notice, warning }

    /// A member's state changed; `before` is nil for one just met.
    case member(Member, before: Member.State?)
    /// A virtual router changed its state.
    case transition(FloatingAddress, from: RouterState, to: RouterState, TransitionReason)
    /// The node that holds a floating address changed, as seen from here; nil: no one is heard.
    case holder(FloatingAddress, NodeID?)
    /// A machine at an address that no member is known to have holds a floating address: in standard mode.
    case outsider(FloatingAddress, IPAddress)
    /// The leader is configured otherwise than this node.
    case disagreement(FloatingAddress, Disagreement)
    /// Another run, which is proven or which a member knows, uses this node's ID.
    case duplicateIdentity(Session, keepsIdentity: Bool)
    /// The node may serve again, or may not.
    case health(Health)
    /// The node cannot hold a floating address here, or may run for it again (nil).
    case obstacle(FloatingAddress, Health.Reason?)
    /// The floating address was taken from the interface by another program, whose name may be known, and is put back.
    /// So many times since this was told last.
    case addressStripped(FloatingAddress, by: String? = nil, times: Int = 1)
    /// Someone who is no member claims the floating address that this node holds, and has been contradicted once.
    case addressDefended(FloatingAddress, owner: String)
    /// The stranger who had the floating address is no longer heard.
    case addressFreed(FloatingAddress)
    /// Someone who is no member has the floating address.
    case addressConflict(FloatingAddress, owner: String)
    /// The node hands the addresses of a virtual router over to a member, or finds no one who takes them (nil).
    case handover(FloatingAddress, to: NodeID?)
    /// The node was taken out of service by a person, or put back.
    case draining(Bool)
    /// Something about the address that a DHCP server gives.
    case lease(LeaseEvent)
    /// Something is wrong between this node and others; the name is that of the member, if it is about one.
    case trouble(Trouble, name: String, Trouble.Evidence)
    /// It is so no more.
    case troubleOver(Trouble, name: String)
    /// Something about the cluster's keys.
    case keys(KeyEvent)
    /// Something about nodes that have no key in common with this one.
    case pairing(PairingEvent)
    /// A person asked this node to show itself.
    case identify(until: Instant)

    /// How loud it is.
    public var level: Level {
        switch self {
        case .duplicateIdentity, .addressStripped, .addressDefended, .addressConflict, .disagreement: .warning
        case .trouble(let trouble, _, _): trouble.level
        case .troubleOver: .info
        case .member(let member, _): member.state == .dead ? .warning : .info
        case .health(let health): health.isServing ? .notice : .warning
        case .obstacle(_, let obstacle): obstacle == nil ? .notice : .warning
        case .transition, .draining, .addressFreed: .notice
        case .holder, .outsider, .identify: .info
        case .lease(let event): event.level
        case .keys(let event): event.level
        case .pairing(let event): event.level
        case .handover(_, let successor): successor == nil ? .notice : .info
        }
    }

    /// The line that a person reads.
    public var text: String {
        switch self {
        case .member(let member, let before):
            let place = member.address.map { ", \($0)" } ?? ""
            let name = "\(member.info.name) (\(member.id.short)\(place))"
            return before.map { "member \(name): \($0) → \(member.state)" } ?? "member \(name): met, \(member.state)"
        case .transition(let address, let from, let to, let reason):
            return "\(address.ip): \(from) → \(to): \(reason)"
        case .holder(let address, let holder):
            return holder.map { "\(address.ip): held by \($0.short)" } ?? "\(address.ip): no holder is heard"
        case .outsider(let address, let outsider): return "\(address.ip): held by the machine at \(outsider)"
        case .disagreement(let address, let disagreement):
            return "\(address.ip): \(disagreement); give all nodes one configuration"
        case .duplicateIdentity(let other, let keeps):
            return "another run has this node's ID (\(other)): a copied or restored card? "
                + (keeps ? "This node keeps the ID; the other takes a new one." : "This node takes a new ID.")
        case .health(let health):
            guard !health.isServing else { return "this node can serve" }
            return "this node cannot serve: " + health.reasons.map(\.text).joined(separator: "; ")
        case .obstacle(let address, let obstacle):
            guard let obstacle else { return "\(address.ip): this node runs for it again" }
            return "\(address.ip) is left to other nodes: \(obstacle.text)"
        case .addressStripped(let address, let culprit, let times):
            let who = culprit.map { "probably by \($0)" } ?? "by another program, which the kernel does not name"
            let often = times > 1 ? "; \(times) times since this was said last" : ""
            return "\(address.ip) was removed from the interface, \(who)\(often); putting it back"
        case .addressDefended(let address, let owner):
            return
                "\(address.ip) is claimed by a stranger on this network (\(owner)). This node has said once more that "
                + "it holds it, and gives it up if the stranger goes on"
        case .addressFreed(let address):
            return "\(address.ip): the stranger who had it is no longer heard"
        case .addressConflict(let address, let owner):
            return "\(address.ip) belongs to a stranger on this network (\(owner)). This node does not claim it; "
                + "give the cluster or the stranger another address"
        case .handover(let address, let successor):
            return successor.map { "\(address.ip): handing over to \($0.short)" }
                ?? "\(address.ip): no other node takes it over"
        case .draining(let isDraining):
            return isDraining
                ? "this node is out of service, until a person resumes it" : "this node is in service again"
        case .lease(let event): return event.text
        case .trouble(let trouble, let name, let evidence): return trouble.text(naming: name, by: evidence)
        case .troubleOver(let trouble, let name): return "no longer: " + trouble.text(naming: name)
        case .keys(let event): return event.text
        case .pairing(let event): return event.text
        case .identify:
            return "identify: the lights show which node this is"
        }
    }
}
