internal import LinuxPlatform
internal import Logging
internal import Membership
internal import NodeCore
internal import Wire

/// Changing the cluster's keys.
extension ControlLoop {
    /// Has the ring kept on disk, and tells the node when it is.
    func store(_ ring: KeyRing) {
        let mailbox = setup.mailbox
        setup.peers.keep(ring) { mailbox.post(.keysStored(ring, $0)) }
    }

    /// The ring is on the disk, or cannot get there.
    func keysStored(_ ring: KeyRing, _ isStored: Bool, at now: Instant) {
        perform(isStored ? node.keysStored(ring, at: now) : node.keysNotStored(ring, at: now))
        probe?.use(node.keyRing)
    }

    /// The file has been read anew, and names these keys.
    func use(_ keyring: Keyring, at now: Instant) {
        let (ring, standing) = node.keyRing.with(file: keyring)
        setup.facts.update { facts in
            facts.fileKeys = keyring
            facts.keyWarnings.removeAll { $0 == StartKeys.lineIsGone }
        }
        if standing == .foreign {
            logger.warning("\(Self.movedAway)")
            setup.facts.update { $0.keyWarnings = [Self.movedAway] }
            setup.peers.keep(nil) { _ in }
        }
        perform(node.useKeys(ring, at: now))
        perform(node.fixPairing())
        probe?.use(node.keyRing)
    }

    static let movedAway =
        "bramble.toml names a cluster key that this node's cluster has never had, as far as this node knows, so it has moved "
        + "to that key's cluster. The keys of the former one are set aside in [node] data, under a name that begins with "
        + "keys.set-aside. If that was not meant, put "
        + "the former key back and restart bramble."

    /// Begins a rotation.
    func rotateKey(at now: Instant) -> ControlReply {
        let key = ClusterKey.generate()
        do throws(KeyRefusal) {
            perform(try node.rotateKey(to: key, at: now))
        } catch {
            return .failed(Self.text(error))
        }
        var reply = ControlReply.done("a new cluster key, \(key.fingerprint), goes to all nodes")
        reply.key = key.fingerprint
        return reply
    }

    /// Drops every key but the newest.
    func dropKey(force: Bool, at now: Instant) -> ControlReply {
        let ring = node.keyRing
        let keyless = node.snapshot.keyless
        do throws(KeyRefusal) {
            perform(try node.dropOldKeys(force: force, at: now))
        } catch {
            return .failed(Self.text(error))
        }
        var text = "from now on the only cluster key is \(ring.newest.key.fingerprint)"
        if !keyless.isEmpty {
            text +=
                ". \(PlainNumbers.list(keyless.map { VisibleText.of($0.name) })) may lack it: put the line of `sudo "
            text += "bramble key show` into bramble.toml there, before it is started again"
        }
        var reply = ControlReply.done(text)
        reply.key = ring.newest.key.fingerprint
        return reply
    }

    /// A refusal for people: what is in the way, and what to do.
    static func text(_ refusal: KeyRefusal) -> String {
        func list(_ names: [String]) -> String { PlainNumbers.list(names.map(VisibleText.of)) }
        switch refusal {
        case .underWay(let names):
            let whom = names.isEmpty ? "this node, whose disk has not got it yet" : list(names)
            return "a new key is under way already, and waits for \(whom). Nothing has changed; `bramble status` shows "
                + "when it has arrived"
        case .tooOld(let names):
            return
                "\(list(names)) runs a version of bramble that cannot be given a key, and would be locked out. Nothing "
                + "has changed. Update bramble there first"
        case .tooMany(let count):
            return
                "there are \(count) cluster keys by now, and no room for more. Nothing has changed. Drop the old ones "
                + "first, with `bramble key drop`"
        case .nothingToDrop:
            return "there is no older cluster key to drop. Keys that bramble.toml lists are taken away there"
        case .lockedOut(let members):
            let names = members.map { "\(VisibleText.of($0.name)) (\($0.state))" }
            return "\(PlainNumbers.list(names)) would be locked out: as far as this node knows, the newest key has not "
                + "arrived there. Nothing has changed. Start it and wait until it is a member again; or, if it never "
                + "comes back, repeat this with --force: should it come back all the same, it has to be given the line of "
                + "`sudo bramble key show`"
        case .notYet:
            return "not every node seals with the newest key yet. Nothing has changed; try again in a moment"
        case .stopping: return "this node is about to stop; ask another one"
        }
    }
}
