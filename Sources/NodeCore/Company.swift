internal import Membership
internal import Wire

/// What the election and the lights have to know of the other members. Made anew when a member has changed, for they
/// ask at every event, fifty advertisements a second among them.
struct Company: Sendable {
    /// Another member.
    struct Other: Hashable, Sendable {
        let node: NodeID
        let address: SocketAddress?
        /// Its VRRP priority.
        let priority: UInt8

        init(_ member: Member) {
            (node, address, priority) = (member.id, member.address, member.info.priority)
        }
    }

    /// The members that are alive, serve, and are not drained, sorted by node ID.
    let candidates: [Other]
    /// The members that are alive or suspect, sorted by node ID.
    let present: [Other]
    /// Whether another member is alive, or at least suspect.
    let isPresent: Bool
    /// How many others there are, the dead included.
    let count: Int
    /// Whether another member died.
    let isLost: Bool
    /// They, as membership knows them.
    let presentMembers: [Member]
    /// Where the members are that are alive or suspect.
    let presentAddresses: [SocketAddress]
    /// Where the dead were.
    let dead: [SocketAddress]
    /// Who is at an address, the dead included: one may have been called dead too early, and still lead.
    let nodes: [IPAddress: NodeID]

    /// What follows from these members for `node`.
    init(of node: NodeID, among members: [Member]) {
        let others = members.filter { $0.id != node }
        count = others.count
        candidates = others.filter { $0.state == .alive && $0.info.serving && !$0.info.draining }
            .map { Other($0) }
        presentMembers = others.filter(\.state.isPresent)
        present = presentMembers.map { Other($0) }
        isPresent = others.contains { $0.state.isPresent }
        isLost = others.contains { $0.state == .dead }
        presentAddresses = present.compactMap(\.address)
        nodes = Dictionary(
            others.compactMap { member in member.address.map { ($0.ip, member.id) } },
            uniquingKeysWith: { first, _ in first })
        dead = others.filter { $0.state == .dead }.compactMap(\.address)
    }
}
