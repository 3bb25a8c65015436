import Glibc

/// What a test needs of the system beyond the ordinary. glibc has these calls, Swift's Glibc module does not.
enum System {
    private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    /// Runs `body` without root's right to read and write everything. Only this thread loses it.
    static func unprivileged<Result>(_ body: () throws -> Result) rethrows -> Result {
        typealias Call = @convention(c) (UInt32) -> Int32
        guard geteuid() == 0, let setfsuid = function("setfsuid", as: Call.self) else { return try body() }
        _ = setfsuid(65534)
        defer { _ = setfsuid(0) }
        return try body()
    }

    private typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt, UnsafeRawPointer?
        ) -> Int32
    private typealias Unmount = @convention(c) (UnsafePointer<CChar>?, Int32) -> Int32

    /// Mounts a file system in memory of this many bytes; false when that is not allowed here.
    static func mountMemory(at path: String, bytes: Int) -> Bool {
        guard let mount = function("mount", as: Mount.self) else { return false }
        return "size=\(bytes)".withCString { mount("none", path, "tmpfs", 0, $0) } == 0
    }

    /// Makes a mounted file system read-only.
    static func makeReadOnly(_ path: String) -> Bool {
        let readOnly: UInt = 1
        let remount: UInt = 32
        guard let mount = function("mount", as: Mount.self) else { return false }
        return mount("none", path, "tmpfs", readOnly | remount, nil) == 0
    }

    static func unmount(_ path: String) {
        let detach: Int32 = 2
        if let unmount = function("umount2", as: Unmount.self) { _ = unmount(path, detach) }
    }

    /// Whether tests may mount: root may.
    static let canMount: Bool = {
        let directory = TemporaryDirectory()
        guard mountMemory(at: directory.path, bytes: 4096) else { return false }
        unmount(directory.path)
        return true
    }()
}
