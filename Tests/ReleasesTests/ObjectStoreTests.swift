import Glibc
import Testing

@testable import Releases

struct ObjectStoreTests {
    let directory = TemporaryDirectory()

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func manifest(_ store: ObjectStore, _ content: String) throws -> Manifest {
        let id = try store.put(bytes(content))
        let entry = Manifest.Entry(path: "index.html", object: id, size: UInt64(content.utf8.count))
        return try Manifest(entries: [entry])
    }

    @Test("what was put is read again, also by a store opened later")
    func roundTrip() throws {
        let id = try ObjectStore(directory: directory["a/b/store"]).put(bytes("foo"))
        let store = try ObjectStore(directory: directory["a/b/store"])
        #expect(try store.read(id) == bytes("foo"))
        #expect(try store.contains(id))
        #expect(try store.size(of: id) == 3)
        #expect(directory.exists("a/b/store/objects/2c/26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"))
    }

    @Test(
        "a file of any size is stored in pieces under the hash of its bytes",
        arguments: [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes + 17])
    func streams(size: Int) throws {
        let store = try ObjectStore(directory: directory["store"])
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        directory.write("file", content)
        let file = Descriptor(open(directory["file"], O_RDONLY))
        let stored = try store.put(contentsOf: file.number)
        #expect(stored.id == ObjectID(hashing: content))
        #expect(stored.size == UInt64(size))
        #expect(try store.read(stored.id) == content)
        #expect(directory.list("store/tmp").isEmpty)
    }

