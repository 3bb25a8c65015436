internal import LinuxPlatform
internal import Membership
internal import NodeCore
internal import VRRP
internal import WebServer
internal import Wire

/// Makes the status report out of what the daemon's parts know.
enum StatusBuilder {
    /// The report at `now`; before the node's first word, one that says so.
    static func report(_ contents: Facts.Contents, _ configuration: Configuration, at now: Instant) -> StatusReport {
        guard let node = contents.node else { return waiting(["the node has just started"], configuration) }
        let names = Dictionary(node.members.map { ($0.id, $0.info.name) }, uniquingKeysWith: { first, _ in first })
        let pairing = node.pairing.map { PairingReport($0, at: now) }
        let lease = LeaseReporting.report(node, names, at: now)
        let keys = KeyReporting.report(node, file: contents.fileKeys)
        var warnings: [String] = contents.warnings + (pairing?.warnings ?? []) + contents.keyWarnings
        warnings += KeyReporting.warnings(keys)
        warnings += contents.networkWarnings + contents.configurationProblems + obstacles(node)
        warnings += node.troubles.map { sentence($0.text) }
        warnings += HookStatus.warnings(contents.hooks, configuration.hooks)
        if let problem = lease?.problem { warnings.append(problem) }
        var report = StatusReport(
            node: NodeStatus(
                id: "\(node.session.node)", short: node.session.node.short, name: configuration.node.name,
                version: Version.current, uptimeSeconds: node.startedAt.elapsed(to: now),
                signal: name(node.signal), isDraining: node.isDraining),
            cluster: ClusterStatus(
                keyFingerprint: node.keyFingerprint,
                members: node.members.map { member($0, of: node, configuration, at: now) }),
            floating: node.floating.map { floating($0, configuration, names, at: now) },
            site: site(contents, at: now), health: health(node),
            drops: drops(contents, node),
            http: http(contents, configuration), lights: lights(contents),
            hooks: HookStatus.all(contents.hooks, configuration.hooks, at: now), realTime: contents.isRealTime,
            lifelines: lifelines(contents.lifelines, of: node, names),
            warnings: warnings)
        report.lease = lease
        report.pairing = pairing
        report.cluster.keys = keys
        report.troubles = node.troubles.map { TroubleStatus($0, names, at: now) }
        return report
    }

    private static func drops(_ contents: Facts.Contents, _ node: NodeSnapshot) -> DropStatus {
        var counts: [String: UInt64] = [:]
        for drop in node.drops { counts[drop.reason.name] = drop.count }
        for (reason, count) in contents.advertisementDrops where counts[reason] == nil { counts[reason] = count }
        if contents.leftOut.unread > 0, counts["unread"] == nil { counts["unread"] = contents.leftOut.unread }
        return DropStatus(counts)
    }

    /// The report of a daemon whose node does not run.
    static func waiting(_ problems: [String], _ configuration: Configuration) -> StatusReport {
        StatusReport(
            node: NodeStatus(
                id: "", short: "", name: configuration.node.name, version: Version.current, uptimeSeconds: 0,
                signal: name(.cannotServe), isDraining: false),
            cluster: ClusterStatus(members: []), floating: [], site: SiteStatus(files: 0, bytes: 0),
            health: HealthStatus(serving: false, reasons: problems), drops: DropStatus([:]),
            http: HTTPStatus(port: configuration.http.port, requests: 0, openConnections: 0),
            lights: LightStatus(output: configuration.lights.output.rawValue), realTime: false, warnings: [])
    }

    /// A signal's name for programs.
    private static func name(_ signal: Signal) -> String {
        SignalTable.row(signal).name.split(separator: " ").joined(separator: "_")
    }

    private static func member(
        _ member: Member, of node: NodeSnapshot, _ configuration: Configuration, at now: Instant
    ) -> MemberStatus {
        let release = String(member.info.release, radix: 16)
        return MemberStatus(
            id: "\(member.id)", name: member.info.name, address: member.address.map { "\($0)" } ?? "",
            state: state(member.state), sinceSeconds: member.since.elapsed(to: now),
            isServing: member.info.serving, isDraining: member.info.draining,
            release: member.info.release == 0
                ? nil : String((String(repeating: "0", count: 16 - release.count) + release).prefix(12)),
            isSelf: member.id == node.session.node)
    }

