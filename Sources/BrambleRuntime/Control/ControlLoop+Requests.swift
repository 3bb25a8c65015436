internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Answers a line that came in at the control socket.
    func answer(_ line: String) -> String {
        let reply: ControlReply
        do {
            reply = try carryOut(try ControlRequest(line: line))
        } catch {
            reply = .failed("\(error)")
        }
        return (try? reply.line) ?? #"{"ok":false,"error":"the answer cannot be written"}"#
    }

    private func carryOut(_ request: ControlRequest) throws -> ControlReply {
        let now = MonotonicClock.now()
        switch request {
        case .status:
            publish(at: now)
            return .report(StatusBuilder.report(setup.facts.now, setup.configuration, at: now))
        case .identify(let name): return try identify(name, at: now)
        case .drain(let name): return try setDraining(true, name, at: now)
        case .resume(let name): return try setDraining(false, name, at: now)
        case .resign(let address): return resign(address, at: now)
        case .rotateKey: return rotateKey(at: now)
        case .dropKey(let force): return dropKey(force: force, at: now)
        case .admit(let fingerprint): return admit(fingerprint, at: now)
        case .pair(let wish): return pair(wish, at: now)
        case .reload:
            setup.reloader.reload()
            return .done("reading the configuration; the log says what came of it")
        }
    }

    private func identify(_ name: String, at now: Instant) throws -> ControlReply {
        let members = node.snapshot.members.map { (id: "\($0.id)", name: $0.info.name) }
        let id = try NodeLookup.find(name, among: members)
        let target = NodeID(id)
        switch node.snapshot.members.first(where: { $0.id == target })?.state {
        case .dead: return .failed("\(name) is dead: it is not heard from, so its lights cannot be asked to blink")
        case .left: return .failed("\(name) has left the cluster: its daemon was stopped, so its lights are dark")
        default: break
        }
        guard let target, let actions = node.identify(target, at: now) else {
            return .failed("\(name) is a member whose address is not known yet: try again in a moment")
        }
        perform(actions)
        guard target != node.session.node || lights.isLit else {
            return .done("\(name) is this node, and has no lights on that could blink ([lights] output)")
        }
        return .done(
            "the lights of \(name) blink fast for half a minute\(target == node.session.node ? "" : ", if it has any")")
    }
}
