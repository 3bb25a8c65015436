internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// This node's lifelines: those that it holds to Active nodes, and the listener at which others hold theirs to it.
struct Lifelines {
    /// What happened to a lifeline of this node.
    struct Change: Hashable {
        var node: NodeID
        var kind: LifelineCaller.Change
    }

    private struct Call {
        let node: NodeID
        let token: UInt64
        let caller: LifelineCaller
    }

    /// The numbers of the poller's tokens from here on are these.
    private static let firstToken: UInt64 = 1 << 32
    /// Below the control thread's own: nothing may delay an advertisement.
    private static let realTimePriority: Int32 = 19

    private var listener: LifelineListener?
    private var calls: [Call] = []
    private var nextToken = firstToken
    /// The floating addresses, which are at neither end of what is called from now on: they move.
    var floating: Set<IPAddress>
    /// Why no one can hold a lifeline to this node, if no one can.
    let problem: String?

    /// Listens at the TCP port with the number of the gossip port.
    init(port: UInt16, floating: Set<IPAddress>) {
        self.floating = floating
        do throws(SystemError) {
            listener = try LifelineListener(port: port, priority: Self.realTimePriority)
            problem = nil
        } catch {
            problem = "\(error)"
        }
    }

    /// Holds a lifeline to each of these nodes from now on, and to no other. Those that are held stay; new ones are
    /// tried at `now`, which `nextDeadline` then is.
    mutating func hold(_ peers: [LifelinePeer], at now: Instant) {
        calls = peers.filter { !floating.contains($0.address.ip) }.map { peer in
            if let call = calls.first(where: { $0.node == peer.node && $0.caller.address == peer.address }) {
                return call
            }
            defer { nextToken += 1 }
            let caller = LifelineCaller(to: peer.address, token: .init(nextToken), avoiding: floating, at: now)
            return Call(node: peer.node, token: nextToken, caller: caller)
        }
    }

    /// Whether the poller's event is for a lifeline.
    static func owns(_ event: Poller.Ready) -> Bool { event.token.number >= firstToken }

    /// Deals with what the poller saw.
    func handle(_ event: Poller.Ready, poller: Poller, at now: Instant) -> [Change] {
        guard let call = calls.first(where: { $0.token == event.token.number }) else { return [] }
        return call.caller.ready(with: poller, at: now).map { Change(node: call.node, kind: $0) }
    }

    /// When `advance` is to be called.
    var nextDeadline: Instant? { calls.compactMap(\.caller.nextDeadline).min() }

    /// Tries what is due, and gives up what did not come about.
    func advance(poller: Poller, at now: Instant) -> [Change] {
        calls.flatMap { call in
            call.caller.deadlineReached(with: poller, at: now).map { Change(node: call.node, kind: $0) }
        }
    }

    /// Asks the machine of this node for a sign of life; false if there is no lifeline to it.
    func askForSignOfLife(_ node: NodeID, at now: Instant) -> Bool {
        calls.first { $0.node == node }?.caller.askForSignOfLife(at: now) ?? false
    }

    /// The nodes whose machines have given the sign that was asked for, once each.
    func takeSignsOfLife() -> [NodeID] { calls.filter { $0.caller.takeSignOfLife() }.map(\.node) }

    /// Says at which addresses members are known.
    func update(members: Set<IPAddress>) { listener?.update(members: members) }

    /// Lets go of all lifelines, and of the port.
    mutating func close() {
        listener?.close()
        listener = nil
        calls = []
    }

    /// How it stands with them.
    var facts: LifelineFacts {
        let report = listener?.report
        return LifelineFacts(
            isListening: listener != nil, heldBy: report?.held ?? [:], turnedAway: report?.turnedAway ?? 0,
            calls: calls.map { .init(node: $0.node, address: $0.caller.address, standing: $0.caller.standing) })
    }
}

/// What others show of this node's lifelines.
struct LifelineFacts: Hashable, Sendable {
    /// A lifeline that this node holds, or wants to.
    struct Call: Hashable, Sendable {
        var node: NodeID
        var address: SocketAddress
        var standing: LifelineCaller.Standing
    }

    /// Whether others can hold lifelines to this node.
    var isListening = false
    /// How many others hold, by their addresses.
    var heldBy: [IPAddress: Int] = [:]
    /// How many connections were turned away.
    var turnedAway: UInt64 = 0
    /// Those of this node, by the node at the other end.
    var calls: [Call] = []
}
