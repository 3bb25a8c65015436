internal import NodeCore
internal import Wire

/// The keys that a node starts with: those that its configuration names, those that it has kept since they were rotated, and
/// the one that it has agreed on by pairing.
struct StartKeys {
    /// The keys of the file, or where it names none that of the cluster.
    let keyring: Keyring
    /// The keys in force, since they were rotated.
    private(set) var ring: KeyRing?
    /// What it needs to pair; nil where nobody is let in.
    private(set) var pairing: PairingSetup?
    /// What people should know.
    private(set) var warnings: [String] = []

    /// Reads what the node keeps, and has on the disk what follows from it.
    init(_ configuration: Configuration, _ files: NodeFiles) throws(NodeFilesError) {
        if let named = configuration.cluster.keyring {
            keyring = named
            takeRing(files)
            fixPairing(configuration, files)
        } else {
            let kept: KeyRing?
            do throws(NodeFilesError) {
                kept = try files.keyRing()
            } catch {
                kept = nil
                warnings.append("\(error)")
            }
            let file = try files.pairing(beside: kept)
            guard let identity = file.identity else { throw .unreadablePairing(files.directory + "/pairing") }
            (keyring, ring) = (Keyring(file.record.key), kept?.isRotated == true ? kept : nil)
            pairing = PairingSetup(identity: identity, record: file.record, nonces: Self.nonces)
            if file.record.isConfigured { stayWithoutLine() }
        }
    }

    /// The keys that the node keeps, if they are in force beside those of the file.
    private mutating func takeRing(_ files: NodeFiles) {
        do throws(NodeFilesError) {
            guard let before = try files.keyRing() else { return }
            // Keys that are not on the disk are not used.
            ring = before
            let (next, standing) = before.with(file: keyring)
            if standing == .foreign {
                ring = nil
                warnings.append(ControlLoop.movedAway)
            }
            if next != before { try files.keep(next.isRotated ? next : nil) }
            if standing != .foreign { ring = next }
        } catch {
            warnings.append("\(error)")
        }
    }

    /// What is kept of pairing follows the configuration, so that no former group comes back when it names no key any more.
    private mutating func fixPairing(_ configuration: Configuration, _ files: NodeFiles) {
        do throws(NodeFilesError) {
            let record = PairingRecord(configured: ring?.newest.key ?? keyring.newest)
            let stored = configuration.cluster.pairing ? try files.pairing() : try files.storedPairing()
            guard let stored else { return }
            let file = PairingFile(secret: stored.secret, record: record)
            if file != stored { try files.keep(file) }
            guard configuration.cluster.pairing, let identity = file.identity else { return }
            pairing = PairingSetup(identity: identity, key: record.key, nonces: Self.nonces)
        } catch {
            warnings.append("\(error) Until then this node lets nobody in.")
        }
    }

    /// The file named the key once. Whoever has taken the line away may have done so by mistake.
    private mutating func stayWithoutLine() {
        pairing?.record.standing = .closed
        warnings.append(Self.lineIsGone)
    }

    static let lineIsGone =
        "bramble.toml names no cluster key any more. The node goes on with the one that it has, and stays in its cluster. If "
        + "the line was taken away by mistake, put it back: `sudo bramble key show` prints it. If the node is to look for "
        + "others without a key, stop it, remove the files pairing and keys in [node] data, and start it."

    private static let nonces: @Sendable () -> PairingNonce = {
        var random = SystemRandomNumberGenerator()
        return PairingNonce(using: &random)
    }
}
