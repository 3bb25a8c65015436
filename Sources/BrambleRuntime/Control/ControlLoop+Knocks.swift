internal import LinuxPlatform
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Knocks at somebody's door, for the node wants to know who is there.
    func knock(at target: KnockTarget, now: Instant) {
        guard let result = knocks.begin(target, port: gossip.port, poller: poller, at: now) else { return }
        perform(node.knocked(result.target, result.answer, at: now))
    }

    /// Hears what became of knocks.
    func knocksReady(_ events: [Poller.Ready], at now: Instant) {
        let results = events.compactMap { knocks.handle($0) } + knocks.advance(at: now)
        for result in results { perform(node.knocked(result.target, result.answer, at: now)) }
    }
}
