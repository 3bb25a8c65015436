internal import CLinux
internal import Glibc

/// Accepts connections at a path.
public final class UnixListener {
    private let socket: Descriptor
    private let path: String
    private let identity: (device: UInt64, inode: UInt64)?

    /// Listens at `path`, with these permissions.
    ///
    /// A socket that a dead process left there is replaced, but only after a refused connection has shown that no one
    /// listens. A living listener (EADDRINUSE) and a file that is no socket (ENOTSOCK) stay as they are.
    public init(path: String, mode: UInt32 = 0o660) throws(SystemError) {
        let call = "listen at \(path)"
        // Two processes that start at once must not take each other's fresh socket for a stale one.
        let guardian = try Descriptor(open(Self.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC), call)
        guard flock(guardian.number, LOCK_EX | LOCK_NB) == 0 else { throw Self.taken(path) }
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = try Descriptor.socket(AF_UNIX, flags, 0, "a control socket")
        // The mode of the unbound socket becomes that of the file, so no one gets in between bind and chmod.
        _ = fchmod(socket.number, mode)
        try Self.clear(path)
        try check(bramble_bind_unix(socket.number, path), call)
        try check(chmod(path, mode), call)
        try check(listen(socket.number, 16), call)
        var identity = (device: UInt64(0), inode: UInt64(0))
        let found = bramble_is_socket(path, &identity.device, &identity.inode)
        self.identity = found == 1 ? identity : nil
        self.socket = socket
        self.path = path
    }

    /// The path is removed, unless another socket has taken its place.
    deinit {
        var now = (device: UInt64(0), inode: UInt64(0))
        guard let identity, bramble_is_socket(path, &now.device, &now.inode) == 1, now == identity else { return }
        unlink(path)
    }

    /// To be watched for reading.
    public var descriptor: Int32 { socket.number }

    /// The next connection that waits; nil if none does.
    public func accept() throws(SystemError) -> UnixConnection? {
        let number = bramble_accept(socket.number)
        guard number < 0 else { return UnixConnection(Descriptor(owning: number)) }
        if [EAGAIN, EINTR, ECONNABORTED].contains(errno) { return nil }
        throw .current("accept a connection at \(path)")
    }

    /// Removes what a dead process left at the path.
    private static func clear(_ path: String) throws(SystemError) {
        var identity = (device: UInt64(0), inode: UInt64(0))
        let found = bramble_is_socket(path, &identity.device, &identity.inode)
        if found < 0 { return }
        guard found == 1 else {
            throw SystemError(
                call: "listen at \(path)", code: ENOTSOCK, advice: "A file that is no socket has this name: move it away.")
        }
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        let probe = try Descriptor.socket(AF_UNIX, flags, 0, "a control socket")
        guard bramble_connect_unix(probe.number, path) != 0, errno == ECONNREFUSED else { throw taken(path) }
        try check(unlink(path), "remove the stale socket \(path)")
    }

    private static func taken(_ path: String) -> SystemError {
        SystemError(
            call: "listen at \(path)", code: EADDRINUSE,
            advice: "Another bramble runs here already: stop it, or give this one another [node] control path.")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
