internal import VRRP
public import Wire

extension Node {
    /// The lifeline to this node, which had been established, has ended.
    public mutating func lifelineBroke(_ node: NodeID, at now: Instant) -> [Action] {
        guard !isStopped, let peer = lifelines.peers.first(where: { $0.node == node }) else { return [] }
        var actions: [Action] = []
        lifelines.broke(node, at: now)
        send([MessageKind.question], to: .address(peer.address), into: &actions)
        return actions
    }

    /// The attempt to make anew a lifeline that has just ended was refused: nobody listens there.
    public mutating func lifelineRefused(_ node: NodeID, at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        lifelines.refused(node, at: now)
        return []
    }

    /// The kernel at the other end of the lifeline to this node has acknowledged what was sent there after
    /// `askForSignOfLife`: the machine runs, is reached, and the process is there.
    public mutating func gaveSignOfLife(_ node: NodeID, at now: Instant) -> [Action] {
        for index in routers.indices where routers[index].holder == node { routers[index].router.activeLives() }
        return []
    }

    /// There is no established lifeline to this node by which `askForSignOfLife` could be carried out.
    public mutating func cannotAskForSignOfLife(_ node: NodeID, at now: Instant) -> [Action] {
        for index in routers.indices where routers[index].holder == node { routers[index].router.activeCannotBeAsked() }
        return []
    }

    /// Whoever holds something is to be watched.
    mutating func chooseLifelines(into actions: inout [Action]) {
        guard configuration.mode == .sealed else { return }
        let peers: [LifelinePeer] = company.present.compactMap { member in
            guard let address = member.address, routers.contains(where: { $0.holder == member.node }) else {
                return nil
            }
            return LifelinePeer(node: member.node, address: address)
        }
        guard peers != lifelines.peers else { return }
        lifelines.peers = peers
        actions.append(.lifelines(peers))
    }

    /// The virtual routers of those whose processes have ended need not wait.
    mutating func concludeFromLifelines(at now: Instant) {
        for node in lifelines.takeEnded(at: now) {
            for index in routers.indices where routers[index].holder == node {
                routers[index].router.activeEnded(at: now)
            }
        }
    }

    /// A member asks whether this node lives.
    mutating func answerQuestion(from source: SocketAddress, into actions: inout [Action]) {
        guard configuration.mode == .sealed else { return ignored.count("question, but this node's mode is standard") }
        for router in routers where router.router.state == .active {
            send(Self.message(of: router.router.ownAdvertisement), to: .address(source), into: &actions)
        }
    }
}
