internal import VRRP
public import Wire

extension Node {
    /// Takes so much from the priority of the configuration, of which at least 1 is left: something that this node should
    /// have is missing.
    public mutating func setPriorityLoss(_ loss: UInt8, at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        let priority = configuration.priority > loss ? configuration.priority - loss : 1
        var actions: [Action] = []
        for index in routers.indices where routers[index].router.priority != priority {
            perform(routers[index].router.setPriority(priority, at: now), of: index, at: now, into: &actions)
        }
        return actions
    }
}
