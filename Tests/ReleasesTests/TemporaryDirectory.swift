import Glibc

@testable import Releases

/// A directory that is there for one test only.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/bramble-releases-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("mkdtemp: \(errno)") }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.removeContent(of: path)
        rmdir(path)
    }

    /// The path of `name` in this directory.
    subscript(_ name: String) -> String { path + "/" + name }

    /// Writes a file and makes the directories above it. Relative to this directory.
    func write(_ name: String, _ content: String) { write(name, Array(content.utf8)) }

    func write(_ name: String, _ content: [UInt8]) {
        makeParents(of: name)
        let file = open(self[name], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(file >= 0, "open \(name): \(errno)")
        defer { close(file) }
        _ = content.withUnsafeBytes { writeAll(file, $0) }
    }

    func append(_ name: String, _ content: String) {
        let file = open(self[name], O_WRONLY | O_APPEND | O_CLOEXEC)
        precondition(file >= 0, "open \(name): \(errno)")
        defer { close(file) }
        _ = Array(content.utf8).withUnsafeBytes { writeAll(file, $0) }
    }

    func makeDirectory(_ name: String) {
        makeParents(of: name)
        mkdir(self[name], 0o755)
    }

    func exists(_ name: String) -> Bool { access(self[name], F_OK) == 0 }

    func remove(_ name: String) { unlink(self[name]) }

    /// The names in a directory, in order.
    func list(_ name: String) -> [String] {
        let directory = Descriptor(open(self[name], O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard case .success(let found) = names(in: directory.number) else { return [] }
        return found.map { String(decoding: $0, as: UTF8.self) }
    }

    private func makeParents(of name: String) {
        var made = path
        for component in name.split(separator: "/").dropLast() {
            made += "/" + component
            mkdir(made, 0o755)
        }
    }

    private static func removeContent(of path: String) {
        let directory = Descriptor(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        guard directory.number >= 0, case .success(let found) = names(in: directory.number) else { return }
        for bytes in found {
            let name = bytes.map { CChar(bitPattern: $0) } + [0]
            if unlinkat(directory.number, name, 0) == 0 { continue }
            removeContent(of: path + "/" + String(decoding: bytes, as: UTF8.self))
            unlinkat(directory.number, name, AT_REMOVEDIR)
        }
    }
}
