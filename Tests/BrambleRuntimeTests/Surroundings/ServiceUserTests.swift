import Glibc
import Testing

@testable import BrambleRuntime

/// What root may read says nothing of what the daemon may.
struct ServiceUserTests {
    let directory = try? TemporaryDirectory()

    private func user(_ files: [(String, String)], canChange: Bool = true) throws -> ServiceUser {
        let directory = try #require(directory)
        for name in ["etc", "etc/bramble.service.d", "usr", "usr/bramble.service.d"] {
            mkdir(directory.file(name), 0o755)
        }
        for (name, text) in files { try TestFiles.write(text, to: directory.file(name)) }
        return ServiceUser(unitDirectories: ["etc", "usr"].map(directory.file), canChange: canChange)
    }

    @Test(
        "the user is the one that the unit names last, and root where it names none",
        arguments: [
            ([], "root"), ([("usr/bramble.service", "[Service]\nUser=nobody\n")], "nobody"),
            ([("usr/bramble.service", "User=nobody"), ("etc/bramble.service", "Type=notify")], "root"),
            ([("usr/bramble.service", "User = daemon\n#User=nobody\nUserX=nobody\n")], "daemon"),
            ([("usr/bramble.service", "User=daemon"), ("etc/bramble.service.d/a.conf", "User=nobody")], "nobody"),
            ([("usr/bramble.service", "User=nobody"), ("usr/bramble.service.d/a.conf", "User=\n")], "root"),
            (
                [("usr/bramble.service.d/a.conf", "User=nobody"), ("etc/bramble.service.d/a.conf", "User=daemon")],
                "daemon"
            ),
        ] as [([(String, String)], String)])
    func names(files: [(String, String)], expected: String) throws {
        let user = try user(files)
        #expect(user.owner == expected && user.finding.found.contains(expected))
    }

    @Test("a user that is not there is a problem")
    func missing() throws {
        let finding = try user([("usr/bramble.service", "User=nobody-of-this-name")]).finding
        #expect(finding.mark == .problem && finding.found.contains("nobody-of-this-name"))
    }

    @Test("who may not look as the service says so")
    func ownRights() throws {
        let finding = try user([("usr/bramble.service", "User=nobody")], canChange: false).finding
        #expect(finding.mark == .good && finding.found.contains("sudo bramble check"))
    }

    @Test(
        "what only another may read or write is a problem although root looks, and what the service may is none",
        .enabled(if: geteuid() == 0),
        arguments: [
            ("", "daemon", 0o600, false), ("", "root", 0o600, true), ("", "daemon", 0o644, true),
            ("User=daemon", "daemon", 0o600, true), ("User=nobody", "daemon", 0o600, false),
            ("User=daemon", "root", 0o600, false),
        ] as [(String, String, mode_t, Bool)])
    func rights(unit: String, owner: String, mode: mode_t, isGood: Bool) throws {
        let directory = try #require(directory)
        let service = try user([("usr/bramble.service", unit)])
        chmod(directory.path, 0o755)
        for name in ["site", "site/deep", "data"] { mkdir(directory.file(name), 0o755) }
        let key = KeyAdvice.NewKey()
        let places = "control = \"\(directory.file("s"))\"\ndata = \"\(directory.file("data"))\"\n"
        try TestFiles.write(
            "[node]\n\(places)[site]\ndirectory = \"\(directory.file("site"))\"\n[floating]\naddresses = []\n\(key.lines)",
            to: directory.file("bramble.toml"))
        let entry = try #require(getpwnam(owner)).pointee
        for name in ["bramble.toml", "site/index.html", "site/deep/page", "data/identity"] {
            if name != "bramble.toml" { try TestFiles.write("", to: directory.file(name)) }
            chown(directory.file(name), entry.pw_uid, entry.pw_gid)
            chmod(directory.file(name), mode)
        }
        let serving = try #require(getpwnam(service.owner)).pointee
        chown(directory.file("data"), serving.pw_uid, serving.pw_gid)
        func troubled() -> Set<String> {
            let report = SurroundingsCheck.run(ConfigurationFile(directory.file("bramble.toml")), as: service)
            return Set(report.findings.filter { $0.mark == .problem }.map(\.subject))
                .intersection(["configuration", "site", "data", "files"])
        }
        #expect(troubled() == (isGood ? [] : ["configuration", "site", "data"]))
        // Not the first page alone.
        chmod(directory.file("site/index.html"), 0o644)
        #expect(troubled().contains("site") == !isGood)
        chmod(directory.file("site/deep/page"), 0o644)
        #expect(!troubled().contains("site"))
        // Afterwards all is as it was.
        #expect(open(directory.file("bramble.toml"), O_RDONLY | O_CLOEXEC) >= 0)
    }

    @Test("a directory that the service may not write to is a problem", .enabled(if: geteuid() == 0))
    func writing() throws {
        let directory = try #require(directory)
        let service = try user([("usr/bramble.service", "User=daemon")])
        chmod(directory.path, 0o755)
        #expect(service.looking { DirectoryChecks.data(directory.path) }.mark == .problem)
        chmod(directory.path, 0o777)
        #expect(service.looking { DirectoryChecks.data(directory.path) }.mark == .good)
    }
}
