internal import DHCP
internal import LinuxPlatform
internal import NodeCore
internal import Wire

/// What status and metrics say of the leased address.
enum LeaseReporting {
    /// The report; nil if no DHCP server is asked.
    static func report(_ node: NodeSnapshot, _ names: [NodeID: String], at now: Instant) -> LeaseReport? {
        guard let lease = node.lease else { return nil }
        var report = LeaseReport(
            state: .waiting, hardwareAddress: hexadecimal(lease.identity.hardwareAddress, between: ":"),
            clientIdentifier: hexadecimal(lease.identity.clientIdentifier, between: ":"))
        report.address = lease.remembered.map { "\($0)" }
        switch lease.phase {
        case .leased(let lease):
            report.state = .leased
            report.address = "\(IPAddress.v4(lease.address))"
            report.server = "\(IPAddress.v4(lease.server))"
            guard !lease.isEndless else { break }
            report.leaseSeconds = seconds(lease.duration)
            report.remainingSeconds = seconds(now.duration(to: lease.expiresAt))
            report.renewalInSeconds = seconds(now.duration(to: lease.renewAt))
        case .searching(let searcher, let unanswered, let flaw):
            report.state = .searching
            report.askedBy = names[searcher] ?? searcher.short
            report.unanswered = unanswered
            report.problem = problem(unanswered, flaw, asking: report.askedBy ?? searcher.short)
        case .waiting(let problem):
            report.problem = problem.map {
                "This node cannot ask a DHCP server for the cluster's address: \($0). \(LeaseAdvice.meanwhile) "
                    + "Connect it to your network; \(LeaseAdvice.remedy)"
            }
        }
        return report
    }

    private static func problem(_ unanswered: Int, _ flaw: DHCPLease.Flaw?, asking name: String) -> String? {
        if let flaw { return LeaseEvent.unusable(flaw).text }
        guard unanswered > 0 else { return nil }
        return
            "No DHCP server answers: \(name) has asked \(PlainNumbers.count(unanswered, "time")) and goes on asking, "
            + "so the cluster has no address from one yet. \(LeaseAdvice.meanwhile) \(LeaseAdvice.server); "
            + LeaseAdvice.remedy
    }

    private static func seconds(_ duration: Duration) -> UInt64 { UInt64(max(0, duration.components.seconds)) }

    private static func hexadecimal(_ bytes: [UInt8], between separator: String) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
    }

    /// The metrics of a node that asks a DHCP server.
    static func write(_ lease: LeaseStatus, to page: inout MetricsPage, at now: Instant) {
        var (remaining, unanswered) = (0.0, 0)
        var isLeased = false
        switch lease.phase {
        case .leased(let lease):
            isLeased = true
            remaining = max(0, now.duration(to: lease.expiresAt).seconds)
        case .searching(_, let count, _): unanswered = count
        case .waiting: break
        }
        page.gauge("bramble_lease", "Whether a DHCP server has given the cluster an address.", isLeased ? 1 : 0)
        page.gauge("bramble_lease_remaining_seconds", "Seconds until the lease ends; 0 without one.", remaining)
        page.gauge(
            "bramble_lease_unanswered", "Questions to DHCP servers that nobody has answered.", Double(unanswered))
        page.gauge(
            "bramble_lease_keeper", "Whether this node is the one that speaks with the server.",
            lease.isKeeper ? 1 : 0)
    }
}
