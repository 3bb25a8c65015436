internal import CLinux
internal import Glibc
public import Wire

/// Something that changed in the network of this machine.
public enum NetworkChange: Hashable, Sendable {
    /// An interface appeared, or went up or down, or lost or found its cable. Its addresses are not in it.
    case link(Interface)
    /// An interface is gone.
    case linkRemoved(index: UInt32, name: String)
    /// An address appeared on an interface, or its lifetime or flags changed (each renewal of a claim, too).
    case addressAdded(Interface.Address, interface: UInt32)
    /// An address is gone from an interface: it was removed, or its lifetime ended. `by` is the port of the netlink
    /// socket that asked for it (`Culprit`); 0 when its lifetime ended, when another kernel interface was used, and for
    /// IPv6 always.
    case addressRemoved(IPAddress, interface: UInt32, by: UInt32)
    /// The kernel had more to say than there was room for: list the interfaces anew.
    case overrun
}

/// Hears of changes to links and addresses.
public final class NetworkMonitor: Sendable {
    private let socket: NetlinkSocket

    /// A monitor of the calling thread's network namespace; changes from now on are kept until they are drained.
    public init() throws(SystemError) {
        socket = try NetlinkSocket(groups: UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
    }

    /// To be watched for reading.
    public var descriptor: Int32 { socket.descriptor }

    /// The changes since the last call, oldest first, at most as many as `limit` datagrams hold; never blocks.
    public func drain(limit: Int = 64) -> [NetworkChange] {
        var changes: [NetworkChange] = []
        for _ in 0..<limit {
            switch socket.receive(flags: Int32(MSG_DONTWAIT)) {
            case .failed(EAGAIN): return changes
            case .failed: if changes.last != .overrun { changes.append(.overrun) }
            case .messages(let messages): changes += messages.compactMap(NetworkChange.init)
            }
        }
        return changes
    }
}

extension NetworkChange {
    /// Reads one message of the kernel; nil if it is about something else.
    init?(_ message: NetlinkMessage) {
        switch Int(message.type) {
        case RTM_NEWLINK:
            guard let interface = Interface(link: message) else { return nil }
            self = .link(interface)
        case RTM_DELLINK:
            guard let interface = Interface(link: message) else { return nil }
            self = .linkRemoved(index: interface.index, name: interface.name)
        case RTM_NEWADDR:
            guard let (index, address) = Interface.Address.read(message) else { return nil }
            self = .addressAdded(address, interface: index)
        case RTM_DELADDR:
            guard let (index, address) = Interface.Address.read(message) else { return nil }
            self = .addressRemoved(address.ip, interface: index, by: message.port)
        default: return nil
        }
    }
}
