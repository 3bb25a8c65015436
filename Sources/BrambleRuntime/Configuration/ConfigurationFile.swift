internal import Glibc
internal import LinuxPlatform

/// A `bramble.toml` on disk.
public struct ConfigurationFile: Hashable, Sendable {
    /// Where it is looked for when nobody names a path, in this order.
    public static let usualPaths = ["/boot/firmware/bramble.toml", "/etc/bramble/bramble.toml"]
    /// The largest file that is read (bytes): a hundred times what anybody writes.
    public static let largest = 1 << 20

    /// The path that was asked for; nil to look at the usual places.
    public let requestedPath: String?
    private let places: [String]

    /// The file at `path`, or at the first usual place that has one.
    public init(_ path: String? = nil) { self.init(path, places: Self.usualPaths) }

    init(_ path: String?, places: [String]) {
        requestedPath = path
        self.places = places
    }

    /// The path of the file; nil if there is none at the usual places.
    public var path: String? {
        requestedPath ?? places.first { access($0, F_OK) == 0 }
    }

    /// Reads and checks the file.
    public func read(hostName: String = ConfigurationFile.hostName) -> Configuration.Reading {
        do throws(ConfigurationProblem) {
            let (path, text) = try contents()
            return Configuration.read(text, file: path, hostName: hostName)
        } catch {
            return Configuration.Reading(configuration: nil, readable: nil, problems: [error])
        }
    }

    /// The file's path and text.
    func contents() throws(ConfigurationProblem) -> (path: String, text: String) {
        guard let path else {
            throw ConfigurationProblem(
                file: "bramble.toml", complaint: "there is no configuration at \(places.joined(separator: " or "))",
                advice: "Make one (`bramble key new --write FILE` does, with a key), or name one with --config.")
        }
        let bytes = try Self.bytes(of: path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.prefix { byte in byte < 0x80 }.count { $0 == UInt8(ascii: "\n") }
            throw ConfigurationProblem(
                file: path, line: lines + 1, complaint: "this is no UTF-8 text",
                advice: "Save it with the encoding UTF-8.")
        }
        return (path, text)
    }

    /// The name of this machine.
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func bytes(of path: String) throws(ConfigurationProblem) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.read(path, limit: largest + 1)
        } catch {
            throw unreadable(path, error.code)
        }
        guard bytes.count <= largest else {
            throw ConfigurationProblem(
                file: path, complaint: "is larger than \(largest >> 20) MiB: this is no configuration",
                advice: "Check the path.")
        }
        return bytes
    }

    private static func unreadable(_ path: String, _ code: Int32) -> ConfigurationProblem {
        let advice =
            switch code {
            case ENOENT, ENOTDIR:
                "Make one there (`bramble key new --write FILE` does, with a key), or name another with --config."
            case EACCES, EPERM: "Use sudo, or allow this user to read it."
            case EISDIR: "Name the file in this directory."
            default: "If it is on an SD card, the card may be failing."
            }
        let reason =
            code == ENOENT ? "there is no such file" : "cannot be read: \(SystemError(call: "", code: code).reason)"
        return ConfigurationProblem(file: path, complaint: reason, advice: advice)
    }
}

/// Reads files that are small.
enum WholeFile {
    /// The file's bytes, `limit` at most.
    static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        // Not to wait for a writer, should the path be a pipe.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw SystemError(call: "read \(path)", code: errno) }
        let file = Descriptor(owning: number)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < limit {
            let count = Glibc.read(file.number, &buffer, min(buffer.count, limit - bytes.count))
            guard count >= 0 else { throw SystemError(call: "read \(path)", code: errno) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
