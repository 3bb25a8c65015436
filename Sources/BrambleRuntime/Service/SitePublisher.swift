internal import LinuxPlatform
internal import Logging
internal import Releases
internal import ServiceLifecycle
internal import Synchronization
internal import WebServer

/// Makes a release of the site's directory and has it served: at the start, and whenever it is asked.
///
/// What was served before goes on being served until the new release is whole. While nothing is served, the directory
/// is looked at again and again: whoever plugs a Pi in and copies a site onto it has no one to tell.
final class SitePublisher: Service {
    private let directory: Mutex<String>
    private let store: ObjectStore
    private let site: ServedSite
    private let facts: Facts
    private let logger: Logger
    private let requests: AsyncStream<Void>
    private let request: AsyncStream<Void>.Continuation

    init(directory: String, store: ObjectStore, site: ServedSite, facts: Facts, logger: Logger) {
        self.directory = Mutex(directory)
        self.store = store
        self.site = site
        self.facts = facts
        self.logger = logger
        (requests, request) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private static let pause = Duration.seconds(5)

    /// Asks for this directory to be read.
    func publish(_ directory: String) {
        self.directory.withLock { $0 = directory }
        request.yield()
    }

    func run() async throws {
        serveWhatWasActive()
        request.yield()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.lookAgain() }
            group.addTask { for await _ in self.requests.cancelOnGracefulShutdown() { await self.publishOnce() } }
        }
    }

    private func lookAgain() async {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    try await Task.sleep(for: Self.pause)
                    if self.facts.now.siteProblem != nil { self.request.yield() }
                }
            }
        } catch { return }
    }

    /// The release that an earlier run activated is there at once, however long reading the directory takes.
    private func serveWhatWasActive() {
        do {
            guard let id = try store.active else { return }
            try serve(try store.manifest(id), skipped: [])
        } catch {
            logger.warning("the release of the last run is not served: \(error)")
        }
    }

    /// Reading a directory takes as long as the card takes: on a thread of its own.
    private func publishOnce() async {
        let (store, directory) = (store, directory.withLock { $0 })
        let thread: NamedThread<Result<Publication, any Error>>
        do throws(SystemError) {
            thread = try NamedThread(name: "bramble-import") { Result { try store.importAndActivate(directory) } }
        } catch {
            return refuse("the site's directory cannot be read now: \(error)")
        }
        switch await thread.value() {
        case .success(let publication): accept(publication)
        case .failure(let error): refuse("\(error)")
        }
    }

    private func accept(_ publication: Publication) {
        for file in publication.skipped { logger.notice("\(file)") }
        for warning in publication.warnings { logger.warning("\(warning)") }
        do {
            try serve(publication.manifest, skipped: publication.skipped.map(\.description))
            logger.notice("serving release \(publication.release.short): \(publication.manifest.entries.count) files")
        } catch {
            refuse("\(error)")
        }
    }

    private func serve(_ manifest: Manifest, skipped: [String]) throws {
        try site.activate(manifest, from: store)
        facts.update {
            $0.site = SiteFacts(
                release: manifest.id.description, files: manifest.entries.count, bytes: manifest.totalSize,
                activatedAt: MonotonicClock.now(), skipped: skipped)
            $0.siteProblem = nil
            $0.siteWarning = nil
        }
    }

    /// A directory that cannot become a release leaves the release before it in service, if there is one.
    private func refuse(_ problem: String) {
        let known = facts.now
        let isServing = known.site != nil
        guard isServing || known.siteProblem != problem else { return }
        logger.error("\(problem)\(isServing ? " The release before it is still served." : "")")
        facts.update {
            if isServing { $0.siteWarning = problem } else { $0.siteProblem = problem }
        }
        if !isServing { site.unavailable(reason: problem) }
    }
}
