internal import Wire

/// Floating addresses on an interface that has lost its own addresses. A DHCP client, or whoever sets an interface up
/// anew, takes off everything and gives the same back a moment later: that need not cost the leadership.
struct HomelessAddresses: Sendable {
    /// How long an interface without its network is waited for: much longer than a lease is renewed in.
    static let patience = Duration.seconds(2)

    private enum Tolerance { case until(Instant), over }

    private var tolerances: [IPAddress: Tolerance] = [:]

    /// When `expire` is to be called.
    var nextDeadline: Instant? {
        tolerances.isEmpty
            ? nil : tolerances.values.compactMap { if case .until(let end) = $0 { end } else { nil } }.min()
    }

    /// Whether the address may stay where it is.
    func isTolerated(_ ip: IPAddress) -> Bool { if case .until = tolerances[ip] { true } else { false } }

    /// Notes whether an address has a network to belong to.
    mutating func note(_ ip: IPAddress, hasHome: Bool, at now: Instant) {
        if hasHome {
            tolerances[ip] = nil
        } else if tolerances[ip] == nil {
            tolerances[ip] = .until(now.advanced(by: Self.patience))
        }
    }

    /// Ends the patience whose time has come; says whether there was any.
    mutating func expire(at now: Instant) -> Bool {
        guard let next = nextDeadline, next <= now else { return false }
        for case (let ip, .until(let end)) in tolerances where end <= now { tolerances[ip] = .over }
        return true
    }
}
