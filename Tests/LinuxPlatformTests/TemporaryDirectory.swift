import Glibc

@testable import LinuxPlatform

/// A directory that goes away with its owner, files and one level of folders included.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/bramble-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SetUpFailure(description: "mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? shell("rm -rf '\(path)'") }

    /// Makes a file, and the folder it is in.
    func make(_ name: String, _ text: String) throws {
        if let slash = name.lastIndex(of: "/") { mkdir("\(path)/\(name[..<slash])", 0o755) }
        let file = open("\(path)/\(name)", O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SetUpFailure(description: "make \(name): \(errno)") }
        close(file)
        try SmallFile.write(text, to: "\(path)/\(name)")
    }

    func text(of name: String) throws -> String { try SmallFile.read("\(path)/\(name)") }
}
