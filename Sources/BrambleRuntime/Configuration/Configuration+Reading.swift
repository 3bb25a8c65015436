internal import Wire

extension Configuration {
    /// What came of reading a file.
    public struct Reading: Hashable, Sendable {
        /// The configuration; nil if something in the file is an error.
        public let configuration: Configuration?
        /// What could be read, with the defaults for the rest: for saying what is wrong where people look for it. Nil if
        /// nothing could.
        public let readable: Configuration?
        /// Everything that is wrong, in the order of the lines.
        public let problems: [ConfigurationProblem]

        /// Where the daemon is asked: where the file says, good or not, else at the usual place. A daemon keeps its last good
        /// configuration, so it can be asked although the file is no good now.
        public var control: String { (configuration ?? readable ?? Configuration(nodeName: "")).node.control }

        /// Whether the file does not say where the daemon is asked, because nothing in it can be read.
        public var hidesControl: Bool { configuration == nil && readable == nil }
    }

    /// Reads the text of a `bramble.toml`. `file` is how messages name it; `hostName` becomes the node's name if the
    /// file gives none.
    public static func read(_ text: String, file: String, hostName: String) -> Reading {
        let document: TOMLDocument
        do {
            document = try TOMLDocument(text)
        } catch {
            let problem = ConfigurationProblem(
                file: file, line: error.line, complaint: error.reason,
                advice: "Texts stand in quotes, lists in brackets, and each setting on a line of its own.")
            return Reading(configuration: nil, readable: nil, problems: [problem])
        }
        var reader = SettingReader(document, file: file)
        var configuration = Configuration(nodeName: NodeName.from(hostName: hostName))
        configuration.readTables(&reader)
        reader.reportUnknown()
        configuration.reportContradictions(&reader)
        let problems = reader.problems.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }.map(\.element)
        let isUsable = problems.allSatisfy { $0.severity == .warning }
        return Reading(
            configuration: isUsable ? configuration : nil, readable: configuration, problems: problems)
    }

    private mutating func readTables(_ reader: inout SettingReader) {
        readCluster(&reader)
        reader.read("node", "name", into: &node.name, SettingKinds.nodeName)
        reader.read("node", "data", into: &node.data, SettingKinds.path)
        reader.read("node", "control", into: &node.control, SettingKinds.socketPath)
        readFloating(&reader)
        readHooks(&reader)
        reader.read("site", "directory", into: &site.directory, SettingKinds.path)
        reader.read("http", "port", into: &http.port, Self.port)
        reader.readList("http", "addresses", into: &http.addresses, AddressKinds.listening)
        reader.read("http", "drain_timeout", into: &http.drainTimeout) { node throws(Complaint) in
            try SettingKinds.duration(node, in: .zero ... .seconds(600))
        }
        reader.read("lights", "output", into: &lights.output) { node throws(Complaint) in
            try SettingKinds.choice(node, Lights.Output.self)
        }
        reader.read("log", "level", into: &log.level) { node throws(Complaint) in
            try SettingKinds.choice(node, Log.Level.self)
        }
    }

    private mutating func readCluster(_ reader: inout SettingReader) {
        var key: ClusterKey?
        reader.read("cluster", "key", into: &key, isSecret: true) { node throws(Complaint) in
            try SettingKinds.key(node)
        }
        var keys: [ClusterKey] = []
        reader.readList("cluster", "keys", into: &keys, isSecret: true, SettingKinds.key)
        cluster.keyring = try? Keyring(newestFirst: key.map { [$0] } ?? keys)
        reader.read("cluster", "pairing", into: &cluster.pairing, SettingKinds.flag)
        reader.read("cluster", "port", into: &cluster.port, Self.port)
        let port = cluster.port
        reader.readList("cluster", "peers", into: &cluster.peers) { node throws(Complaint) in
            try AddressKinds.peer(node, defaultPort: port)
        }
        reader.readList("cluster", "interfaces", into: &cluster.interfaces, SettingKinds.interface)
        reader.read("cluster", "unicast_only", into: &cluster.unicastOnly, SettingKinds.flag)
    }

    private mutating func readFloating(_ reader: inout SettingReader) {
        reader.read("floating", "mode", into: &floating.mode) { node throws(Complaint) in
            try SettingKinds.choice(node, Floating.Mode.self)
        }
        readFloatingAddresses(&reader)
        reader.read("floating", "interface", into: &floating.interface) { node throws(Complaint) in
            try SettingKinds.interface(node)
        }
        reader.read("floating", "priority", into: &floating.priority) { node throws(Complaint) in
            try SettingKinds.integer(node, in: 1...254)
        }
        reader.read("floating", "interval", into: &floating.interval, SettingKinds.interval)
        reader.read("floating", "preempt", into: &floating.preempt, SettingKinds.flag)
        reader.read("floating", "preempt_delay", into: &floating.preemptDelay) { node throws(Complaint) in
            try SettingKinds.duration(node, in: .zero ... .seconds(1000))
        }
        reader.read("floating", "router_id", into: &floating.routerID) { node throws(Complaint) in
            try SettingKinds.integer(node, in: 1...255)
        }
        reader.read("floating", "checksum", into: &floating.checksum) { node throws(Complaint) in
            try SettingKinds.choice(node, Floating.Checksum.self)
        }
        reader.read("floating", "spread", into: &floating.spread, SettingKinds.flag)
        reader.read("floating", "virtual_mac", into: &floating.virtualMAC, SettingKinds.flag)
        reader.readList("floating", "track_interfaces", into: &floating.trackInterfaces, SettingKinds.interface)
        reader.read("floating", "track_weight", into: &floating.trackWeight) { node throws(Complaint) in
            try SettingKinds.integer(node, in: 0...253)
        }
    }

    /// `address` for one, `addresses` for any number; without either the LAN's DHCP server is asked for one.
    private mutating func readFloatingAddresses(_ reader: inout SettingReader) {
        let mode = floating.mode
        var choices: [AddressKinds.FloatingChoice] = [.automatic]
        reader.read("floating", "address", into: &choices) { node throws(Complaint) in
            [try AddressKinds.floating(node, mode)]
        }
        reader.readList("floating", "addresses", into: &choices) { node throws(Complaint) in
            try AddressKinds.floating(node, mode)
        }
        floating.isAutomatic = choices.contains(.automatic)
        floating.addresses = choices.compactMap { if case .fixed(let ip) = $0 { ip } else { nil } }
    }

    private mutating func readHooks(_ reader: inout SettingReader) {
        reader.read("hooks", "on_leader", into: &hooks.onLeader, SettingKinds.command)
        reader.read("hooks", "on_backup", into: &hooks.onBackup, SettingKinds.command)
        reader.read("hooks", "on_fault", into: &hooks.onFault, SettingKinds.command)
        reader.read("hooks", "deadline", into: &hooks.deadline) { node throws(Complaint) in
            try SettingKinds.duration(node, in: .milliseconds(100) ... .seconds(600))
        }
    }

    private static func port(_ node: TOMLNode) throws(Complaint) -> UInt16 {
        try SettingKinds.integer(node, in: 1...65535)
    }
}
