internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Releases
internal import ServiceLifecycle
internal import UnixSignals
internal import WebServer
internal import Wire

/// A daemon that can start: its configuration is good, its identity and its store are there.
struct Plan {
    private let configuration: Configuration
    private let reading: Configuration.Reading
    private let reloader: Reloader
    private let logger: Logger
    private let session: Session
    private let keys: StartKeys
    private let files: NodeFiles
    private let store: ObjectStore

    /// Reads the configuration and opens what the node keeps on disk; raises the boot counter.
    ///
    /// Nothing on disk changes if another program has what the node needs: a daemon that waits tries again and again.
    init(_ file: ConfigurationFile, threshold: LogThreshold, logger: Logger) throws(Obstacle) {
        let reading = file.read()
        guard let configuration = reading.configuration else { throw Obstacle(reading) }
        for warning in reading.problems { logger.warning("\(warning)") }
        threshold.set(configuration.log.level)
        guard configuration.cluster.keyring != nil || configuration.cluster.pairing else {
            throw Obstacle(
                "there is no cluster key in \(file.path ?? "bramble.toml"), and pairing is off. The nodes of a cluster know each "
                    + "other by the key; without one this node talks to nobody. Make one with `bramble key new`, and put the "
                    + "same line into [cluster] on every node, or take `pairing = false` away.",
                remedy: .editing, in: configuration, reading: reading)
        }
        self.configuration = configuration
        self.reading = reading
        self.logger = logger
        reloader = Reloader(file, current: configuration, threshold: threshold)
        files = NodeFiles(directory: configuration.node.data)
        do {
            try Self.checkPlaces(configuration)
            session = try files.beginSession()
            keys = try StartKeys(configuration, files)
            store = try ObjectStore(directory: configuration.node.data + "/store")
        } catch {
            throw Obstacle("\(error)", remedy: .time(.seconds(10)), in: configuration, reading: reading)
        }
    }

    /// Takes the UDP port and the control socket, and lets them go again.
    static func checkPlaces(_ configuration: Configuration) throws(SystemError) {
        _ = try GossipSocket(port: configuration.cluster.port)
        _ = try ControlServer(path: configuration.node.control)
    }

    /// Runs all services until the daemon is told to stop. On the way out they end in reverse order: the control
    /// plane resigns first, the web server finishes its requests last.
    func run() async throws {
        let facts = Facts()
        tellOfKeys(facts)
        let site = ServedSite()
        let mailbox: Mailbox
        let checks: CheckLoop
        let hooks: HookRunner
        let peers: PeersKeeper
        do throws(SystemError) {
            mailbox = try Mailbox()
            peers = try PeersKeeper(files, logger: logger)
            hooks = try HookRunner(
                configuration.hooks, nodeName: configuration.node.name, facts: facts, logger: logger)
            checks = try CheckLoop(
                check: SelfCheck(
                    configuration.http, floating: configuration.floating.addresses, nodeName: configuration.node.name),
                store: store, facts: facts, mailbox: mailbox)
        } catch {
            throw Obstacle("\(error)", remedy: .time(.seconds(10)), in: configuration, reading: reading)
        }
        logger.notice("node \(configuration.node.name) (\(session.node)), start \(session.boot)")
        let endpoints = Endpoints(configuration: configuration, facts: facts)
        let drain = DrainSwitch()
        let web = WebService(
            configuration.http, site: site, endpoints: endpoints.node, facts: facts, drain: drain, logger: logger)
        let publisher = SitePublisher(
            directory: configuration.site.directory, store: store, site: site, facts: facts, logger: logger)
        let reload = ReloadService(reloader, publisher: publisher, mailbox: mailbox, facts: facts, logger: logger)
        let control = ControlPlane(
            ControlSetup(
                configuration: configuration, nodeConfiguration: nodeConfiguration, session: session, files: files,
                peers: peers, facts: facts, mailbox: mailbox, pairingSecret: keys.pairing?.identity.bytes ?? [],
                reloader: reloader, hooks: hooks, drain: drain,
                logger: logger))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    // Ends last: it has the time that the web server takes to finish what it has begun.
                    .init(service: hooks),
                    .init(service: web),
                    .init(service: publisher),
                    .init(service: peers),
                    .init(service: CheckService(checks)),
                    .init(service: reload),
                    .init(service: control),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        do {
            try await group.run()
        } catch var obstacle as Obstacle {
            obstacle.reading = obstacle.reading ?? reading
            throw obstacle
        } catch let error where !(error is CancellationError) {
            // Whatever ends the services: the daemon stays, says so, and tries again.
            throw Obstacle("\(error)", remedy: .time(.seconds(10)), in: configuration, reading: reading)
        }
    }

    private func tellOfKeys(_ facts: Facts) {
        let (named, warnings) = (configuration.cluster.keyring, keys.warnings)
        facts.update {
            $0.fileKeys = named
            $0.keyWarnings = warnings
        }
        for warning in warnings { logger.warning("\(warning)") }
        guard let ring = keys.ring, let named else { return }
        switch KeyReporting.standing(of: named, in: ring) {
        case "dropped": logger.warning("\(KeyReporting.fileIsDropped)")
        case "behind":
            logger.notice(
                """
                bramble.toml names an older cluster key than the node has on its disk (\(ring.newest.key.fingerprint)). \
                `sudo bramble key show` says what to put there, so that cards made from it go on to work
                """)
        default: break
        }
    }

    /// The lifecycle's own messages speak of services, which is no one's word here.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .warning
        return quiet
    }

    private var nodeConfiguration: Node.Configuration {
        var node = Node.Configuration(
            name: configuration.node.name, httpPort: configuration.http.port, keyring: keys.keyring,
            floating: configuration.floating.routers.map {
                FloatingAddress(ip: $0.address, virtualRouterID: $0.routerID)
            },
            priority: configuration.floating.priority, interval: configuration.floating.interval,
            preempt: configuration.floating.preempt, seeds: configuration.cluster.peers)
        node.keyRing = keys.ring
        node.pairing = keys.pairing
        node.preemptDelay = configuration.floating.preemptDelay
        node.spread = configuration.floating.spread
        node.mode = configuration.floating.mode == .standard ? .standard : .sealed
        node.leasedRouterID = configuration.floating.leasedRouterID
        return node
    }
}
