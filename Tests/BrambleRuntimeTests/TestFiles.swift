import Glibc

/// Files for tests.
enum TestFiles {
    struct Failure: Error { let call: String }

    /// Whether expectations are to be written instead of compared.
    static var isRecording: Bool { getenv("BRAMBLE_RECORD") != nil }

    /// The names in a directory, sorted.
    static func list(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw Failure(call: "read \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure(call: "write \(path)") }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(call: "write \(path)") }
    }
}

/// A directory that goes away with the value that owns it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/bramble-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw TestFiles.Failure(call: "make a directory") }
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    private static func remove(_ path: String) {
        for name in TestFiles.list(path) {
            let inner = "\(path)/\(name)"
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }
}

extension String {
    /// A path without its last component.
    var droppingLastComponent: String { lastIndex(of: "/").map { String(self[..<$0]) } ?? "." }
}
