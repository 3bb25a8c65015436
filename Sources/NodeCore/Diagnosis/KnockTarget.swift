/// At whose door to knock.
public enum KnockTarget: Hashable, Sendable {
    /// That of a dead member.
    case member(LifelinePeer)
    /// That of this network's gateway, which tells whether the network is there at all.
    case gateway
}
