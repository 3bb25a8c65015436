internal import NodeCore
internal import Membership
internal import VRRP
internal import Wire

/// The one line that `systemctl status` shows.
enum StatusLine {
    /// What matters most, in a few words.
    static func text(for node: NodeSnapshot) -> String {
        let alive = node.members.filter { $0.state == .alive }.count
        let company = alive == 1 ? "alone" : "\(alive) nodes alive"
        guard node.health.isServing else {
            return "cannot serve: " + (node.health.reasons.first?.text ?? "unknown") + "; \(company)"
        }
        if node.isDraining { return "draining; \(company)" }
        let held = node.floating.filter { $0.state == .active }.map(\.address.ip.description)
        return held.isEmpty ? "serving; \(company)" : "serving; holds \(held.joined(separator: ", ")); \(company)"
    }
}
