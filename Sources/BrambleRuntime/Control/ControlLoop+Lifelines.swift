internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

extension ControlLoop {
    /// Hears what became of lifelines. What has arrived by gossip is read first: who resigns says so and then ends the
    /// connection, and an answer may have come before the refusal that it explains.
    func lifelinesReady(_ events: [Poller.Ready]) {
        guard !events.isEmpty else { return }
        let changes = events.flatMap { lifelines.handle($0, poller: poller, at: MonotonicClock.now()) }
        conclude(changes)
    }

    /// Tries lifelines again that are due.
    func advanceLifelines(at now: Instant) {
        guard let due = lifelines.nextDeadline, due <= now else { return }
        conclude(lifelines.advance(poller: poller, at: now))
    }

    private func conclude(_ changes: [Lifelines.Change]) {
        guard !changes.isEmpty else { return }
        receive()
        for change in changes {
            let now = MonotonicClock.now()
            switch change.kind {
            case .broke:
                perform(node.lifelineBroke(change.node, at: now))
                logger.debug("the lifeline to \(change.node.short) has ended")
            case .refused:
                perform(node.lifelineRefused(change.node, at: now))
                logger.debug("\(change.node.short) refuses another lifeline")
            }
        }
    }

    func askForSignOfLife(_ holder: NodeID, at now: Instant) {
        guard !lifelines.askForSignOfLife(holder, at: now) else { return }
        perform(node.cannotAskForSignOfLife(holder, at: now))
    }

    /// Before a deadline: who has shown that it lives is waited for.
    func hearSignsOfLife() {
        for id in lifelines.takeSignsOfLife() { perform(node.gaveSignOfLife(id, at: MonotonicClock.now())) }
    }

    /// Says where members are: the listener keeps places for them.
    func tellLifelines(of snapshot: NodeSnapshot) {
        lifelines.update(members: Set(snapshot.members.compactMap(\.address?.ip)))
    }
}
