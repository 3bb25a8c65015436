import Testing

@testable import Releases

/// What is on the disk after the machine stopped before any one step of a publication.
struct CrashTests {
    private let old = ["index.html": "old", "same.css": "same", "gone.txt": "gone"]
    private let new = ["index.html": "new", "same.css": "same", "a.js": "a", "b.js": "b", "c.js": "c", "d.js": "d"]

    private func site(_ files: [String: String]) -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        for (name, content) in files { directory.write(name, content) }
        return directory
    }

    private func publish(_ files: [String: String], to store: ObjectStore) throws {
        let directory = site(files)
        _ = try store.importAndActivate(directory.path, keepingPrevious: 0)
        withExtendedLifetime(directory) {}
    }

    /// The active release's files, each read and checked.
    private func served(_ store: ObjectStore) throws -> [String: String] {
        guard let active = try store.active else { return [:] }
        var files: [String: String] = [:]
        for entry in try store.manifest(active).entries {
            files[entry.path] = String(decoding: try store.read(entry.object), as: UTF8.self)
        }
        return files
    }

    /// How many steps a publication from `old` to `new` takes.
    private func stepCount() throws -> Int {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        try publish(old, to: store)
        recorder.reset()
        try publish(new, to: store)
        return recorder.steps.count
    }

    @Test("after a stop at any step the old or the new release is active, whole, and publishing goes on")
    func everyStep() throws {
        let steps = try stepCount()
        #expect(steps > 40)
        var outcomes: Set<[String: String]> = []
        for step in 0..<steps {
            let directory = TemporaryDirectory()
            let recorder = Recorder()
            do {
                let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
                try publish(old, to: store)
                recorder.crash(after: step)
                let result = Result { try publish(new, to: store) }
                if case .success = result { #expect(try servedAfterCrash(directory) == new, "step \(step)") }
            }
            let found = try servedAfterCrash(directory)
            #expect(found == old || found == new, "step \(step)")
            outcomes.insert(found)
            let store = try ObjectStore(directory: directory["store"])
            #expect(directory.list("store/tmp").isEmpty, "step \(step)")
            try publish(new, to: store)
            #expect(try served(store) == new, "step \(step)")
            #expect(try store.releases.count == 1, "step \(step)")
        }
        #expect(outcomes == [old, new])
    }

    private func servedAfterCrash(_ directory: TemporaryDirectory) throws -> [String: String] {
        try served(ObjectStore(directory: directory["store"]))
    }

    @Test("a stop at any step of making the store leaves one that can be opened")
    func makingTheStore() throws {
        let whole = Recorder()
        let first = TemporaryDirectory()
        _ = try ObjectStore(directory: first["store"], fault: whole.fault)
        #expect(whole.steps.count > 5)
        for step in 0..<whole.steps.count {
            let directory = TemporaryDirectory()
            let recorder = Recorder()
            recorder.crash(after: step)
            #expect(throws: StoreError.self) {
                try ObjectStore(directory: directory["store"], fault: recorder.fault)
            }
            let store = try ObjectStore(directory: directory["store"])
            try store.probe()
            #expect(try store.read(store.put([1, 2, 3])) == [1, 2, 3])
        }
    }

    @Test("nothing is renamed before it is synced, nothing is active before all it names is durable")
    func order() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        recorder.reset()
        try publish(new, to: store)
        var unsynced: Set<String> = []
        var created = 0
        for (step, name) in recorder.steps {
            switch step {
            case .create: created += 1
            case .sync: created -= 1
            case .rename:
                #expect(created == 0)
                let parent = name.split(separator: "/").dropLast().joined(separator: "/")
                if name == "active" { #expect(unsynced.isEmpty) }
                unsynced.insert(parent.isEmpty ? "." : parent)
            case .syncDirectory: unsynced.remove(name)
            default: break
            }
        }
        #expect(unsynced.isEmpty)
        #expect(recorder.steps.contains { $0.name == "active" && $0.step == .rename })
    }
}
