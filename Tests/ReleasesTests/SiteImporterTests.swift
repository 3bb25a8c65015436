import Glibc
import Synchronization
import Testing

@testable import Releases

struct SiteImporterTests {
    let directory = TemporaryDirectory()

    /// Long after any file was written, so that each may be remembered.
    private var later: Int64 { SiteImporter.wallClock() + 60_000_000_000 }

    private func store(_ fault: StoreFault? = nil) throws -> ObjectStore {
        try ObjectStore(directory: directory["store"], fault: fault)
    }

    private func paths(_ site: ImportedSite) -> [String] { site.manifest.entries.map(\.path) }

    @Test("regular files become the site, in the order of their paths")
    func files() throws {
        let store = try store()
        for name in ["index.html", "css/site.css", "a b/ü.txt", "empty.txt"] { directory.write("site/" + name, name) }
        directory.write("site/empty.txt", "")
        let site = try SiteImporter.importSite(at: directory["site"], into: store)
        #expect(paths(site) == ["a b/ü.txt", "css/site.css", "empty.txt", "index.html"])
        #expect(site.skipped.isEmpty)
        #expect(site.warnings.isEmpty)
        for entry in site.manifest.entries where entry.path != "empty.txt" {
            #expect(try store.read(entry.object) == Array(entry.path.utf8))
            #expect(entry.size == UInt64(entry.path.utf8.count))
        }
    }

    @Test("hidden files, links and special files are skipped and reported; .well-known is not hidden")
    func skips() throws {
        let secret = TemporaryDirectory()
        secret.write("secret.txt", "secret")
        for name in ["index.html", ".git/config", ".env", "a/.DS_Store", ".well-known/security.txt"] {
            directory.write("site/" + name, name)
        }
        directory.makeDirectory("site/lost+found")
        symlink(secret["secret.txt"], directory["site/link.txt"])
        symlink(secret.path, directory["site/linked"])
        symlink("nowhere", directory["site/dangling"])
        mkfifo(directory["site/pipe"], 0o644)
        mknod(directory["site/socket"], S_IFSOCK | 0o644, 0)
        directory.write("site/bad", "x")
        let bad: [CChar] = Array(directory["site/b"].utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
        rename(directory["site/bad"], bad)
        let site = try SiteImporter.importSite(at: directory["site"], into: store())
        #expect(paths(site) == [".well-known/security.txt", "index.html"])
        #expect(
            site.skipped.map(\.description) == [
                ".env: skipped, hidden", ".git: skipped, hidden", "a/.DS_Store: skipped, hidden",
                "b\u{FFFD}: skipped, its name is not UTF-8", "dangling: skipped, a symbolic link",
                "link.txt: skipped, a symbolic link", "linked: skipped, a symbolic link",
                "lost+found: skipped, it belongs to the file system", "pipe: skipped, not a regular file",
                "socket: skipped, not a regular file",
            ])
    }

    @Test("the site's directory itself may be a link")
    func linkedRoot() throws {
        directory.write("release-7/index.html", "x")
        symlink("release-7", directory["site"])
        #expect(paths(try SiteImporter.importSite(at: directory["site"], into: store())) == ["index.html"])
    }

    @Test("a missing directory, a file in its place and an empty one are told apart, and the text says what to do")
    func noSite() throws {
        let store = try store()
        let path = directory["site"]
        func refused(_ error: ImportError, _ remedy: String) {
            #expect(throws: error) { try SiteImporter.importSite(at: path, into: store) }
            #expect(error.description.contains(path))
            #expect(error.description.contains(remedy))
            #expect(error.description.contains("still served"))
        }
        refused(.missing(directory: path), "mkdir -p")
        directory.write("site", "x")
        refused(.notADirectory(path: path), "bramble.toml")
        directory.remove("site")
        directory.makeDirectory("site/empty/too")
        refused(.empty(directory: path, skipped: 0), "index.html")
        directory.write("site/.git/config", "x")
        refused(.empty(directory: path, skipped: 1), "index.html")
    }

