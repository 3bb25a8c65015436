internal import DHCP
internal import Glibc
internal import LinuxPlatform
internal import Membership
internal import NodeCore
internal import Wire

/// What a node keeps about itself on its data partition: its ID, its boot counter, the peers it has known, the address that
/// the cluster was given, the cluster's keys, and what it has agreed on by pairing.
///
/// The files are small texts. Each is replaced as a whole (temporary file, fsync, rename), so that a power cut leaves
/// the old one or the new one.
struct NodeFiles: Sendable {
    /// The directory: `[node] data`.
    let directory: String

    private var identityPath: String { directory + "/identity" }
    private var peersPath: String { directory + "/peers" }
    private var leasePath: String { directory + "/lease" }
    private var keysPath: String { directory + "/keys" }

    private var pairingPath: String { directory + "/pairing" }
    private var drainingPath: String { directory + "/draining" }

    /// Reads the node ID, or makes one at first start; raises the boot counter and has it on the disk before it
    /// returns. No datagram may be sent before that.
    func beginSession() throws(NodeFilesError) -> Session {
        do throws(SystemError) { try Directory.make(directory) } catch { throw .system(error.call, error.code) }
        let stored = try readIdentity()
        return try keep(stored?.node ?? freshID(), boot: (stored?.boot ?? 0) + 1)
    }

    /// Replaces the node ID by a new one: another running node has the old one. That was on a copied card, and so was what
    /// the node is known by where it pairs: it is made anew, too, and first, for nothing would make it anew later.
    func renewIdentity() throws(NodeFilesError) -> RenewedIdentity {
        var random = SystemRandomNumberGenerator()
        let fresh = PairingFile(using: &random)
        if let kept = try? storedPairing() {
            try keep(PairingFile(secret: fresh.secret, record: kept.record))
        }
        return RenewedIdentity(session: try keep(freshID(), boot: 1), pairingSecret: fresh.secret)
    }

    /// The peers that were kept; lines that cannot be read are passed over, for peers can be found again.
    func peers() -> [KnownPeer] {
        guard let text = try? read(peersPath) else { return [] }
        return text.split(separator: "\n").compactMap { KnownPeer(line: String($0)) }
    }

    /// Keeps these peers.
    func keep(_ peers: [KnownPeer]) throws(NodeFilesError) {
        try write(peers.map { $0.line + "\n" }.joined(), to: peersPath)
    }

    /// Whether the node was out of service when this was kept last.
    var isDraining: Bool { access(drainingPath, F_OK) == 0 }

    /// Keeps whether the node is out of service: by a file that is there while it is.
    func keep(isDraining: Bool) throws(NodeFilesError) {
        guard isDraining != self.isDraining else { return }
        guard !isDraining else {
            return try write("This node is out of service until `bramble resume`.\n", to: drainingPath)
        }
        guard unlink(drainingPath) == 0 || errno == ENOENT else { throw .system("remove \(drainingPath)", errno) }
        try syncDirectory()
    }

    /// The cluster's keys since they were rotated; nil if they never were. Throws for a file that is damaged.
    func keyRing() throws(NodeFilesError) -> KeyRing? {
        guard let text = try read(keysPath) else { return nil }
        guard let ring = KeyRing(text: text) else { throw .unreadableKeys(keysPath) }
        return ring
    }

    /// The keys in force where the configuration names these, or none: those that were rotated; or those of the file; or
    /// the one of the group in which the node has paired. Nil if it has none yet.
    func keys(besides named: Keyring?) throws(NodeFilesError) -> KeyRing? {
        if let kept = try keyRing() { return kept.with(file: named).ring }
        if let named { return KeyRing(named) }
        return try storedPairing().map { KeyRing(Keyring($0.record.key)) }
    }

    /// Keeps the cluster's keys, for nobody but the owner to read; nil sets those aside that are there, for they are
    /// another cluster's, beside what was set aside before.
    func keep(_ ring: KeyRing?) throws(NodeFilesError) {
        if let ring { return try write(ring.text, to: keysPath, mode: 0o600) }
        var aside = keysPath + ".set-aside"
        var number = 1
        while access(aside, F_OK) == 0 {
            number += 1
            aside = keysPath + ".set-aside.\(number)"
        }
        guard rename(keysPath, aside) == 0 || errno == ENOENT else { throw .system("set \(keysPath) aside", errno) }
        try syncDirectory()
    }

    /// What the node keeps of pairing; made at first start, and on the disk before this returns. Throws for a file that is
    /// damaged.
    ///
    /// A node that has keys which were rotated is in a cluster: the file, if it is lost, damaged or tells of another one, is
    /// made to fit them.
    func pairing(beside ring: KeyRing? = nil) throws(NodeFilesError) -> PairingFile {
        let stored: PairingFile?
        do throws(NodeFilesError) {
            stored = try storedPairing()
        } catch {
            guard case .unreadablePairing = error, ring?.isRotated == true else { throw error }
            stored = nil
        }
        var random = SystemRandomNumberGenerator()
        var file = stored ?? PairingFile(using: &random)
        if let ring, ring.isRotated, !ring.entries.contains(where: { $0.key == file.record.key }) {
            file = PairingFile(secret: file.secret, record: PairingRecord(complete: ring.newest.key))
        }
        if file != stored { try keep(file) }
        return file
    }