    @Test("the same content is stored once")
    func deduplicates() throws {
        let renamed = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: renamed.fault)
        let id = try store.put(bytes("foo"))
        let before = renamed.count(of: .rename)
        #expect(try store.put(bytes("foo")) == id)
        directory.write("file", "foo")
        let file = Descriptor(open(directory["file"], O_RDONLY))
        #expect(try store.put(contentsOf: file.number).id == id)
        #expect(renamed.count(of: .rename) == before)
    }

    @Test("an object that is open can be read to its end after it was removed")
    func openOutlivesRemoval() throws {
        let store = try ObjectStore(directory: directory["store"])
        let object = try store.open(try store.put(bytes("foo")))
        #expect(try store.removeUnreferenced(keeping: []).objects == 1)
        #expect(object.size == 3)
        let descriptor = object.takeDescriptor()
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(read(descriptor, &buffer, 8) == 3)
        #expect(buffer.prefix(3) == bytes("foo")[...])
    }

    @Test("a damaged object is refused and makes room for a good one", arguments: ["fox", "fo", "fooo", ""])
    func damagedObject(content: String) throws {
        let store = try ObjectStore(directory: directory["store"])
        let id = try store.put(bytes("foo"))
        directory.write("store/" + ObjectStore.file(of: id), content)
        #expect(throws: StoreError.objectDamaged(id)) { try store.read(id) }
        #expect(throws: StoreError.objectMissing(id)) { try store.read(id) }
        #expect(throws: StoreError.objectMissing(id)) { _ = try store.open(id).size }
        try store.put(bytes("foo"))
        #expect(try store.read(id) == bytes("foo"))
    }

    @Test("opening removes what a crash left behind, but not what another still writes")
    func temporaryFiles() throws {
        let first = try ObjectStore(directory: directory["store"])
        directory.write("store/tmp/1-1", "half")
        let second = try ObjectStore(directory: directory["store"])
        #expect(directory.list("store/tmp") == ["1-1"])
        withExtendedLifetime((first, second)) {}
        do {
            let other = TemporaryDirectory()
            other.write("store/tmp/1-1", "half")
            let store = try ObjectStore(directory: other["store"])
            #expect(other.list("store/tmp").isEmpty)
            withExtendedLifetime(store) {}
        }
    }

    @Test("a store of a newer version is left alone")
    func unknownFormat() throws {
        directory.write("store/format", "bramble-store 2\n")
        directory.write("store/tmp/1-1", "half")
        #expect(throws: StoreError.unknownFormat(path: directory["store"])) {
            try ObjectStore(directory: directory["store"])
        }
        #expect(directory.list("store") == ["format", "tmp"])
        #expect(directory.list("store/tmp") == ["1-1"])
    }

    @Test("the active release and those before it are remembered, the latest first")
    func history() throws {
        let store = try ObjectStore(directory: directory["store"])
        #expect(try store.active == nil)
        let ids = try ["1", "2", "3"].map { try store.keep(manifest(store, $0)) }
        for id in ids { try store.activate(id) }
        try store.activate(ids[1])
        #expect(try store.active == ids[1])
        #expect(try store.history == [ids[1], ids[2], ids[0]])
        #expect(try ObjectStore(directory: directory["store"]).history == [ids[1], ids[2], ids[0]])
        #expect(try store.releases == ids.sorted())
    }

    @Test("the history has an end")
    func historyIsBounded() throws {
        let store = try ObjectStore(directory: directory["store"])
        for number in 0..<(ObjectStore.rememberedReleases + 3) {
            try store.activate(try store.keep(manifest(store, "\(number)")))
        }
        #expect(try store.history.count == ObjectStore.rememberedReleases)
        try store.probe()
    }

    @Test("a release that is not there or is damaged does not become active")
    func activateChecks() throws {
        let store = try ObjectStore(directory: directory["store"])
        let good = try store.keep(manifest(store, "1"))
        try store.activate(good)
        let other = try manifest(store, "2")
        #expect(throws: StoreError.releaseMissing(other.id)) { try store.activate(other.id) }
        try store.keep(other)
        directory.write("store/releases/\(other.id)", "bramble-manifest 1 entries 0\n")
        #expect(throws: StoreError.releaseDamaged(other.id)) { try store.activate(other.id) }
        #expect(try store.active == good)
        try store.keep(other)
        try store.activate(other.id)
        #expect(try store.active == other.id)
    }

    @Test("a damaged active file is reported, and the next activation repairs it", arguments: ["", "x\n", "00"])
    func damagedActive(content: String) throws {
        let store = try ObjectStore(directory: directory["store"])
        let id = try store.keep(manifest(store, "1"))
        directory.write("store/active", content)
        #expect(throws: StoreError.fileDamaged(path: directory["store/active"])) { try store.active }
        try store.activate(id)
        #expect(try store.active == id)
    }

    @Test("old releases go with the objects that only they name; the active one stays, asked for or not")
    func garbage() throws {
        let store = try ObjectStore(directory: directory["store"])
        let manifests = try ["one", "two", "three"].map { try manifest(store, $0) }
        for manifest in manifests { try store.activate(store.keep(manifest)) }
        let removed = try store.removeUnreferenced(keeping: [manifests[0].id])
        #expect(removed == RemovedContent(releases: 1, objects: 1, bytes: 3))
        #expect(try store.releases == [manifests[0].id, manifests[2].id].sorted())
        #expect(try store.read(manifests[2].entries[0].object) == bytes("three"))
        #expect(try !store.contains(manifests[1].entries[0].object))
        #expect(try store.removeUnreferenced(keeping: [manifests[0].id]) == RemovedContent())
    }

    @Test("nothing is removed while a release that stays is damaged")
    func garbageWithDamage() throws {
        let store = try ObjectStore(directory: directory["store"])
        let manifests = try ["one", "two"].map { try manifest(store, $0) }
        for manifest in manifests { try store.activate(store.keep(manifest)) }
        directory.write("store/releases/\(manifests[1].id)", "x")
        #expect(throws: StoreError.releaseDamaged(manifests[1].id)) { try store.removeUnreferenced(keeping: []) }
        for manifest in manifests { #expect(try store.contains(manifest.entries[0].object)) }
    }

    @Test("the probe fails when the store is gone or unreadable")
    func probe() throws {
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        try store.probe()
        recorder.fail(every: .read, with: EIO)
        #expect(throws: StoreError.diskFailing(path: directory["store/format"])) { try store.probe() }
        recorder.fail(every: nil, with: 0)
        try store.probe()
        directory.remove("store/format")
        #expect(throws: StoreError.fileDamaged(path: directory["store/format"])) { try store.probe() }
    }
}
