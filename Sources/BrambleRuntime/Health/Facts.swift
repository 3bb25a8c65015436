internal import NodeCore
internal import Synchronization
internal import WebServer
internal import Wire

/// What the parts of the daemon know and others show: one value behind a lock, which no one holds for long.
///
/// The control thread writes what the node knows; the web server, the publisher of the site and the self-check write
/// what became of them; the web server's endpoints read it all.
final class Facts: Sendable {
    /// Everything that is shared.
    struct Contents: Sendable {
        /// The node as it was when the control thread last looked.
        var node: NodeSnapshot?
        /// When that was.
        var seenAt = Instant.zero
        /// Datagrams left out before the node saw them: copies of one that had come, our own broadcasts, and what the
        /// kernel dropped, because it was none of Bramble's or because too much came.
        var leftOut: (copies: UInt64, echoes: UInt64, unread: UInt64) = (0, 0, 0)
        /// The lifelines that this node holds, and those that are held to it.
        var lifelines = LifelineFacts()
        /// Advertisements of standard mode that were left out before the node saw them, by reason.
        var advertisementDrops: [String: UInt64] = [:]
        /// Whether the web server listens.
        var isListening = false
        /// Why the web server does not listen, if it does not.
        var httpProblem: String?
        /// Why no site is served, if none is.
        var siteProblem: String?
        /// What is served.
        var site: SiteFacts?
        /// Why the site's directory could not become a new release, if it could not; an older one is served.
        var siteWarning: String?
        /// Whether the control thread runs at real-time priority.
        var isRealTime = false
        /// What shows the signals.
        var lights = "off"
        /// Why they show nothing, if they should.
        var lightsProblem: String?
        /// What the web server has done.
        var traffic: (@Sendable () -> HTTPServer.Traffic)?
        /// What people should know of the interfaces now.
        var networkWarnings: [String] = []
        /// What the user's hooks have done.
        var hooks = HookFacts()
        /// What stands against the configuration file as it is now; the one in force is an older one.
        var configurationProblems: [String] = []
        /// The keys that the configuration file names.
        var fileKeys: Keyring?
        /// What people should know of the file and the keys that the node keeps.
        var keyWarnings: [String] = []
        /// What the node may not do, and other things that people should know.
        var warnings: [String] = []
    }

    private let contents = Mutex(Contents())

    /// A copy of everything.
    var now: Contents { contents.withLock { $0 } }

    /// Changes something.
    func update(_ change: (inout Contents) -> Void) { contents.withLock { change(&$0) } }
}

/// The release that this node serves.
struct SiteFacts: Hashable, Sendable {
    /// The release ID, 64 hexadecimal digits.
    var release: String
    /// How many files it has.
    var files: Int
    /// Their bytes in all.
    var bytes: UInt64
    /// When it began to be served.
    var activatedAt: Instant
    /// Names that were left out of it, with the reason.
    var skipped: [String]

    /// The first eight bytes of the release ID: what rides on gossip.
    var shortRelease: UInt64 { UInt64(release.prefix(16), radix: 16) ?? 0 }
}
