internal import Membership
public import Wire

/// What people ask on one node of another.
extension Node {
    /// Takes a node out of service, or puts it back; this one, or any member.
    ///
    /// The command to a member goes out three times, for a datagram may get lost and nobody acknowledges it. What came of
    /// it shows in what the member says of itself.
    /// - Returns: nil when no member that can be reached has that ID: it is unknown, dead, or has left.
    public mutating func setDraining(_ draining: Bool, of node: NodeID, at now: Instant) -> [Action]? {
        guard node != session.node else { return setDraining(draining, at: now) }
        return command(.setDraining(node, draining), to: node)
    }

    /// The sending of a command; nil when no member that can be reached has that ID.
    mutating func command(_ command: NodeCommand, to node: NodeID) -> [Action]? {
        guard !isStopped else { return [] }
        let member = membership.members.first { $0.id == node && $0.state.isPresent }
        guard let address = member?.address else { return nil }
        var actions: [Action] = []
        for _ in 0..<3 { send(command.encoded, to: .address(address), into: &actions) }
        return actions
    }
}
