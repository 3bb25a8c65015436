internal import Glibc
internal import LinuxPlatform

/// As whom the service runs: what root may read says nothing of what the daemon may.
struct ServiceUser {
    /// Where systemd looks for units: the first that has one counts.
    static let unitDirectories = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    ]
    private static let unit = "bramble.service"

    /// Whose rights over files count; nil where this process judges by its own.
    private let user: FileRights.User?
    /// The user that the unit names.
    private let named: String?

    init(unitDirectories: [String] = Self.unitDirectories, canChange: Bool = FileRights.canChange) {
        let named = Self.named(in: unitDirectories)
        self.named = named
        user = canChange ? named.flatMap { FileRights.User($0) } ?? FileRights.User("0") : nil
    }

    /// Looks at files as the service does.
    func looking<Result>(_ work: () -> Result) -> Result {
        guard let user else { return work() }
        return FileRights.borrowed(from: user, work)
    }

    /// As whom files are looked at.
    var finding: Finding {
        guard let user else {
            return .good("files", "judged by what this user may do; `sudo bramble check` judges as the service")
        }
        let whom =
            user.name == "root"
            ? "root without the right to pass over permissions" : "\(user.name), whom \(Self.unit) names"
        guard let named, FileRights.User(named) == nil else { return .good("files", "judged as \(whom)") }
        return .problem(
            "files", "\(Self.unit) names the user \(VisibleText.of(named)), and there is none; judged as \(whom)",
            unaffected: "nothing, the daemon does not start", advice: "Make that user, or correct User= in the unit.")
    }

    /// The owner that a file of the service's is to have.
    var owner: String { user?.name ?? "root" }

    /// What the unit and its drop-ins say last.
    private static func named(in directories: [String]) -> String? {
        let main: String? = directories.map { $0 + "/" + unit }.first { (path: String) in access(path, F_OK) == 0 }
        let dropIns = directories.reversed().reduce(into: [String: String]()) { found, directory in
            for name in DirectoryNames.list("\(directory)/\(unit).d") where name.hasSuffix(".conf") {
                found[name] = "\(directory)/\(unit).d/\(name)"
            }
        }
        let files = [main].compactMap { $0 } + dropIns.sorted { $0.key < $1.key }.map(\.value)
        let settings = files.flatMap(settings)
        return settings.last.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The values of `User=` in a file of systemd's.
    private static func settings(in path: String) -> [String] {
        let bytes = (try? WholeFile.read(path, limit: 1 << 16)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.drop { $0 == " " || $0 == "\t" } }
            guard sides.count == 2, sides[0].prefix(while: { $0 != " " && $0 != "\t" }) == "User" else { return nil }
            return String(sides[1].prefix { !$0.isWhitespace })
        }
    }
}
