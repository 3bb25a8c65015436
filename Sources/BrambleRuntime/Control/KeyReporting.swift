internal import LinuxPlatform
internal import Membership
internal import NodeCore
internal import Wire

/// What is said of the cluster's keys, out of what the node knows.
enum KeyReporting {
    /// The keys' part of the report.
    static func report(_ node: NodeSnapshot, file: Keyring?) -> KeyStatus {
        let ring = node.keyRing
        // Before the first rotation nobody lacks anything: each file says what its node has.
        let isAwaited = node.keyless.contains { $0.state.isPresent && $0.canTakeKeys }
        let phase: KeyStatus.Phase =
            !ring.isRotated || ring.entries.count == 1 && !isAwaited
            ? .settled : (node.keysAreSettled ? .sealing : .spreading)
        let notDropped = node.members.filter { $0.state.isPresent && ($0.info.keys?.floor ?? 0) < ring.floor }
        return KeyStatus(
            phase: phase, generation: ring.newest.generation, newest: name(ring.newest.key),
            older: ring.entries.dropFirst().map { name($0.key) },
            dropped: ring.dropped.map { KeyStatus.Name(fingerprint: $0.fingerprint, mark: KeyMark.text($0.hint)) },
            lacking: node.keyless.map(absentee),
            notDropped: notDropped.map {
                absentee(.init(node: $0.id, name: $0.info.name, state: $0.state, canTakeKeys: $0.info.keys != nil))
            },
            isStoring: node.keysArePending, file: file.map { standing(of: $0, in: ring) } ?? "current")
    }

    /// What a person should do, as whole sentences.
    static func warnings(_ keys: KeyStatus) -> [String] { keys.file == "dropped" ? [fileIsDropped] : [] }

    /// The file names nothing that opens.
    static let fileIsDropped =
        "bramble.toml names a cluster key that was dropped. The node has the newer one on its disk, but a card made from "
        + "this file finds nobody: put the line that `sudo bramble key show` prints into [cluster], on every node."

    /// What the keys of a file are to a ring.
    static func standing(of file: Keyring, in ring: KeyRing) -> String {
        let standing = ring.with(file: file).standing
        guard standing == .behind else { return "current" }
        return file.keys.contains { key in ring.entries.contains { $0.key == key } } ? "behind" : "dropped"
    }

    private static func absentee(_ member: KeyRefusal.Absentee) -> KeyStatus.Absentee {
        KeyStatus.Absentee(
            id: "\(member.node)", name: member.name, state: StatusBuilder.state(member.state),
            canTakeKeys: member.canTakeKeys)
    }

    private static func name(_ key: ClusterKey) -> KeyStatus.Name {
        KeyStatus.Name(fingerprint: key.fingerprint, mark: KeyMark.text(key.hint))
    }
}
