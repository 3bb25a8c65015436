import Glibc
import Testing

@testable import BrambleRuntime

struct DirectoryCheckTests {
    let directory = try? TemporaryDirectory()

    @Test("a site with an index.html is good")
    func goodSite() throws {
        let directory = try #require(directory)
        try TestFiles.write("<p>", to: directory.file("index.html"))
        #expect(DirectoryChecks.site(directory.path) == .good("site", directory.path))
    }

    @Test("a site that is missing, a file, or empty is a problem, and says what still works and what to do")
    func badSites() throws {
        let directory = try #require(directory)
        try TestFiles.write("", to: directory.file("plain"))
        mkdir(directory.file("empty"), 0o755)
        let cases = [("none", "No such file"), ("plain", "Not a directory"), ("empty", "is empty")]
        for (name, words) in cases {
            let finding = DirectoryChecks.site(directory.file(name))
            #expect(finding.mark == .problem && finding.found.contains(words), "\(name)")
            #expect(finding.unaffected != nil && finding.advice?.contains("Put the site's files there") == true)
        }
    }

    @Test("a site without a first page is a warning")
    func noIndex() throws {
        let directory = try #require(directory)
        try TestFiles.write("", to: directory.file("other.html"))
        let finding = DirectoryChecks.site(directory.path)
        #expect(finding.mark == .warning && finding.found.contains("no index.html"))
    }

    @Test(
        "a site that may not be read is a problem, and so is one whose first page may not",
        arguments: ["", "/index.html"])
    func unreadableSite(closed: String) throws {
        let directory = try #require(directory)
        try TestFiles.write("<p>", to: directory.file("index.html"))
        let finding = DirectoryChecks.site(directory.path) { $0 == directory.path + closed ? EACCES : 0 }
        #expect(finding.mark == .problem)
        #expect(finding.found == "\(directory.path)\(closed): Permission denied")
        #expect(finding.advice?.contains("chmod -R a+rX \(directory.path)") == true)
    }

    @Test("reading is really tried")
    func triesReading() throws {
        let directory = try #require(directory)
        try TestFiles.write("", to: directory.file("a"))
        #expect(DirectoryChecks.readingError(directory.file("a")) == 0)
        #expect(DirectoryChecks.readingError(directory.path) == 0)
        #expect(DirectoryChecks.readingError(directory.file("b")) == ENOENT)
    }

    @Test("a data directory that is yet to be made is judged by the one above it")
    func dataToBeMade() throws {
        let path = try #require(directory).file("a/b/c")
        let finding = DirectoryChecks.data(path) { _ in 1_000_000_000 }
        #expect(finding == .good("data", "\(path), 1.0 GB free (made at the first start)"))
        #expect(access(path, F_OK) != 0)
    }

    @Test("a data path that leads through a file is a problem")
    func dataThroughFile() throws {
        let path = try #require(directory).file("plain")
        try TestFiles.write("", to: path)
        #expect(DirectoryChecks.data(path).mark == .problem)
    }

    @Test(
        "little room is a warning, next to none a problem",
        arguments: [
            (9_999_999, .problem), (10_000_000, .warning), (199_999_999, .warning), (200_000_000, .good),
        ] as [(UInt64, Finding.Mark)])
    func room(free: UInt64, mark: Finding.Mark) throws {
        let path = try #require(directory).path
        #expect(DirectoryChecks.data(path) { _ in free }.mark == mark)
    }

    @Test("the system says how much is free")
    func freeBytes() {
        #expect(DirectoryChecks.freeBytes("/tmp") != nil)
        #expect(DirectoryChecks.freeBytes("/nowhere/at/all") == nil)
    }
}
