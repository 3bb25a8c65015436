internal import Wire

/// One setting with its value, as it would stand in the file.
public struct ConfigurationSetting: Hashable, Sendable {
    /// The key, such as `floating.interval`.
    public let path: String
    /// The value in TOML; the fingerprint in place of a key.
    public let value: String
    /// Whether a change comes into force only when the daemon starts again.
    public let needsRestart: Bool
}

extension Configuration {
    /// Every setting, in the order of the documentation.
    public var settings: [ConfigurationSetting] {
        let keys = cluster.keyring?.keys.map(\.fingerprint) ?? []
        let cluster = [
            Self.running("cluster.keys", Self.list(keys)),
            Self.fixed("cluster.pairing", "\(cluster.pairing)"),
            Self.fixed("cluster.port", "\(cluster.port)"),
            Self.fixed("cluster.peers", Self.list(cluster.peers)),
            Self.fixed("cluster.interfaces", Self.list(cluster.interfaces)),
            Self.fixed("cluster.unicast_only", "\(cluster.unicastOnly)"),
            Self.fixed("node.name", Self.text(node.name)),
            Self.fixed("node.data", Self.text(node.data)),
            Self.fixed("node.control", Self.text(node.control)),
        ]
        return cluster + floatingSettings + [
            Self.running("site.directory", Self.text(site.directory)),
            Self.fixed("http.port", "\(http.port)"),
            Self.fixed("http.addresses", Self.list(http.addresses)),
            Self.fixed("http.drain_timeout", Self.text(DurationText.write(http.drainTimeout))),
            Self.fixed("lights.output", Self.text(lights.output.rawValue)),
            Self.running("log.level", Self.text(log.level.rawValue)),
        ]
    }

    private var floatingSettings: [ConfigurationSetting] {
        let addresses = (floating.isAutomatic ? ["auto"] : []) + floating.addresses.map(\.description)
        let interface = floating.interface.map { [Self.fixed("floating.interface", Self.text($0))] } ?? []
        return interface + [
            Self.fixed("floating.mode", Self.text(floating.mode.rawValue)),
            Self.fixed("floating.addresses", Self.list(addresses)),
            Self.fixed("floating.priority", "\(floating.priority)"),
            Self.fixed("floating.interval", Self.text(DurationText.write(centiseconds: floating.interval))),
            Self.fixed("floating.preempt", "\(floating.preempt)"),
            Self.fixed("floating.preempt_delay", Self.text(DurationText.write(floating.preemptDelay))),
            Self.fixed("floating.router_id", "\(floating.routerID)"),
            Self.fixed("floating.checksum", Self.text(floating.checksum.rawValue)),
            Self.fixed("floating.spread", "\(floating.spread)"),
            Self.fixed("floating.virtual_mac", "\(floating.virtualMAC)"),
            Self.fixed("floating.track_interfaces", Self.list(floating.trackInterfaces)),
            Self.fixed("floating.track_weight", "\(floating.trackWeight)"),
            Self.fixed("hooks.on_leader", Self.list(hooks.onLeader)),
            Self.fixed("hooks.on_backup", Self.list(hooks.onBackup)),
            Self.fixed("hooks.on_fault", Self.list(hooks.onFault)),
            Self.fixed("hooks.deadline", Self.text(DurationText.write(hooks.deadline))),
        ]
    }

    /// What the configuration comes to, with every default, as a file. Keys are replaced by their fingerprints.
    public var effectiveText: String {
        var text = ""
        var table: Substring?
        for setting in settings {
            let parts = setting.path.split(separator: ".", maxSplits: 1)
            if parts.first != table {
                table = parts.first
                text += (text.isEmpty ? "" : "\n") + "[\(parts.first ?? "")]\n"
            }
            text += "\(parts.last ?? "") = \(setting.value)\n"
        }
        return text
    }

    /// A setting whose change comes into force at once.
    private static func running(_ path: String, _ value: String) -> ConfigurationSetting {
        ConfigurationSetting(path: path, value: value, needsRestart: false)
    }

    /// A setting whose change waits for the next start.
    private static func fixed(_ path: String, _ value: String) -> ConfigurationSetting {
        ConfigurationSetting(path: path, value: value, needsRestart: true)
    }

    private static func text(_ value: String) -> String { TOMLNode.quoted(value, limit: .max) }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        "[" + values.map { text($0.description) }.joined(separator: ", ") + "]"
    }
}