    @Test("a site without index.html is imported with a warning; one deeper down does not count")
    func noIndex() throws {
        directory.write("site/sub/index.html", "x")
        let site = try SiteImporter.importSite(at: directory["site"], into: store())
        #expect(site.warnings == [.noIndexPage(directory: directory["site"])])
        #expect(site.warnings[0].description.contains("Add one"))
    }

    @Test(
        "a file or directory that can't be read stops the import and is named", arguments: ["private.txt", "private"])
    func unreadable(name: String) throws {
        directory.write("site/index.html", "x")
        if name == "private" { directory.makeDirectory("site/private") } else { directory.write("site/" + name, "x") }
        chmod(directory["site/" + name], 0)
        defer { chmod(directory["site/" + name], 0o700) }
        chmod(directory.path, 0o777)
        let error = #expect(throws: ImportError.self) {
            try System.unprivileged { try SiteImporter.importSite(at: directory["site"], into: store()) }
        }
        #expect(error == .unreadable(file: directory["site/" + name], code: EACCES))
        #expect(error?.description.contains("chmod") == true)
        #expect(directory.list("store/objects").isEmpty)
    }

    @Test("a path that is too long stops the import and is named")
    func longPath() throws {
        let component = String(repeating: "d", count: 250)
        let long = [component, component, component, component, "file-with-a-longer-name.txt"].joined(separator: "/")
        var path = directory["site"]
        directory.makeDirectory("site")
        for _ in 0..<4 {
            path += "/" + component
            mkdir(path, 0o755)
        }
        directory.write("site/" + long, "x")
        #expect(throws: ImportError.pathTooLong(file: long)) {
            try SiteImporter.importSite(at: directory["site"], into: store())
        }
    }

    // Caching.

    @Test("an unchanged tree is not read again, also by a store opened later, and nothing is written")
    func unchanged() throws {
        for number in 0..<10 { directory.write("site/\(number).html", "\(number)") }
        let first = try SiteImporter.importLocked(at: directory["site"], into: store(), now: later)
        #expect(first.filesRead == 10)
        let recorder = Recorder()
        let reopened = try store(recorder.fault)
        recorder.reset()
        let second = try SiteImporter.importLocked(at: directory["site"], into: reopened, now: later)
        #expect(second.filesRead == 0)
        #expect(second.manifest == first.manifest)
        #expect(recorder.count(of: .create) == 0)
    }

    @Test("a file that was just written is read again: its next change might not show")
    func fresh() throws {
        let store = try store()
        directory.write("site/index.html", "1")
        for _ in 0..<2 { #expect(try SiteImporter.importSite(at: directory["site"], into: store).filesRead == 1) }
    }

    @Test("a change of the same size with the old time put back is noticed")
    func sneakyChange() throws {
        let store = try store()
        directory.write("site/index.html", "one")
        var status = stat()
        stat(directory["site/index.html"], &status)
        _ = try SiteImporter.importLocked(at: directory["site"], into: store, now: later)
        usleep(20_000)  // More than a tick of the file system's clock.
        directory.write("site/index.html", "two")
        utimensat(AT_FDCWD, directory["site/index.html"], [status.st_atim, status.st_mtim], 0)
        let site = try SiteImporter.importLocked(at: directory["site"], into: store, now: later)
        #expect(site.filesRead == 1)
        #expect(try store.read(site.manifest.entries[0].object) == Array("two".utf8))
    }

    @Test("an object that went missing is stored again, whatever the cache says")
    func missingObject() throws {
        let store = try store()
        directory.write("site/index.html", "one")
        let object = try SiteImporter.importLocked(at: directory["site"], into: store, now: later).manifest.entries[0]
            .object
        directory.remove("store/" + ObjectStore.file(of: object))
        #expect(try SiteImporter.importLocked(at: directory["site"], into: store, now: later).filesRead == 1)
        #expect(try store.read(object) == Array("one".utf8))
    }

    @Test(
        "a damaged cache counts as none",
        arguments: ["", "x", "bramble-import-cache 1\nx\n", "bramble-import-cache 2\n", "bramble-import-cache 1"])
    func damagedCache(content: String) throws {
        let store = try store()
        directory.write("site/index.html", "one")
        _ = try SiteImporter.importLocked(at: directory["site"], into: store, now: later)
        directory.write("store/import-cache", content)
        #expect(try SiteImporter.importLocked(at: directory["site"], into: store, now: later).filesRead == 1)
        #expect(try SiteImporter.importLocked(at: directory["site"], into: store, now: later).filesRead == 0)
    }

    // Files that change.

    @Test("a file that changes once while it is read is read again, whole")
    func changesOnce() throws {
        let recorder = Recorder()
        let store = try store(recorder.fault)
        directory.write("site/index.html", "one")
        let appended = Mutex(false)
        recorder.before { [directory] step, _ in
            guard step == .write, !appended.withLock({ $0 }) else { return }
            appended.withLock { $0 = true }
            directory.append("site/index.html", " two")
        }
        let site = try SiteImporter.importSite(at: directory["site"], into: store)
        #expect(try store.read(site.manifest.entries[0].object) == Array("one two".utf8))
        #expect(site.manifest.entries[0].size == 7)
    }

    @Test("a file overwritten in place while it is read is never stored half old, half new")
    func overwritten() throws {
        let recorder = Recorder()
        let store = try store(recorder.fault)
        let old = [UInt8](repeating: 1, count: 3 * chunkBytes)
        let new = [UInt8](repeating: 2, count: 3 * chunkBytes)
        directory.write("site/index.html", old)
        usleep(20_000)  // More than a tick of the file system's clock.
        let written = Mutex(false)
        recorder.before { [directory] step, _ in
            guard step == .write, !written.withLock({ $0 }) else { return }
            written.withLock { $0 = true }
            directory.write("site/index.html", new)
        }
        let site = try SiteImporter.importSite(at: directory["site"], into: store)
        #expect(written.withLock { $0 })
        #expect(site.manifest.entries[0].object == ObjectID(hashing: new))
    }

    @Test("directories that are swapped for links while the import runs do not lead it out of the site")
    func swapped() throws {
        let secret = TemporaryDirectory()
        for name in ["b.txt", "c.txt"] { secret.write(name, "secret") }
        let recorder = Recorder()
        let store = try store(recorder.fault)
        for name in ["sub/a.txt", "sub/b.txt", "tub/c.txt"] { directory.write("site/" + name, name) }
        recorder.before { [directory] step, _ in
            guard step == .write, !directory.exists("moved-sub") else { return }
            for name in ["sub", "tub"] {
                rename(directory["site/" + name], directory["moved-" + name])
                symlink(secret.path, directory["site/" + name])
            }
        }
        let site = try SiteImporter.importSite(at: directory["site"], into: store)
        #expect(paths(site) == ["sub/a.txt", "sub/b.txt"])
        #expect(try store.read(site.manifest.entries[1].object) == Array("sub/b.txt".utf8))
        #expect(site.skipped == [SkippedFile(path: "tub", reason: .symbolicLink)])
    }

    @Test("a file that never stops growing ends the import and is named; all that was stored is what its name says")
    func changesAlways() throws {
        let recorder = Recorder()
        let store = try store(recorder.fault)
        directory.write("site/index.html", "good")
        directory.write("site/log.txt", "one")
        recorder.before { [directory] step, _ in
            if step == .write { directory.append("site/log.txt", "more") }
        }
        #expect(throws: ImportError.changing(file: directory["site/log.txt"])) {
            try SiteImporter.importSite(at: directory["site"], into: store)
        }
        #expect(directory.list("store/tmp").isEmpty)
        for shard in directory.list("store/objects") {
            for rest in directory.list("store/objects/" + shard) {
                let id = try #require(ObjectID(shard + rest))
                #expect(try ObjectID(hashing: store.read(id)) == id)
            }
        }
    }

    @Test("a file that goes away in between is not part of the site")
    func vanishes() throws {
        let recorder = Recorder()
        let store = try store(recorder.fault)
        directory.write("site/index.html", "x")
        directory.write("site/later.tmp", "y")
        recorder.before { [directory] step, _ in if step == .write { directory.remove("site/later.tmp") } }
        #expect(paths(try SiteImporter.importSite(at: directory["site"], into: store)) == ["index.html"])
    }
}
