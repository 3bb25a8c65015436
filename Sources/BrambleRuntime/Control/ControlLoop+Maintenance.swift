internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import VRRP
internal import Wire

/// Taking nodes out of service and putting them back.
extension ControlLoop {
    /// A node that was out of service when it stopped stays so: whoever works on it may restart it as often as needed.
    func resumeDrain(at now: Instant) {
        guard setup.files.isDraining else { return }
        logger.notice("this node was out of service when it stopped, and stays so until `bramble resume`")
        perform(node.setDraining(true, at: now))
    }

    /// The node has gone out of service, or come back: its web server and its files follow.
    func follow(_ isDraining: Bool) {
        followLingering()
        setup.peers.keep(isDraining: isDraining)
    }

    /// Takes a node, this one if `name` is nil, out of service, or puts it back.
    func setDraining(_ draining: Bool, _ name: String?, at now: Instant) throws -> ControlReply {
        let members = node.snapshot.members
        let id = try name.map { try NodeLookup.find($0, among: members.map { (id: "\($0.id)", name: $0.info.name) }) }
        let target = id.flatMap(NodeID.init) ?? node.session.node
        let member = members.first { $0.id == target }
        let title = target == node.session.node ? "this node" : member?.info.name ?? target.short
        if let member, !member.state.isPresent {
            let why = member.state == .left ? "has left the cluster: its daemon was stopped" : "is not heard from"
            return .failed(
                "\(title) \(why), so it cannot be told. The others go on without it; start it, and ask again.")
        }
        // What is known here of another may be old.
        let isSo = target == node.session.node && node.isDraining == draining
        guard let actions = node.setDraining(draining, of: target, at: now) else {
            return .failed("\(title) is a member whose address is not known yet: try again in a moment")
        }
        perform(actions)
        let text =
            isSo
            ? "\(title) is \(draining ? "out of service" : "in service") already; nothing has changed"
            : draining ? drained(title, target, members) : "\(title) comes back into service"
        var reply = ControlReply.done(text)
        reply.node = "\(target)"
        return reply
    }

    private func drained(_ title: String, _ target: NodeID, _ members: [Member]) -> String {
        let text = "\(title) goes out of service, and stays so over restarts until `bramble resume`"
        let others = members.filter {
            $0.id != target && $0.state == .alive && $0.info.serving && !$0.info.draining
        }
        return others.isEmpty && !floating.isEmpty
            ? text + ". No other node serves: until one does, nobody holds a floating address" : text
    }

    /// Lets a floating address go, or all of them, to other nodes; this one stays in service.
    func resign(_ address: String?, at now: Instant) -> ControlReply {
        let ip = address.flatMap(IPAddress.init)
        if let address, ip == nil { return .failed("\(VisibleText.of(address)) is no IP address; nothing has changed") }
        let held = node.snapshot.floating.filter { $0.state == .active }.map(\.address.ip)
        let wanted = address == nil ? held : held.filter { $0 == ip }
        guard !wanted.isEmpty else {
            let what = address.map { "the floating address \(VisibleText.of($0))" } ?? "any floating address"
            return .failed("this node does not hold \(what), so there is nothing to give up. \(holders)")
        }
        let heirs = node.snapshot.members.filter {
            $0.id != node.session.node && $0.state == .alive && $0.info.serving && !$0.info.draining
        }
        guard !heirs.isEmpty else {
            return .failed(
                "no other node serves the site, so nobody could take over; nothing has changed. `bramble status` says "
                    + "how the others are")
        }
        if let refusal = comesBack(wanted, among: heirs) { return .failed(refusal) }
        perform(node.resign(ip, at: now) ?? [])
        return .done("this node gives up \(PlainNumbers.list(wanted.map(\.description))) and stays in service")
    }

    /// Who holds what: that is where to ask.
    private var holders: String {
        let names = node.snapshot.floating.compactMap { floating -> String? in
            guard let holder = floating.holder else { return nil }
            let name = node.snapshot.members.first { $0.id == holder }?.info.name ?? holder.short
            return "\(floating.address.ip) is held by \(VisibleText.of(name))"
        }
        return names.isEmpty ? "Nobody holds one now" : "\(names.joined(separator: ", ")): ask there"
    }

    /// Why giving these addresses up would be undone at once, if it would: with preemption the highest priority leads.
    private func comesBack(_ wanted: [IPAddress], among heirs: [Member]) -> String? {
        guard setup.configuration.floating.preempt else { return nil }
        let best = heirs.map(\.info.priority).max() ?? 0
        let kept = node.snapshot.floating.filter { wanted.contains($0.address.ip) && $0.priority > best }
        guard let priority = kept.first?.priority else { return nil }
        return
            "with [floating] preempt = true the node of the highest priority leads: this one, with \(priority), would take "
            + "\(PlainNumbers.list(kept.map(\.address.ip.description))) back at once. Nothing has changed. To have "
            + "another node lead, take this one out of service with `bramble drain`, and put it back with "
            + "`bramble resume`"
    }
}

extension Configuration {
    /// The longest that an orderly stop may take: what is under way with an address that was handed over is finished
    /// first. Then the hooks of the last change run beside the web server's last responses, after one that may be
    /// running.
    var longestStop: Duration {
        http.drainTimeout + max(http.drainTimeout, (hooks.deadline + HookRun.grace) * 2) + .seconds(5)
    }
}
