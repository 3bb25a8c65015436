public import Membership
public import Wire

/// Where a datagram goes.
public enum Destination: Hashable, Sendable {
    /// To one node.
    case address(SocketAddress)
    /// By multicast, on each interface: every node of every cluster hears it.
    case group
    /// By broadcast and multicast, on each interface: for finding nodes on networks that lose either.
    case everyone
}

/// What the node wants done. This is all it can do to the world.
public enum Action: Sendable {
    /// Send a sealed datagram.
    case send([UInt8], to: Destination)
    /// Put the address on its interface, or renew its lease. Repeated while the node is Active.
    case claim(FloatingAddress)
    /// Take the address off.
    case release(FloatingAddress)
    /// Tell the LAN where the address is: gratuitous ARP, or unsolicited neighbour advertisement.
    case announce(FloatingAddress)
    /// Keep these peers on disk, in place of those kept before.
    case store([KnownPeer])
    /// Show this on the lights from now on.
    case show(Signal)
    /// Tell people.
    case tell(Event)
    /// Start anew under a new node ID: another node has this one.
    case takeNewIdentity
}
