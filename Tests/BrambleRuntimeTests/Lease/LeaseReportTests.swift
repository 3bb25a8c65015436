import DHCP
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

@Suite("What people are told of an address from a DHCP server")
struct LeaseReportTests {
    private static let key: ClusterKey = {
        var random = SeededGenerator(seed: 1)
        return ClusterKey(using: &random)
    }()
    private static let session = Session(node: NodeID(high: 1, low: 0), boot: 2, salt: 3)

    /// A node alone on a link of this kind, `seconds` after its start, and a server that gives it an address or none.
    private static func node(_ link: LeaseLink?, answers: Bool, after seconds: Int = 30) -> (NodeSnapshot, Instant) {
        var now = Instant.zero
        let end = now.advanced(by: .seconds(seconds))
        var configuration = Node.Configuration(name: "pi", httpPort: 80, keyring: Keyring(key), floating: [])
        configuration.leasedRouterID = 51
        configuration.interval = 100
        var node = Node(
            configuration, session: session, linkSecret: [UInt8](repeating: 1, count: 32), known: [],
            random: SeededGenerator(seed: 1), at: now)
        func carryOut(_ actions: [Action]) {
            for case .sendDHCP(let request) in actions where answers {
                guard let answer = answer(to: request.message) else { continue }
                carryOut(node.receiveDHCP(answer, from: [2, 0, 0, 0, 0, 200], at: now))
            }
        }
        carryOut(node.update(health: .healthy, release: 1, at: now))
        carryOut(node.setLeaseLink(link, problem: "no interface has a link", at: now))
        while node.nextDeadline <= end {
            now = node.nextDeadline
            carryOut(node.deadlineReached(at: now))
        }
        return (node.snapshot, end)
    }

    private static func answer(to bytes: [UInt8]) -> [UInt8]? {
        guard let question = try? DHCPMessage(decoding: bytes) else { return nil }
        var message = DHCPMessage(
            .reply, question.kind == .discover ? .offer : .acknowledge, transaction: question.transaction,
            hardwareAddress: question.hardwareAddress)
        message.yourAddress = 0x0A00_0064
        message.options.server = 0x0A00_00C8
        message.options.leaseSeconds = 600
        return message.encoded
    }

    private static let link = LeaseLink(
        ownHardwareAddress: nil, networks: [.init(address: 0x0A00_0001, prefix: 24)], taken: [])
    private static let names = [session.node: "pi"]

    @Test("a lease: from whom, for how long, and when it is renewed")
    func leased() throws {
        let (node, now) = Self.node(Self.link, answers: true)
        let report = try #require(LeaseReporting.report(node, Self.names, at: now))
        #expect(report.state == .leased && report.address == "10.0.0.100" && report.server == "10.0.0.200")
        #expect(report.leaseSeconds == 600 && report.problem == nil)
        #expect((560...580).contains(try #require(report.remainingSeconds)))
        #expect((260...280).contains(try #require(report.renewalInSeconds)))
        #expect(report.text == "10.0.0.100 from the DHCP server 10.0.0.200, for 9 min 30 s more")
        #expect(report.hardwareAddress.count == 17 && report.clientIdentifier.hasPrefix("ff:00:00:00:01:00:04:"))
    }

    @Test("silence: who asks, what is unaffected, and what to do")
    func silence() throws {
        let (node, now) = Self.node(Self.link, answers: false)
        let report = try #require(LeaseReporting.report(node, Self.names, at: now))
        #expect(report.state == .searching && report.askedBy == "pi" && (report.unanswered ?? 0) >= 2)
        let problem = try #require(report.problem)
        for words in ["No DHCP server answers", "pi has asked", "own address", "[floating] addresses"] {
            #expect(problem.contains(words))
        }
    }

    @Test("a node that cannot ask says why")
    func noLink() throws {
        let (node, now) = Self.node(nil, answers: false, after: 2)
        let report = try #require(LeaseReporting.report(node, Self.names, at: now))
        #expect(report.state == .waiting)
        #expect(report.problem?.contains("no interface has a link") == true)
    }

    @Test("the report survives its journey as JSON")
    func json() throws {
        let (node, now) = Self.node(Self.link, answers: true)
        var report = SampleReports.healthy
        report.lease = LeaseReporting.report(node, Self.names, at: now)
        let line = try ControlReply.report(report).line
        #expect(try JSONText.decode(ControlReply.self, from: line.utf8) == .report(report))
    }

    @Test("the status says in its first line that there is no address yet, and later where it comes from")
    func rendering() throws {
        var report = SampleReports.healthy
        report.lease = LeaseReport(state: .searching, hardwareAddress: "02:00:00:00:00:01", clientIdentifier: "ff")
        report.lease?.askedBy = "pi-oak"
        report.floating = []
        let before = StatusRenderer(report, shape: TerminalShape()).lines
        #expect(before.first == "no floating address is there yet, 3 nodes alive")
        #expect(before.contains("address      pi-oak asks the network's DHCP server"))
        report = SampleReports.healthy
        report.lease = LeaseReport(state: .leased, hardwareAddress: "02:00:00:00:00:01", clientIdentifier: "ff")
        report.lease?.address = "192.168.1.250"
        report.lease?.server = "192.168.1.1"
        #expect(
            StatusRenderer(report, shape: TerminalShape()).text.contains(
                "192.168.1.250 from the DHCP server 192.168.1.1, for ever"))
    }

    @Test("the metrics tell of the lease, and of who keeps it")
    func metrics() throws {
        let (node, now) = Self.node(Self.link, answers: true)
        var page = MetricsPage()
        LeaseReporting.write(try #require(node.lease), to: &page, at: now)
        #expect(page.text.contains("bramble_lease 1\n"))
        #expect(page.text.contains("bramble_lease_unanswered 0\n"))
        let (silent, later) = Self.node(Self.link, answers: false)
        page = MetricsPage()
        LeaseReporting.write(try #require(silent.lease), to: &page, at: later)
        #expect(page.text.contains("bramble_lease 0\n") && !page.text.contains("bramble_lease_unanswered 0\n"))
    }
}
