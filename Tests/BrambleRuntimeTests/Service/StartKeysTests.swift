import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite("The keys that a node starts with")
struct StartKeysTests {
    private static let keys: [ClusterKey] = {
        var random = SeededGenerator(seed: 31)
        return (0..<3).map { _ in ClusterKey(using: &random) }
    }()
    private static let (old, new, foreign) = (keys[0], keys[1], keys[2])

    private static func rotated() throws -> KeyRing {
        try #require(KeyRing([.init(new, generation: 1), .init(old, generation: 0)], floor: 0))
    }

    /// A start with this key in the file.
    private static func start(_ files: NodeFiles, _ key: ClusterKey?, pairing: Bool = true) throws -> StartKeys {
        var configuration = Configuration(nodeName: "pi")
        configuration.node.data = files.directory
        configuration.cluster.keyring = key.map { Keyring($0) }
        configuration.cluster.pairing = pairing
        return try StartKeys(configuration, files)
    }

    @Test("a node that has paired, and whose cluster has rotated its key, keeps that when the pairing file is lost")
    func lostPairing() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        try files.keep(Self.rotated())
        let keys = try Self.start(files, nil)
        let rotated = try Self.rotated()
        #expect(keys.ring == rotated && keys.keyring.newest == Self.new && keys.warnings.isEmpty)
        #expect(keys.pairing?.record.standing == .closed && keys.pairing?.record.isEstablished == true)
        #expect(try files.keyRing() == rotated)
        #expect(try files.storedPairing()?.record.key == Self.new)
    }

    @Test("a line that is missing for one start changes nothing, and people are told", arguments: [false, true])
    func lostLine(isRotated: Bool) throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        let paired = try files.pairing()
        if isRotated { try files.keep(Self.rotated()) }
        _ = try Self.start(files, Self.old)
        let keys = try Self.start(files, nil)
        #expect((keys.ring?.newest.key ?? keys.keyring.newest) == (isRotated ? Self.new : Self.old))
        #expect(keys.warnings == [StartKeys.lineIsGone])
        #expect(keys.pairing?.record.standing == .closed && keys.pairing?.isKeyConfigured == false)
        #expect(keys.pairing?.identity.bytes == paired.secret)
        let back = try Self.start(files, Self.old)
        #expect((back.ring?.newest.key ?? back.keyring.newest) == (isRotated ? Self.new : Self.old))
        #expect(back.warnings.isEmpty && !TestFiles.list(directory.path).contains { $0.hasPrefix("keys.set-aside") })
    }

    @Test(
        "a former group does not come back when the line is taken away, whether pairing was on or not",
        arguments: [true, false])
    func formerGroup(pairing: Bool) throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        let before = try files.pairing().record.key
        _ = try Self.start(files, Self.old, pairing: pairing)
        let keys = try Self.start(files, nil)
        #expect(keys.keyring.newest == Self.old && keys.keyring.newest != before)
    }

    @Test("a node that opened its cluster and lost the line gathers nobody by itself")
    func opened() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        var record = PairingRecord(configured: Self.old)
        record.standing = .open
        try files.keep(PairingFile(secret: files.pairing().secret, record: record))
        #expect(try Self.start(files, nil).pairing?.record.standing == .closed)
    }

    @Test("a key of another cluster sets the ring aside; a damaged one is told of")
    func others() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        try files.keep(Self.rotated())
        let moved = try Self.start(files, Self.foreign)
        #expect(moved.ring == nil && moved.warnings == [ControlLoop.movedAway])
        #expect(try TestFiles.read(directory.file("keys.set-aside")) == Self.rotated().text)
        #expect(try files.storedPairing()?.record == PairingRecord(configured: Self.foreign))
        try TestFiles.write("key\n", to: directory.file("keys"))
        for key in [Self.old, nil] {
            #expect(try Self.start(files, key).warnings.contains { $0.contains("is damaged") })
        }
    }

    @Test("what a card is given is the key in force, named or not, with the pairing file or without")
    func advice() throws {
        let directory = try TemporaryDirectory()
        let files = NodeFiles(directory: directory.path)
        #expect(try files.keys(besides: nil) == nil)
        let paired = try files.pairing().record.key
        #expect(try files.keys(besides: nil)?.newest.key == paired)
        #expect(try files.keys(besides: Keyring(Self.old))?.newest.key == Self.old)
        try files.keep(Self.rotated())
        #expect(try files.keys(besides: nil)?.newest.key == Self.new)
        #expect(try files.keys(besides: Keyring(Self.old))?.newest.key == Self.new)
    }
}
