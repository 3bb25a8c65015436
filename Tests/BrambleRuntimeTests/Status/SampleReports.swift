@testable import BrambleRuntime

/// Reports for tests.
enum SampleReports {
    static let oak = "3f2a91bc00000000000000000000000a"
    static let elm = "7c11d0e200000000000000000000000b"
    static let ash = "b04e55aa00000000000000000000000c"

    static func member(
        _ id: String, _ name: String, _ address: String, _ state: MemberStatus.State = .alive, isSelf: Bool = false
    ) -> MemberStatus {
        MemberStatus(
            id: id, name: name, address: address, state: state, sinceSeconds: 7500, isServing: state == .alive,
            isDraining: false, release: "a1b2c3d4e5f60718", isSelf: isSelf)
    }

    /// Three nodes; the first leads, the second answers.
    static var healthy: StatusReport {
        StatusReport(
            node: NodeStatus(
                id: elm, short: "7c11d0e2", name: "pi-elm", version: "0.1.0", uptimeSeconds: 7560, signal: "member",
                isDraining: false),
            cluster: ClusterStatus(
                keyFingerprint: "8d50-d458-c55f-54e1",
                members: [
                    member(oak, "pi-oak", "192.168.1.21:7373"),
                    member(elm, "pi-elm", "192.168.1.22:7373", isSelf: true),
                    member(ash, "pi-ash", "192.168.1.23:7373"),
                ]),
            floating: [
                FloatingStatus(
                    address: "192.168.1.250", routerID: 51, state: .backup, holderID: oak, holderName: "pi-oak",
                    priority: 100, intervalMilliseconds: 20,
                    transitions: [
                        .init(from: .initialize, to: .backup, reason: "this node can serve", agoSeconds: 7499)
                    ])
            ],
            site: SiteStatus(
                release: String(repeating: "a1b2c3d4", count: 8), files: 12, bytes: 345_678, activatedSecondsAgo: 7555),
            health: HealthStatus(serving: true, reasons: []), drops: DropStatus([:]),
            http: HTTPStatus(port: 80, requests: 1234, openConnections: 3), lights: LightStatus(output: "gpio"),
            realTime: true, warnings: [])
    }

    /// In standard mode, behind a machine that is none of the cluster's.
    static var outsider: StatusReport {
        var report = healthy
        report.floating[0].holderID = nil
        report.floating[0].holderName = nil
        report.floating[0].holderAddress = "192.168.1.9"
        return report
    }

    /// The leader has died, nobody holds the address, and this node cannot serve.
    static var leaderless: StatusReport {
        var report = healthy
        report.cluster.members[0].state = .dead
        report.cluster.members[2].state = .suspect
        report.floating[0].holderID = nil
        report.floating[0].holderName = nil
        report.floating[0].state = .initialize
        report.health = HealthStatus(serving: false, reasons: ["the store cannot be read: Input/output error"])
        report.node.signal = "cannot_serve"
        report.site = SiteStatus(files: 0, bytes: 0, problem: "the directory /var/lib/bramble/site is empty")
        report.warnings = ["2 members are gone since a minute. Check the cable between this node and the switch."]
        report.drops = DropStatus(["unproven": 10, "other_cluster": 200, "replayed": 0])
        report.realTime = false
        report.lights = LightStatus(output: "off", problem: "no GPIO chip is here")
        return report
    }

    /// Two addresses with two holders, IPv6, a draining node and one that left.
    static var spread: StatusReport {
        var report = healthy
        report.cluster.members[1].address = "[2001:db8::22]:7373"
        report.cluster.members[1].isDraining = true
        report.cluster.members[2].state = .left
        var second = report.floating[0]
        second.address = "2001:db8::250"
        second.holderID = elm
        second.holderName = "pi-elm"
        second.state = .active
        report.floating.append(second)
        return report
    }

    /// A node alone, without key, address and site, and with a name that means mischief.
    static var bare: StatusReport {
        var report = healthy
        report.cluster = ClusterStatus(
            keyFingerprint: nil, members: [member(elm, "pi\u{1B}[2Jelm", "192.168.1.22:7373", isSelf: true)])
        report.cluster.members[0].release = nil
        report.floating = []
        report.site = SiteStatus(files: 0, bytes: 0)
        report.http = HTTPStatus(port: 80, requests: 1, openConnections: 1)
        return report
    }
}