    /// The same if there is one.
    func storedPairing() throws(NodeFilesError) -> PairingFile? {
        guard let text = try read(pairingPath) else { return nil }
        guard let file = PairingFile(text: text) else { throw .unreadablePairing(pairingPath) }
        return file
    }

    /// Keeps this of pairing, for nobody but the owner to read.
    func keep(_ file: PairingFile) throws(NodeFilesError) { try write(file.text, to: pairingPath, mode: 0o600) }

    /// What was kept of the cluster's lease; a damaged file is as good as none, for a server can be asked anew.
    func lease() -> LeaseRecord? { (try? read(leasePath)).flatMap { LeaseRecord(text: $0) } }

    /// The address that the cluster had from a DHCP server.
    func leasedAddress() -> IPAddress? { lease()?.lease.map { .v4($0.address) } }

    /// Keeps what is known of the cluster's lease.
    func keep(_ lease: LeaseRecord) throws(NodeFilesError) { try write(lease.text, to: leasePath) }

    private func freshID() -> NodeID {
        var random = SystemRandomNumberGenerator()
        return NodeID(using: &random)
    }

    private func keep(_ node: NodeID, boot: UInt64) throws(NodeFilesError) -> Session {
        try write("node \(node)\nboot \(boot)\n", to: identityPath)
        return Session(node: node, boot: boot, salt: .random(in: .min ... .max))
    }

    private func readIdentity() throws(NodeFilesError) -> (node: NodeID, boot: UInt64)? {
        guard let text = try read(identityPath) else { return nil }
        var node: NodeID?
        var boot: UInt64?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2 else { continue }
            if words[0] == "node" { node = NodeID(words[1]) }
            if words[0] == "boot" { boot = UInt64(words[1]) }
        }
        guard let node, let boot, boot < .max else { throw .unreadableIdentity(identityPath) }
        return (node, boot)
    }

    /// The text of a file; nil if there is none.
    private func read(_ path: String) throws(NodeFilesError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system("read \(path)", errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else { throw .system("read \(path)", errno) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o640) throws(NodeFilesError) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw .system("write \(temporary)", errno) }
        let bytes = Array(text.utf8)
        let written = Glibc.write(file, bytes, bytes.count)
        let failure = written != bytes.count || fsync(file) != 0 ? (written < 0 || errno != 0 ? errno : ENOSPC) : 0
        close(file)
        guard failure == 0 else {
            unlink(temporary)
            throw .system("write \(path)", failure)
        }
        guard rename(temporary, path) == 0 else { throw .system("replace \(path)", errno) }
        try syncDirectory()
    }

    private func syncDirectory() throws(NodeFilesError) {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system("sync \(directory)", errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .system("sync \(directory)", errno) }
    }
}

/// What a node is that was not alone with its ID.
struct RenewedIdentity: Sendable {
    /// The first session of the new ID.
    let session: Session
    /// A new X25519 key: 32 secret bytes.
    let pairingSecret: [UInt8]
}

/// Why the node's own files cannot be used. Nothing was changed: an older file is still whole.
enum NodeFilesError: Error, CustomStringConvertible {
    /// A system call failed with this error number.
    case system(String, Int32)
    /// The identity is there but makes no sense.
    case unreadableIdentity(String)
    /// The keys are there but make no sense.
    case unreadableKeys(String)
    /// The record of pairing is there but makes no sense.
    case unreadablePairing(String)

    var description: String {
        switch self {
        case .system(let what, let code):
            "cannot \(what): \(String(cString: strerror(code))). The node needs a writable [node] data directory for its "
                + "identity; the configuration and the site are untouched. Make room, or name another directory."
        case .unreadableIdentity(let path):
            "\(path) is damaged: it should hold a line `node` with 32 hexadecimal digits and a line `boot` with a number. "
                + "Remove it, and the node takes a new identity at its next start; nothing else is lost."
        case .unreadablePairing(let path):
            "\(path) is damaged: it should hold this node's pairing key and its cluster's key. Remove it, and the node looks for "
                + "others anew at its next start (a cluster lets it in by `bramble admit`); or put the line that `sudo bramble "
                + "key show` prints on another node into [cluster] of bramble.toml here. Nothing else is lost."
        case .unreadableKeys(let path):
            "\(path) is damaged: it should hold the cluster's keys since they were rotated. The node uses the key of its "
                + "configuration, or that of its pairing. If the cluster has dropped that one, run `sudo bramble key show` on another node, put the "
                + "line into [cluster] of bramble.toml here, and restart bramble."
        }
    }
}