    static func state(_ state: Member.State) -> MemberStatus.State {
        switch state {
        case .alive: .alive
        case .suspect: .suspect
        case .dead: .dead
        case .left: .left
        }
    }

    private static func state(_ state: RouterState) -> FloatingStatus.State {
        switch state {
        case .initialize: .initialize
        case .backup: .backup
        case .active: .active
        }
    }

    private static func floating(
        _ floating: NodeSnapshot.Floating, _ configuration: Configuration, _ names: [NodeID: String], at now: Instant
    ) -> FloatingStatus {
        FloatingStatus(
            address: "\(floating.address.ip)", routerID: floating.address.virtualRouterID, state: state(floating.state),
            holderID: floating.holder.map { "\($0)" }, holderName: floating.holder.flatMap { names[$0] },
            holderAddress: floating.outsider.map { "\($0)" },
            priority: floating.priority, intervalMilliseconds: UInt32(configuration.floating.interval) * 10,
            transitions: floating.history.map {
                FloatingStatus.Transition(
                    from: state($0.from), to: state($0.to), reason: $0.reason.description,
                    agoSeconds: $0.at.elapsed(to: now))
            })
    }

    private static func lifelines(
        _ facts: LifelineFacts, of node: NodeSnapshot, _ names: [NodeID: String]
    ) -> LifelineStatus {
        let heldBy = facts.heldBy.map { ip, count in
            let member = node.members.first { $0.state.isPresent && $0.address?.ip == ip }
            return LifelineStatus.End(
                id: member.map { "\($0.id)" }, name: member?.info.name, address: "\(ip)", state: "held", count: count)
        }
        let calls = facts.calls.map { call in
            LifelineStatus.End(
                id: "\(call.node)", name: names[call.node], address: "\(call.address.ip)",
                state: call.standing.rawValue, count: call.standing == .held ? 1 : 0)
        }
        return LifelineStatus(
            isListening: facts.isListening, heldByOthers: heldBy.sorted { $0.address < $1.address }, toOthers: calls,
            turnedAway: facts.turnedAway)
    }

    private static func health(_ node: NodeSnapshot) -> HealthStatus {
        let drained = node.isDraining ? ["out of service until `bramble resume`"] : []
        let reasons = node.health.reasons.map(\.text) + drained
        return HealthStatus(serving: reasons.isEmpty, reasons: reasons)
    }

    /// What stands against single floating addresses, as whole sentences.
    private static func obstacles(_ node: NodeSnapshot) -> [String] {
        node.floating.compactMap { floating in
            if let owner = floating.stranger {
                // Who is by itself may be outside of the cluster whose address it is.
                let isAlone = !node.members.contains { $0.id != node.session.node && $0.state.isPresent }
                return "\(floating.address.ip) belongs to a stranger on this network (\(owner)), so "
                    + (isAlone
                        ? "this node does not take it. If the stranger is one of your nodes, this one is to be let in there; "
                            + "else give"
                        : "no node takes it. Give") + " the cluster or the stranger another address."
            }
            return switch floating.obstacle {
            case nil: nil
            case .starting: "\(floating.address.ip): the network is being asked whether somebody else has this address."
            case .some(let obstacle): "\(floating.address.ip) is left to other nodes: \(obstacle.text)."
            }
        }
    }

    /// A text of the log as a sentence.
    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    private static func site(_ contents: Facts.Contents, at now: Instant) -> SiteStatus {
        SiteStatus(
            release: contents.site?.release, files: contents.site?.files ?? 0, bytes: contents.site?.bytes ?? 0,
            activatedSecondsAgo: contents.site?.activatedAt.elapsed(to: now),
            problem: contents.siteProblem ?? contents.siteWarning)
    }

    private static func http(_ contents: Facts.Contents, _ configuration: Configuration) -> HTTPStatus {
        let traffic = contents.traffic?() ?? HTTPServer.Traffic()
        return HTTPStatus(
            port: configuration.http.port, requests: traffic.requests, openConnections: traffic.openConnections,
            requestsInFlight: traffic.requestsInFlight)
    }

    private static func lights(_ contents: Facts.Contents) -> LightStatus {
        LightStatus(output: contents.lights, problem: contents.lightsProblem)
    }
}

extension Instant {
    /// Whole seconds from here to `now`; none if it has not come yet.
    func elapsed(to now: Instant) -> UInt64 {
        UInt64(max(0, duration(to: now).wholeNanoseconds / 1_000_000_000))
    }
}
