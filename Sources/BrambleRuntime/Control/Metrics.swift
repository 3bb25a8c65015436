internal import LinuxPlatform
internal import Membership
internal import NodeCore
internal import VRRP
internal import Wire

/// The node's metrics in Prometheus' text format, version 0.0.4.
enum Metrics {
    /// All metrics of the node itself; the web server adds its own.
    static func text(_ contents: Facts.Contents, at now: Instant) -> String {
        guard let node = contents.node else { return "" }
        var page = MetricsPage()
        page.gauge("bramble_up_seconds", "Seconds since the daemon's start.", node.startedAt.duration(to: now).seconds)
        page.gauge("bramble_serving", "Whether this node may serve.", node.health.isServing ? 1 : 0)
        page.gauge("bramble_draining", "Whether this node is out of service.", node.isDraining ? 1 : 0)
        page.gauge("bramble_local_health", "Lifeguard's local health; 0 is good.", Double(node.localHealth))
        page.family("bramble_members", "gauge", "Members by state, this node included.")
        for state in Member.State.allCases {
            page.sample(
                "bramble_members", ["state": "\(state)"], Double(node.members.filter { $0.state == state }.count))
        }
        page.gauge(
            "bramble_key_generation", "How often the cluster's key was rotated or older ones dropped.",
            Double(node.keyRing.newest.generation))
        page.gauge("bramble_keys", "The cluster keys that open.", Double(node.keyRing.entries.count))
        page.family("bramble_floating_state", "gauge", "1 for this node's state in each virtual router.")
        for floating in node.floating {
            for state in [RouterState.initialize, .backup, .active] {
                page.sample(
                    "bramble_floating_state",
                    ["address": "\(floating.address.ip)", "state": state.rawValue], floating.state == state ? 1 : 0)
            }
        }
        page.family("bramble_transitions_total", "counter", "Changes of state of each virtual router.")
        for floating in node.floating {
            page.sample(
                "bramble_transitions_total", ["address": "\(floating.address.ip)"], Double(floating.transitions))
        }
        page.family(
            "bramble_advertisements_late_seconds", "gauge",
            "The most that the leader's advertisements were late in the last while, seen from this node.")
        for floating in node.floating {
            page.sample(
                "bramble_advertisements_late_seconds", ["address": "\(floating.address.ip)"],
                Double(floating.lateness.wholeNanoseconds) / 1e9)
        }
        write(contents.lifelines, to: &page)
        page.family(
            "bramble_transitions_by_reason_total", "counter",
            "Changes of state of each virtual router, by the state that they led to and the reason.")
        for floating in node.floating {
            for entry in floating.reasons {
                page.sample(
                    "bramble_transitions_by_reason_total",
                    ["address": "\(floating.address.ip)", "to": entry.kind.to.rawValue, "reason": entry.kind.reason],
                    Double(entry.count))
            }
        }
        hooks(contents.hooks, &page)
        if let lease = node.lease { LeaseReporting.write(lease, to: &page, at: now) }
        page.family("bramble_dropped_datagrams_total", "counter", "Datagrams that were dropped, by reason.")
        for drop in node.drops {
            page.sample("bramble_dropped_datagrams_total", ["reason": drop.reason.name], Double(drop.count))
        }
        let leftOut = contents.leftOut
        for (reason, count) in [
            ("copy", leftOut.copies), ("own_broadcast", leftOut.echoes), ("unread", leftOut.unread),
        ] {
            page.sample("bramble_dropped_datagrams_total", ["reason": reason], Double(count))
        }
        for (reason, count) in contents.advertisementDrops.sorted(by: { $0.key < $1.key }) {
            page.sample("bramble_dropped_datagrams_total", ["reason": reason], Double(count))
        }
        page.family("bramble_ignored_messages_total", "counter", "Messages that changed nothing, by reason.")
        for (reason, count) in node.ignored.sorted {
            page.sample("bramble_ignored_messages_total", ["reason": reason], Double(count))
        }
        return page.text
    }

    private static func write(_ lifelines: LifelineFacts, to page: inout MetricsPage) {
        page.family("bramble_lifelines", "gauge", "Lifelines that others hold to this node, or it to others.")
        let held = lifelines.calls.count { $0.standing == .held }
        page.sample("bramble_lifelines", ["direction": "from_others"], Double(lifelines.heldBy.values.reduce(0, +)))
        page.sample("bramble_lifelines", ["direction": "to_others"], Double(held))
        page.family(
            "bramble_lifelines_turned_away_total", "counter",
            "Connections to the lifeline port for which there was no place, or that talked.")
        page.sample("bramble_lifelines_turned_away_total", [:], Double(lifelines.turnedAway))
    }

    private static func hooks(_ hooks: HookFacts, _ page: inout MetricsPage) {
        page.family("bramble_hook_runs_total", "counter", "Runs of the user's hooks, by what came of them.")
        for kind in HookCall.Kind.allCases {
            for result in HookResult.Outcome.names {
                let count = hooks.counts[kind]?[result] ?? 0
                page.sample("bramble_hook_runs_total", ["hook": kind.key, "result": result], Double(count))
            }
        }
        page.family(
            "bramble_hooks_superseded_total", "counter", "Hooks that a later one replaced before they ran.")
        page.sample("bramble_hooks_superseded_total", [:], Double(hooks.superseded))
    }
}

/// A page of metrics as it is written.
struct MetricsPage {
    private(set) var text = ""

    /// Begins a family of samples.
    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// A sample of the family begun last.
    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: Double) {
        let list = labels.map { "\($0.key)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.format(value))\n"
    }

    /// A family of one gauge.
    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, "gauge", help)
        sample(name, [:], value)
    }

    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }

    private static func format(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(wholeNanoseconds) / 1e9 }
}
