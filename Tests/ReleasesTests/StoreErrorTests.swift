import Glibc
import Testing

@testable import Releases

struct StoreErrorTests {
    enum Kind: Sendable { case noSpace, readOnly, notPermitted, diskFailing, tooLarge, other }

    private func kind(_ error: StoreError) -> Kind {
        switch error {
        case .noSpace: .noSpace
        case .readOnly: .readOnly
        case .notPermitted: .notPermitted
        case .diskFailing: .diskFailing
        case .tooLarge: .tooLarge
        default: .other
        }
    }

    @Test(
        "an error of the system gets a name, and the text says what to do",
        arguments: [
            (ENOSPC, .noSpace, "no space is left", "Free some space"),
            (EDQUOT, .noSpace, "no space is left", "Free some space"),
            (EROFS, .readOnly, "read-only", "Mount it read-write"),
            (EACCES, .notPermitted, "permission denied", "read and write access"),
            (EPERM, .notPermitted, "permission denied", "read and write access"),
            (EIO, .diskFailing, "the disk failed", "replace the card"),
            (EFBIG, .tooLarge, "larger than", "ext4"),
            (EMFILE, .other, "could not", "log"),
        ] as [(Int32, Kind, String, String)],
        [StoreStep.create, .write, .sync, .rename, .syncDirectory, .makeDirectory])
    func names(error: (code: Int32, kind: Kind, what: String, remedy: String), step: StoreStep) throws {
        let directory = TemporaryDirectory()
        directory.write("site/index.html", "old")
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        let active = try store.importAndActivate(directory["site"]).release
        directory.write("site/index.html", "new")
        recorder.fail(every: step, with: error.code)
        let thrown = #expect(throws: ImportError.self) { try store.importAndActivate(directory["site"]) }
        guard case .store(let cause)? = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(kind(cause) == error.kind)
        #expect(cause.description.contains(error.what))
        #expect(cause.description.contains("the active release is still served"))
        #expect(cause.description.contains(error.remedy))
        #expect(try store.active == active)
        #expect(directory.list("store/tmp").isEmpty)
        recorder.fail(every: nil, with: 0)
        #expect(try store.importAndActivate(directory["site"]).isNew)
    }

    @Test(
        "a full disk keeps the active release, and nothing half-written takes up its space",
        .enabled(if: System.canMount, "only root may mount a tiny file system"))
    func fullDisk() throws {
        let directory = TemporaryDirectory()
        directory.makeDirectory("disk")
        #expect(System.mountMemory(at: directory["disk"], bytes: 1 << 20))
        defer { System.unmount(directory["disk"]) }
        let store = try ObjectStore(directory: directory["disk/store"])
        directory.write("site/index.html", "old")
        let active = try store.importAndActivate(directory["site"]).release
        for number in 0..<8 {
            directory.write("site/\(number).bin", [UInt8](repeating: UInt8(number), count: 200_000))
        }
        let error = #expect(throws: ImportError.self) { try store.importAndActivate(directory["site"]) }
        guard case .store(.noSpace)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.active == active)
        #expect(try store.read(store.manifest(active).entries[0].object) == Array("old".utf8))
        #expect(directory.list("disk/store/tmp").isEmpty)
        for number in 2..<8 { directory.remove("site/\(number).bin") }
        #expect(try store.importAndActivate(directory["site"]).isNew)
    }

    @Test(
        "a disk that became read-only is named, and what it holds can be read",
        .enabled(if: System.canMount, "only root may mount a tiny file system"))
    func readOnlyDisk() throws {
        let directory = TemporaryDirectory()
        directory.makeDirectory("disk")
        #expect(System.mountMemory(at: directory["disk"], bytes: 1 << 20))
        defer { System.unmount(directory["disk"]) }
        do {
            let store = try ObjectStore(directory: directory["disk/store"])
            try store.put([1])
        }
        #expect(System.makeReadOnly(directory["disk"]))
        let store = try ObjectStore(directory: directory["disk/store"])
        let error = #expect(throws: StoreError.self) { try store.put([2]) }
        guard case .readOnly? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.read(ObjectID(hashing: [1])) == [1])
        try store.probe()
    }

    @Test("a directory that may not be written is named")
    func notPermitted() throws {
        let directory = TemporaryDirectory()
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        _ = System.unprivileged {
            #expect(throws: StoreError.notPermitted(path: directory["store"])) {
                try ObjectStore(directory: directory["store"])
            }
        }
    }

    @Test("a file in the place of the store is named")
    func fileInPlace() {
        let directory = TemporaryDirectory()
        directory.write("store", "x")
        #expect(throws: StoreError.system(operation: "open", path: directory["store"], code: ENOTDIR)) {
            try ObjectStore(directory: directory["store"])
        }
    }
}
