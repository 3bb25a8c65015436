internal import Glibc

/// Who may ask a daemon.
public enum SocketAccess {
    /// What a user is to do who may not use the socket at `path`: a group that only root is in is none to join.
    public static func advice(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "Use sudo." }
        return advice(group: status.st_gid, name: getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) })
    }

    static func advice(group: UInt32, name: String?) -> String {
        guard group != 0, let name else { return "Use sudo." }
        return "Use sudo, or join the socket's group: `sudo usermod -aG \(name) $USER`, and log in again."
    }
}
