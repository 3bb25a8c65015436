internal import Membership
internal import Wire

/// What the election and the lights have to know of the other members. Made anew when a member has changed, for they
/// ask at every event, fifty advertisements a second among them.
struct Company: Sendable {
    /// How many living members have a higher node ID: the first is the one that wins a tie.
    let rank: Int
    /// Whether another member is alive, or at least suspect.
    let isPresent: Bool
    /// Whether another member died.
    let isLost: Bool
    /// Where the members are that are alive or suspect.
    let present: [SocketAddress]
    /// Where the dead were.
    let dead: [SocketAddress]

    /// What follows from these members for `node`.
    init(of node: NodeID, among members: [Member]) {
        let others = members.filter { $0.id != node }
        rank = others.count { $0.state == .alive && $0.id > node }
        isPresent = others.contains { $0.state.isPresent }
        isLost = others.contains { $0.state == .dead }
        present = others.filter(\.state.isPresent).compactMap(\.address)
        dead = others.filter { $0.state == .dead }.compactMap(\.address)
    }
}
