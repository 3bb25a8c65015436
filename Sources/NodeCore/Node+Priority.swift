internal import VRRP
public import Wire

extension Node {
    /// Takes so much from the priority of the configuration, of which at least 1 is left: something that this node should
    /// have is missing.
    public mutating func setPriorityLoss(_ loss: UInt8, at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        guard loss != priorityLoss else { return [] }
        priorityLoss = loss
        var actions: [Action] = []
        for index in routers.indices where routers[index].router.priority != priority {
            perform(routers[index].router.setPriority(priority, at: now), of: index, at: now, into: &actions)
        }
        informMembers(at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// The priority that this node has now.
    var priority: UInt8 { configuration.priority > priorityLoss ? configuration.priority - priorityLoss : 1 }
}
