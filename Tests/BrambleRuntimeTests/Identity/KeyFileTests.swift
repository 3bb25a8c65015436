import Glibc
import Membership
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

struct KeyFileTests {
    private static let (old, new): (ClusterKey, ClusterKey) = {
        var random = SeededGenerator(seed: 7)
        return (ClusterKey(using: &random), ClusterKey(using: &random))
    }()

    /// The old key, replaced; and dropped, if it is.
    private static func ring(isDropped: Bool = false) throws -> KeyRing {
        let ring = try #require(KeyRing([.init(new, generation: 1), .init(old, generation: 0)], floor: 0))
        guard isDropped else { return ring }
        let mark = "\(String(old.hint, radix: 16)) \(old.fingerprint)"
        return try #require(KeyRing(text: "floor 2\nkey 2 \(new.text)\ndropped 2 \(mark)\n"))
    }

    @Test("keys are kept for nobody but their owner to read, and come back as they were")
    func keeps() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        #expect(try files.keyRing() == nil)
        let ring = try Self.ring()
        try files.keep(ring)
        #expect(try files.keyRing() == ring)
        var status = stat()
        #expect(stat(directory.file("keys"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        try files.keep(nil)
        #expect(try files.keyRing() == nil)
        #expect(try TestFiles.read(directory.file("keys.set-aside")) == ring.text)
        try files.keep(nil)
        // Another time, another cluster: what was set aside first may be the one that is missed.
        for number in 2...3 {
            try files.keep(Self.ring(isDropped: true))
            try files.keep(nil)
            #expect(TestFiles.list(directory.path).contains("keys.set-aside.\(number)"))
        }
        #expect(try TestFiles.read(directory.file("keys.set-aside")) == ring.text)
    }

    @Test("a damaged file is told as such", arguments: ["", "key 1 bramble-key-abc\n", "floor x\n", "floor 3\n"])
    func damaged(text: String) throws {
        let directory = try TemporaryDirectory()
        try TestFiles.write(text, to: directory.file("keys"))
        let error = #expect(throws: NodeFilesError.self) { try NodeFiles(directory: directory.path).keyRing() }
        #expect(error?.description.contains("bramble key show") == true)
    }

    @Test("what the keys in a file are to those on the disk", arguments: [false, true])
    func standing(isDropped: Bool) throws {
        let ring = try Self.ring(isDropped: isDropped)
        #expect(KeyReporting.standing(of: Keyring(Self.new), in: ring) == "current")
        #expect(KeyReporting.standing(of: Keyring(Self.old), in: ring) == (isDropped ? "dropped" : "behind"))
    }
}

struct KeyProgressTests {
    private static func report(
        newest: String = "new", older: [String] = ["old"], phase: KeyStatus.Phase = .spreading,
        lacking: [(String, MemberStatus.State)] = [], isStoring: Bool = false
    ) -> StatusReport {
        func absentee(_ name: String, _ state: MemberStatus.State) -> KeyStatus.Absentee {
            KeyStatus.Absentee(id: name, name: name, state: state, canTakeKeys: true)
        }
        var report = SampleReports.healthy
        report.cluster.keys = KeyStatus(
            phase: phase, generation: 1, newest: .init(fingerprint: newest, mark: "m"),
            older: older.map { .init(fingerprint: $0, mark: "m") }, dropped: [], lacking: lacking.map(absentee),
            notDropped: [], isStoring: isStoring, file: "current")
        return report
    }

    @Test("a rotation is done when all that are up seal with the key, whoever is away")
    func rotation() throws {
        func progress(_ report: StatusReport) throws -> KeyProgress {
            try #require(KeyProgress(of: "new", isDrop: false, in: report))
        }
        #expect(try progress(Self.report(newest: "old", older: [], isStoring: true)).isSpread == false)
        #expect(try progress(Self.report(newest: "old", older: [])).hasFailed)
        let waiting = try progress(Self.report(lacking: [("pi-fir", .alive), ("pi-oak", .dead), ("pi-elm", .left)]))
        #expect(!waiting.isSpread && waiting.awaited == ["pi-fir"] && waiting.away == ["pi-oak", "pi-elm"])
        #expect(waiting.text(isDrop: false).contains("waiting for pi-fir"))
        #expect(try !progress(Self.report()).isSpread, "it is everywhere, and not in use")
        let done = try progress(Self.report(phase: .sealing, lacking: [("pi-oak", .dead)]))
        #expect(done.isSpread && !done.isAlone)
        #expect(done.text(isDrop: false).hasSuffix("seal with new"))
        let lost = try progress(Self.report(newest: "other", older: ["new", "old"], phase: .sealing))
        #expect(lost.isSpread && lost.text(isDrop: false).contains("another rotation"))
        #expect(lost.text(isDrop: false).hasSuffix("seal with other"))
    }

    @Test("a drop is done when no older key opens anywhere")
    func drop() throws {
        var report = Self.report(older: [], phase: .settled)
        var progress = try #require(KeyProgress(of: "new", isDrop: true, in: report))
        #expect(progress.isAlone)
        report.cluster.keys?.notDropped = [.init(id: "1", name: "pi-fir", state: .alive, canTakeKeys: true)]
        progress = try #require(KeyProgress(of: "new", isDrop: true, in: report))
        #expect(!progress.isAlone && progress.text(isDrop: true).contains("pi-fir"))
    }

    @Test(
        "a request to change keys is read as it was written",
        arguments: [
            ControlRequest.rotateKey, .dropKey(force: false), .dropKey(force: true),
        ])
    func requests(request: ControlRequest) throws {
        #expect(try ControlRequest(line: request.line) == request)
    }
}
