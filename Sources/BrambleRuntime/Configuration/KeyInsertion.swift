internal import Glibc
internal import LinuxPlatform
public import Wire

/// Puts a cluster key into a `bramble.toml`, and leaves everything else in it as it is.
public enum KeyInsertion {
    /// Why a file was left alone.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong, and what to do.
        public let description: String
    }

    /// The text with the key under `[cluster]`; throws if it has a key already, or is no good otherwise.
    static func insert(_ key: ClusterKey, into text: String, file: String) throws(Refusal) -> String {
        let document: TOMLDocument
        do {
            document = try TOMLDocument(text)
        } catch {
            throw Refusal(description: "\(file): \(error.reason). Put that right first.")
        }
        let setting = "key = \"\(key.text)\""
        guard let cluster = document.root["cluster"] else {
            let gap =
                text.isEmpty
                ? "" : (text.utf8.last == UInt8(ascii: "\n") ? "\n" : "\n\n")
            return text + gap + "[cluster]\n\(setting)\n"
        }
        guard case .table(let values) = cluster else {
            throw Refusal(description: "\(file): cluster is no table. Write [cluster] on a line of its own.")
        }
        if let name = ["key", "keys"].first(where: { values[$0] != nil }) {
            let line = document.locator.line(of: "cluster.\(name)").map { ":\($0)" } ?? ""
            throw Refusal(
                description: "\(file)\(line): there is a cluster key already, and it was left as it is. "
                    + "`bramble key rotate` changes it while the cluster runs.")
        }
        return try insert(setting, afterHeaderIn: text, file: file, line: document.locator.line(of: "cluster"))
    }

    /// Inserts the key into the file at `path`, making the file if there is none.
    ///
    /// The new text goes to a temporary file, to disk, and then in one step to its place: a cut of power leaves the old
    /// file or the new one. A file that is made new is for its owner only, as it holds a secret; another keeps
    /// its mode.
    public static func insert(_ key: ClusterKey, intoFileAt path: String) throws(Refusal) {
        let isNew = access(path, F_OK) != 0 && errno == ENOENT
        var text = ""
        if !isNew {
            do throws(ConfigurationProblem) {
                text = try ConfigurationFile(path).contents().text
            } catch {
                throw Refusal(description: "\(error)")
            }
        }
        // Through a symbolic link to the file itself: the link stays one.
        let target = resolved(path)
        try replace(target, with: try insert(key, into: text, file: path), isNew: isNew)
    }

    /// Works on bytes, as a line that ends in CR LF ends in one character.
    private static func insert(
        _ setting: String, afterHeaderIn text: String, file: String, line: Int?
    ) throws(Refusal) -> String {
        let newline = UInt8(ascii: "\n")
        var lines = text.utf8.split(separator: newline, omittingEmptySubsequences: false).map(Array.init)
        guard let line, line <= lines.count,
            lines[line - 1].first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "[")
        else {
            throw Refusal(
                description: "\(file): [cluster] does not stand on a line of its own here. Add this to it: \(setting)")
        }
        let ending: [UInt8] = lines[line - 1].last == 13 ? [13] : []
        lines.insert(Array(setting.utf8) + ending, at: line)
        if line == lines.count - 1 { lines.append([]) }
        return String(decoding: Array(lines.joined(separator: [newline])), as: UTF8.self)
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func replace(_ path: String, with text: String, isNew: Bool) throws(Refusal) {
        let temporary = "\(path).new-\(getpid())"
        let number = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw failure("make a file beside \(path)") }
        do throws(Refusal) {
            try write(text, to: Descriptor(owning: number), as: path, isNew: isNew)
            guard rename(temporary, path) == 0 else { throw failure("replace \(path)") }
        } catch {
            unlink(temporary)
            throw error
        }
        syncDirectory(of: path)
    }

    private static func write(
        _ text: String, to file: consuming Descriptor, as path: String, isNew: Bool
    ) throws(Refusal) {
        var status = stat()
        if !isNew, stat(path, &status) == 0 {
            // On a FAT partition there are no owners and modes: what cannot be kept there is not lost. A key is nobody else's.
            _ = fchmod(file.number, status.st_mode & 0o7770)
            _ = fchown(file.number, status.st_uid, status.st_gid)
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("write \(path)") }
            rest = rest.dropFirst(count)
        }
        guard fsync(file.number) == 0 else { throw failure("write \(path)") }
    }

    private static func syncDirectory(of path: String) {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let number = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return }
        _ = fsync(number)
        close(number)
    }

    private static func failure(_ call: @autoclosure () -> String) -> Refusal {
        let code = errno
        let advice = [EACCES, EPERM, EROFS].contains(code) ? " Nothing was changed. Use sudo, or check the mount." : ""
        return Refusal(description: "cannot \(call()): \(SystemError(call: "", code: code).reason).\(advice)")
    }
}
