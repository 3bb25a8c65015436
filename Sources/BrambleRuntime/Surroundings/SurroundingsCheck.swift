internal import Glibc
internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// `bramble check`: reads the configuration, then looks at the machine that it is for.
public enum SurroundingsCheck {
    /// Looks at everything. Changes nothing; takes a second at most if the daemon does not answer, and
    /// some seconds more if no DHCP server does: `tell` is told what is waited for.
    public static func run(_ file: ConfigurationFile, tell: (String) -> Void = { _ in }) -> CheckReport {
        run(file, as: ServiceUser(), tell: tell)
    }

    static func run(
        _ file: ConfigurationFile, as service: ServiceUser, tell: (String) -> Void = { _ in }
    ) -> CheckReport {
        let reading = file.read()
        var findings = configuration(reading, path: file.path)
        let daemon = daemon(at: reading.control)
        guard let configuration = reading.configuration else {
            return CheckReport(file: file.path, findings: findings + [daemon.finding])
        }
        findings += service.looking { KeyFileCheck.unreadable(file.path, owner: service.owner) }
        findings.append(service.finding)
        findings.append(daemon.finding)
        findings.append(service.looking { key(configuration) })
        if configuration.cluster.keyring != nil, let finding = KeyFileCheck.finding(file.path) {
            findings.append(finding)
        }
        findings += service.looking { disk(configuration, owner: service.owner) }
        findings += ports(configuration, isDaemonRunning: daemon.isRunning)
        findings += service.looking { HookChecks.hooks(configuration.hooks) }
        findings += permissions(isDaemonRunning: daemon.isRunning)
        findings += network(configuration)
        findings += lease(configuration, tell: tell)
        findings.append(
            LightChecks.lights(
                configuration.lights.output, devices: DirectoryNames.list("/dev"),
                leds: DirectoryNames.list("/sys/class/leds")))
        return CheckReport(file: file.path, findings: findings)
    }

    /// A finding for each problem of the file, or one that says that there is none.
    static func configuration(_ reading: Configuration.Reading, path: String?) -> [Finding] {
        // A missing key gets a finding of its own.
        let problems = reading.problems.filter { $0.path != Configuration.keyPath || $0.severity == .error }
        let findings = problems.map { problem in
            Finding(
                mark: problem.severity == .error ? .problem : .warning, subject: "configuration",
                found: problem.description,
                unaffected: nil, advice: nil)
        }
        if reading.configuration == nil, !findings.isEmpty {
            var last = findings[findings.count - 1]
            last.unaffected = "a running daemon, which keeps its last good configuration"
            return findings.dropLast() + [last]
        }
        return findings.isEmpty ? [.good("configuration", path ?? "bramble.toml")] : findings
    }

    /// Whether there is a key.
    static func key(_ configuration: Configuration) -> Finding {
        guard let keyring = configuration.cluster.keyring else {
            if configuration.cluster.pairing { return pairing(configuration) }
            return .problem(
                "cluster key", "there is none", unaffected: "a running daemon, which keeps the key that it has",
                advice: "Run `bramble key new --write FILE` on one node, and put the same key on every other; or take "
                    + "`pairing = false` away.")
        }
        if let finding = storedKeys(configuration, keyring) { return finding }
        let older = keyring.keys.count - 1
        let text = older == 0 ? "" : ", and \(PlainNumbers.count(older, "older key")) still accepted"
        return .good("cluster key", "\(keyring.newest.fingerprint)\(text)")
    }

    /// A node without a key in its file pairs.
    private static func pairing(_ configuration: Configuration) -> Finding {
        do throws(NodeFilesError) {
            let files = NodeFiles(directory: configuration.node.data)
            let record = try files.storedPairing()?.record
            guard let key = try files.keys(besides: nil)?.newest.key else {
                return .good("cluster key", "none in the file: the node pairs with others that have none")
            }
            if record?.isConfigured == true {
                return .warning(
                    "cluster key", "the file names none any more; the node goes on with \(key.fingerprint)",
                    unaffected: "the cluster",
                    advice: "Put the line that `sudo bramble key show` prints into [cluster].")
            }
            return .good(
                "cluster key", "\(key.fingerprint), by pairing (\(record?.standing.rawValue ?? "closed"))")
        } catch {
            return unreadableKeys(error)
        }
    }

    private static func unreadableKeys(_ error: NodeFilesError) -> Finding {
        let forbidden = ForbiddenFile(error)
        return .warning(
            "cluster key", forbidden?.description ?? error.description, unaffected: "a running daemon",
            advice: forbidden == nil ? "See above." : ForbiddenFile.remedy)
    }

    /// What there is to say of the keys that the node keeps since they were rotated.
    private static func storedKeys(_ configuration: Configuration, _ file: Keyring) -> Finding? {
        do throws(NodeFilesError) {
            guard let stored = try NodeFiles(directory: configuration.node.data).keyRing() else { return nil }
            let (ring, standing) = stored.with(file: file)
            let fingerprint = ring.newest.key.fingerprint
            switch standing {
            case .current: return .good("cluster key", fingerprint)
            case .behind:
                let isDropped = KeyReporting.standing(of: file, in: ring) == "dropped"
                return .warning(
                    "cluster key",
                    "the file names \(file.newest.fingerprint), which was replaced by \(fingerprint)"
                        + (isDropped ? " and dropped" : ""),
                    unaffected: "this node, which has the new key on its disk",
                    advice: "Put the line that `sudo bramble key show` prints into [cluster], on every node: a card "
                        + "made from this file \(isDropped ? "finds nobody" : "is let in only until the old key is dropped")."
                )
            case .foreign:
                return .warning(
                    "cluster key", "the file names \(file.newest.fingerprint), which the node's cluster has never had",
                    unaffected: "a running daemon, until it reads the file again",
                    advice: "If this node is not to move to another cluster, put \(fingerprint) back.")
            }
        } catch {
            return unreadableKeys(error)
        }
    }

