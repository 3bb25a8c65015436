internal import Glibc
internal import NIOCore

/// What the system knows of a connection.
enum ConnectionEnds {
    /// Whether the client has yet to acknowledge something that was handed to the system.
    static func owes(_ channel: any Channel) -> Bool {
        guard channel.isActive else { return false }
        let queued = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { socket -> CInt in
            var bytes: CInt = 0
            return ioctl(socket, UInt(TIOCOUTQ), &bytes) == 0 ? bytes : 0
        }
        return (queued ?? 0) > 0
    }
}
