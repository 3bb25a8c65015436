internal import CLinux

/// Who is at the other end of a Unix socket, as the kernel vouches for it (SO_PEERCRED).
public struct PeerCredentials: Hashable, Sendable {
    /// The process at the time it connected.
    public let process: Int32
    /// Its effective user.
    public let user: UInt32
    /// Its effective group.
    public let group: UInt32

    /// The peer of a connected Unix socket.
    public init(of descriptor: Int32) throws(SystemError) {
        var found = bramble_credentials()
        try check(bramble_peer_credentials(descriptor, &found), "ask who is connected")
        process = found.process
        user = found.user
        group = found.group
    }
}