    /// Whether a daemon runs here.
    static func daemon(at path: String) -> (isRunning: Bool, finding: Finding) {
        do throws(ControlClient.Failure) {
            let status = try ControlClient(path: path, timeout: .seconds(1)).status()
            return (true, .good("daemon", "\(status.node.name) is running (\(path))"))
        } catch {
            guard access(path, F_OK) == 0 else { return (false, .good("daemon", "not running")) }
            if access(path, W_OK) != 0 {
                return (
                    true,
                    .warning(
                        "daemon", "this user may not ask it (\(path))", unaffected: "the daemon itself",
                        advice: SocketAccess.advice(path))
                )
            }
            return (
                false,
                .warning(
                    "daemon", "there is a socket at \(path), but no answer",
                    unaffected: "A new start replaces the socket",
                    advice: "`systemctl status bramble` says whether it hangs.")
            )
        }
    }

    private static func disk(_ configuration: Configuration, owner: String) -> [Finding] {
        [
            DirectoryChecks.site(configuration.site.directory),
            DirectoryChecks.data(configuration.node.data, owner: owner),
        ]
    }

    private static func ports(_ configuration: Configuration, isDaemonRunning: Bool) -> [Finding] {
        let gossip = PortChecks.tryBind(configuration.cluster.port, isUDP: true)
        let lifeline = PortChecks.tryBind(configuration.cluster.port, isUDP: false)
        let http = PortChecks.tryBind(
            configuration.http.port, isUDP: false, addresses: configuration.http.addresses)
        return [
            PortChecks.gossip(configuration.cluster.port, isDaemonRunning: isDaemonRunning, outcome: gossip),
            PortChecks.lifeline(configuration.cluster.port, isDaemonRunning: isDaemonRunning, outcome: lifeline),
            PortChecks.http(configuration.http.port, isDaemonRunning: isDaemonRunning, outcome: http),
        ]
    }

    private static func permissions(isDaemonRunning: Bool) -> [Finding] {
        let status = (try? WholeFile.read("/proc/self/status", limit: 1 << 16)) ?? []
        let capabilities = PermissionChecks.effectiveCapabilities(in: String(decoding: status, as: UTF8.self))
        return [
            PermissionChecks.addresses(capabilities: capabilities, isDaemonRunning: isDaemonRunning),
            PermissionChecks.packets(
                errorNumber: PermissionChecks.tryPacketSocket(), isDaemonRunning: isDaemonRunning),
            PermissionChecks.realTime(capabilities: capabilities, priorityLimit: PermissionChecks.priorityLimit()),
        ]
    }

    /// A running daemon knows; otherwise a server is asked.
    private static func lease(_ configuration: Configuration, tell: (String) -> Void) -> [Finding] {
        guard configuration.floating.isAutomatic,
            configuration.cluster.keyring != nil || configuration.cluster.pairing
        else { return [] }
        let report = try? ControlClient(path: configuration.node.control, timeout: .seconds(1)).status()
        if let lease = report?.lease, lease.state == .leased, let address = lease.address {
            return [LeaseCheck.finding(.leased(address), beside: configuration.floating.addresses)]
        }
        guard let interfaces = try? InterfaceList.current() else { return [] }
        let fit =
            configuration.floating.interface == nil ? InterfaceChoice(configuration).forGossip(interfaces) : interfaces
        let (key, isOwn) = leaseKey(configuration)
        tell("asking for a DHCP server, for \(LeaseCheck.patience.components.seconds) s at most …")
        var finding = LeaseCheck.finding(
            LeaseCheck.ask(configuration, key, among: fit), beside: configuration.floating.addresses)
        if !isOwn, finding.mark == .good { finding.found += ", or another, once the nodes have agreed on a key" }
        return [finding]
    }

    /// In whose name a server is asked: the cluster's, or where it has no key that can be read, nobody's.
    private static func leaseKey(_ configuration: Configuration) -> (key: ClusterKey, isOwn: Bool) {
        if let key = configuration.cluster.keyring?.newest { return (key, true) }
        let paired = try? NodeFiles(directory: configuration.node.data).storedPairing()?.record.key
        return paired.map { ($0, true) } ?? (.generate(), false)
    }

    private static func network(_ configuration: Configuration) -> [Finding] {
        do throws(SystemError) {
            let interfaces = try InterfaceList.current()
            return NetworkChecks.interfaces(configuration.cluster.interfaces, in: interfaces)
                + configuration.floating.addresses.map {
                    NetworkChecks.floating($0, on: configuration.floating.interface, in: interfaces)
                } + NetworkChecks.tracked(configuration.floating, in: interfaces)
        } catch {
            return [
                .problem(
                    "interfaces", "\(error)", unaffected: "the site is still served",
                    advice: "The daemon needs netlink: check RestrictAddressFamilies of its unit.")
            ]
        }
    }
}
