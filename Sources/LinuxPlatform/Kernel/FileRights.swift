internal import CLinux
internal import Glibc

/// The rights over files of the calling thread.
public enum FileRights {
    /// A user of this machine, with the groups that are the user's.
    public struct User: Hashable, Sendable {
        /// The name.
        public let name: String
        fileprivate let user: uid_t
        fileprivate let groups: [gid_t]

        /// The user with this name or number; nil if there is none.
        public init?(_ name: String) {
            guard let entry = uid_t(name).flatMap({ getpwuid($0) }) ?? getpwnam(name) else { return nil }
            var groups = [gid_t](repeating: 0, count: 256)
            var count = Int32(groups.count)
            guard getgrouplist(entry.pointee.pw_name, entry.pointee.pw_gid, &groups, &count) >= 0 else { return nil }
            self.name = String(cString: entry.pointee.pw_name)
            user = entry.pointee.pw_uid
            self.groups = [entry.pointee.pw_gid] + groups.prefix(Int(count)).dropFirst()
        }
    }

    /// Whether the calling thread may take another's.
    public static var canChange: Bool { geteuid() == 0 }

    /// Does something with this user's rights over files; root's, and anyone's, without the capabilities that pass over
    /// permissions. Where that cannot be had (see `canChange`), with those that the thread has.
    public static func borrowed<Result>(from user: User, _ work: () -> Result) -> Result {
        var own = bramble_file_rights()
        guard canChange, bramble_get_file_rights(&own) == 0 else { return work() }
        var theirs = own
        theirs.user = user.user
        theirs.group = user.groups.first ?? 0
        theirs.group_count = Int32(user.groups.count)
        withUnsafeMutableBytes(of: &theirs.groups) { places in
            user.groups.withUnsafeBytes { places.copyMemory(from: $0) }
        }
        bramble_without_override(&theirs)
        defer { _ = bramble_set_file_rights(&own) }
        _ = bramble_set_file_rights(&theirs)
        return work()
    }
}
