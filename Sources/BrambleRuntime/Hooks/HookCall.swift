internal import NodeCore
internal import VRRP
internal import Wire

/// One hook that is to be run, because this node's part in the election of an address has changed.
struct HookCall: Hashable, Sendable {
    /// Which of the hooks.
    enum Kind: String, CaseIterable, Sendable {
        /// This node has become the leader of the address.
        case leader
        /// It stands behind another, or has stopped leading because a person said so.
        case backup
        /// It cannot hold the address now.
        case fault

        /// The hook's key in the file.
        var key: String { "on_\(rawValue)" }

        /// The program of this hook with its arguments; empty for none.
        func command(in hooks: Configuration.Hooks) -> [String] {
            switch self {
            case .leader: hooks.onLeader
            case .backup: hooks.onBackup
            case .fault: hooks.onFault
            }
        }
    }

    var kind: Kind
    var address: IPAddress
    /// Why, for people.
    var reason: String

    /// The hook of a change of state; nil if none belongs to it.
    ///
    /// A leader that is drained, resigns or stops has its `backup` hook run: what its `leader` hook has started must end
    /// in each case. A Backup that does so was none before, and nothing is run.
    init?(_ ip: IPAddress, from: RouterState, to: RouterState, _ reason: TransitionReason) {
        switch to {
        case .active: kind = .leader
        case .backup: kind = .backup
        case .initialize where reason.isFault: kind = .fault
        case .initialize where from == .active: kind = .backup
        case .initialize: return nil
        }
        address = ip
        self.reason = reason.description
    }

    /// The whole environment of its program: nothing of the daemon's own is in it.
    func environment(nodeName: String, nodeID: String) -> [String] {
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
            "BRAMBLE_NODE=\(nodeName)", "BRAMBLE_NODE_ID=\(nodeID)", "BRAMBLE_ADDRESS=\(address)",
            "BRAMBLE_STATE=\(kind.rawValue)", "BRAMBLE_REASON=\(reason)",
        ]
    }
}

extension TransitionReason {
    /// Whether something is wrong, and nobody has asked for the change.
    var isFault: Bool {
        switch self {
        case .cannotServe, .linkDown, .addressConflict: true
        default: false
        }
    }
}
