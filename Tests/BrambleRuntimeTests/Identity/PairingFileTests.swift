import Glibc
import Logging
import NodeCore
import Synchronization
import Testing
import Wire

@testable import BrambleRuntime

@Suite("What a node keeps of pairing")
struct PairingFileTests {
    private static func sample(_ seed: UInt64 = 5) -> PairingFile {
        var random = SeededGenerator(seed: seed)
        return PairingFile(using: &random)
    }

    @Test(
        "it comes back from its text as it was", arguments: PairingRecord.Standing.allCases,
        [(false, false, false), (true, false, false), (true, true, false), (false, false, true)])
    func text(standing: PairingRecord.Standing, flags: (isEstablished: Bool, isConfigured: Bool, hasMetOthers: Bool)) {
        var record = Self.sample().record
        record.standing = standing
        record.isEstablished = flags.isEstablished
        record.isConfigured = flags.isConfigured
        record.hasMetOthers = flags.hasMetOthers
        let file = PairingFile(secret: Self.sample().secret, record: record)
        #expect(PairingFile(text: file.text) == file)
        #expect(PairingFile(text: "later 1\nmore words here\n" + file.text + "# nothing\n") == file)
    }

    @Test("a text that was cut, or lacks a line, or makes no sense, is none")
    func damaged() {
        let file = Self.sample()
        let lines = file.text.split(separator: "\n").map(String.init)
        for needed in ["secret", "group", "key", "standing"] {
            let rest = lines.filter { !$0.hasPrefix(needed) }
            #expect(rest.count == lines.count - 1)
            #expect(PairingFile(text: rest.joined(separator: "\n")) == nil, "\(needed)")
            #expect(PairingFile(text: (rest + ["\(needed) x"]).joined(separator: "\n")) == nil, "\(needed)")
        }
        // What stands behind these four may be missing.
        let needed = lines.prefix { !$0.hasPrefix("standing") }.joined(separator: "\n")
        for count in 0...needed.count { #expect(PairingFile(text: String(needed.prefix(count))) == nil) }
    }

    @Test("it is made once, and kept for nobody but its owner to read")
    func keeps() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        #expect(try files.storedPairing() == nil)
        let file = try files.pairing()
        #expect(try files.pairing() == file)
        #expect(try files.storedPairing() == file)
        var status = stat()
        #expect(stat(directory.file("pairing"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        try TestFiles.write("secret 00\n", to: directory.file("pairing"))
        let error = #expect(throws: NodeFilesError.self) { try files.pairing() }
        #expect(error?.description.contains("bramble admit") == true)
        #expect(try TestFiles.read(directory.file("pairing")) == "secret 00\n", "nothing was changed")
        // Where the cluster's keys are there, nothing of it is needed.
        var random = SeededGenerator(seed: 8)
        let key = ClusterKey(using: &random)
        let ring = try #require(KeyRing(text: "floor 0\nkey 1 \(key.text)\n"))
        let made = try files.pairing(beside: ring)
        #expect(made.record.key == key && made.record.standing == .closed)
        #expect(try files.storedPairing() == made)
    }

    @Test("a new identity has a new secret, and the same place in its group")
    func renewed() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        let (session, file) = (try files.beginSession(), try files.pairing())
        let renewed = try files.renewIdentity()
        let after = try #require(try files.storedPairing())
        #expect(renewed.session.node != session.node && renewed.pairingSecret != file.secret)
        #expect(after.secret == renewed.pairingSecret && after.record == file.record)
    }

    @Test("without pairing a new identity makes no file of it")
    func renewedWithoutPairing() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        _ = try files.renewIdentity()
        #expect(try files.storedPairing() == nil)
    }

    /// What the keeper has said of each job.
    private final class Word: Sendable {
        private let word = Mutex<[String]>([])
        var all: [String] { word.withLock { $0 } }
        func say(_ text: String) { word.withLock { $0.append(text) } }
    }

    @Test("keys are written before the record that names them, and without them it is not")
    func order() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        let keeper = try PeersKeeper(files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let file = Self.sample()
        let ring = try #require(KeyRing([.init(file.record.key, generation: 1)], floor: 0))
        // A directory in its place: it cannot be replaced by a file.
        #expect(mkdir(directory.file("keys"), 0o700) == 0)
        let word = Word()
        func keep() {
            keeper.keep(file) { word.say("pairing \($0)") }
            keeper.keep(ring) { word.say("keys \($0)") }
            _ = keeper.writeAll()
        }
        keep()
        #expect(word.all == ["keys false", "pairing false"])
        #expect(try files.storedPairing() == nil)
        #expect(rmdir(directory.file("keys")) == 0)
        keep()
        #expect(word.all.suffix(2) == ["keys true", "pairing true"])
        #expect(try files.storedPairing() == file)
    }

    @Test("what was kept for a former identity does not undo the new one")
    func renewsLast() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        let keeper = try PeersKeeper(files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let word = Word()
        keeper.renewIdentity { word.say("\($0.pairingSecret)") }
        keeper.keep(Self.sample()) { _ in }
        #expect(!keeper.writeAll())
        let kept = try #require(try files.storedPairing())
        #expect(word.all == ["\(kept.secret)"] && kept.secret != Self.sample().secret)
    }
}
