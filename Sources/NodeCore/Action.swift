public import Membership
public import VRRP
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

/// A node to which a lifeline is held: a TCP connection over which nothing flows, and whose end says that the other
/// process has ended.
public struct LifelinePeer: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// Where its gossip comes from; lifelines go to the TCP port of the same number.
    public let address: SocketAddress

    /// The node at this address.
    public init(node: NodeID, address: SocketAddress) {
        self.node = node
        self.address = address
    }
}

/// What the node wants done. This is all it can do to the world.
public enum Action: Sendable {
    /// Send a sealed datagram.
    case send([UInt8], to: Destination)
    /// Send an advertisement as a packet of its own, from this node's primary address on the link of the virtual
    /// router's addresses: in standard mode (RFC 9568 §5.1).
    case advertise(Advertisement)
    /// Put the address on its interface, or renew its lease. Repeated while the node is Active.
    case claim(FloatingAddress)
    /// Take the address off.
    case release(FloatingAddress)
    /// Another node answers for the address from now on. Requests under way here may be finished. When this node does
    /// not answer for it any more, `relinquished` is to be called.
    case relinquish(FloatingAddress)
    /// This node is about to claim an address that the node at `from` hands over: connections made there stay there. When
    /// that is seen to, or cannot be, `adopted` is to be called; the address is not claimed before, but for a few intervals.
    case adopt(FloatingAddress, from: SocketAddress)
    /// Hold a lifeline to each of these nodes, and to no other.
    case lifelines([LifelinePeer])
    /// Ask the kernel of this node's machine for a sign of life, over the lifeline to it. If it gives one, `gaveSignOfLife` is
    /// to be called, before the next `deadlineReached`.
    case askForSignOfLife(NodeID)
    /// Try to connect to the TCP port with the number of the gossip port there, and call `knocked` with what came of it.
    case knock(KnockTarget)
    /// Tell the LAN where the address is: gratuitous ARP, or unsolicited neighbour advertisement.
    case announce(FloatingAddress)
    /// Keep these peers on disk, in place of those kept before.
    case store([KnownPeer])
    /// Ask a DHCP server.
    case sendDHCP(DHCPRequest)
    /// Keep this record of the cluster's lease on disk, in place of the one kept before.
    case storeLease(LeaseRecord)
    /// Keep these keys on disk, in place of those kept before; `keysStored` is to be called when they are there, or
    /// `keysNotStored` when they cannot be.
    case storeKeys(KeyRing)
    /// The node has left the cluster whose keys are on the disk: they are not to be found there any more, but by people.
    case setKeysAside
    /// Keep this record of pairing on disk, in place of the one kept before, and not before the keys that were to be stored;
    /// `pairingStored` is to be called when it is there, or `pairingNotStored` when it cannot be.
    case storePairing(PairingRecord)
    /// The floating addresses are these from now on.
    case useAddresses([FloatingAddress])
    /// Show this on the lights from now on.
    case show(Signal)
    /// Tell people.
    case tell(Event)
    /// Start anew under a new node ID: another node has this one.
    case takeNewIdentity
}
