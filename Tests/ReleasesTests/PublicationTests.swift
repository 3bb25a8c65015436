import Glibc
import Testing

@testable import Releases

struct PublicationTests {
    let directory = TemporaryDirectory()

    @Test("a publication says what changed")
    func changes() throws {
        let store = try ObjectStore(directory: directory["store"])
        for name in ["index.html", "a.txt", "gone.txt"] { directory.write("site/" + name, name) }
        let first = try store.importAndActivate(directory["site"])
        #expect(first.isNew)
        #expect(first.previous == nil)
        #expect(first.changes.added == ["a.txt", "gone.txt", "index.html"])
        directory.write("site/index.html", "changed")
        directory.write("site/b.txt", "b")
        directory.remove("site/gone.txt")
        let second = try store.importAndActivate(directory["site"])
        #expect(second.previous == first.release)
        #expect(second.changes.added == ["b.txt"])
        #expect(second.changes.changed == ["index.html"])
        #expect(second.changes.removed == ["gone.txt"])
        #expect(try store.active == second.release)
        #expect(try store.manifest(second.release) == second.manifest)
    }

    @Test("publishing the same again changes nothing and writes nothing")
    func unchanged() throws {
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        directory.write("site/index.html", "x")
        let first = try store.importAndActivate(directory["site"])
        recorder.reset()
        let second = try store.importAndActivate(directory["site"])
        #expect(!second.isNew)
        #expect(second.release == first.release)
        #expect(second.changes.isEmpty)
        #expect(recorder.steps.allSatisfy { $0.step == .read })
    }

    @Test("publishing again and again keeps the active release and the few before it")
    func oldReleases() throws {
        let store = try ObjectStore(directory: directory["store"])
        var releases: [ReleaseID] = []
        for number in 0..<6 {
            directory.write("site/index.html", "version \(number)")
            releases.append(try store.importAndActivate(directory["site"], keepingPrevious: 2).release)
        }
        #expect(try store.releases == releases.suffix(3).sorted())
        for release in releases.suffix(3) {
            for entry in try store.manifest(release).entries { _ = try store.read(entry.object) }
        }
        #expect(directory.list("store/objects").flatMap { directory.list("store/objects/" + $0) }.count == 3)
    }

    @Test("a damaged earlier release does not stop the removal of old ones")
    func damagedPrevious() throws {
        let store = try ObjectStore(directory: directory["store"])
        directory.write("site/index.html", "1")
        let first = try store.importAndActivate(directory["site"]).release
        directory.write("store/releases/\(first)", "x")
        directory.write("site/index.html", "2")
        let second = try store.importAndActivate(directory["site"])
        #expect(second.warnings.isEmpty)
        #expect(second.removed == RemovedContent(releases: 1, objects: 1, bytes: 1))
        #expect(try store.releases == [second.release])
    }

    @Test("old releases that can't be removed are a warning: the new one is active all the same")
    func removalFails() throws {
        let recorder = Recorder()
        let store = try ObjectStore(directory: directory["store"], fault: recorder.fault)
        directory.write("site/index.html", "1")
        _ = try store.importAndActivate(directory["site"])
        directory.write("site/index.html", "2")
        recorder.fail(every: .remove, with: EIO)
        let second = try store.importAndActivate(directory["site"], keepingPrevious: 0)
        guard case .oldReleasesNotRemoved(.diskFailing)? = second.warnings.first else {
            Issue.record("\(second.warnings)")
            return
        }
        #expect(try store.active == second.release)
    }

    @Test("a failed import leaves the active release as it was")
    func failedImport() throws {
        let store = try ObjectStore(directory: directory["store"])
        directory.write("site/index.html", "1")
        let active = try store.importAndActivate(directory["site"]).release
        directory.remove("site/index.html")
        #expect(throws: ImportError.empty(directory: directory["site"], skipped: 0)) {
            try store.importAndActivate(directory["site"])
        }
        #expect(try store.active == active)
    }

    @Test("the release that was rolled back to stays when the site is published again")
    func rollBack() throws {
        let store = try ObjectStore(directory: directory["store"])
        var releases: [ReleaseID] = []
        for number in 0..<3 {
            directory.write("site/index.html", "\(number)")
            releases.append(try store.importAndActivate(directory["site"], keepingPrevious: 2).release)
        }
        try store.activate(releases[0])
        directory.write("site/index.html", "new")
        let new = try store.importAndActivate(directory["site"], keepingPrevious: 1)
        #expect(new.previous == releases[0])
        #expect(try store.releases == [new.release, releases[0]].sorted())
    }
}
