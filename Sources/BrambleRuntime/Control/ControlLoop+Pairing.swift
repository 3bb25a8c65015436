internal import NodeCore
internal import Wire

/// Nodes that have no key in common with this one.
extension ControlLoop {
    /// Has it kept on disk, soon, and tells the node when it is.
    func store(_ record: PairingRecord) {
        let mailbox = setup.mailbox
        setup.peers.keep(PairingFile(secret: setup.pairingSecret, record: record)) {
            mailbox.post(.pairingStored(record, $0))
        }
        probe?.use(node.keyRing)
    }

    /// The record is on the disk, or cannot get there.
    func pairingStored(_ record: PairingRecord, _ isStored: Bool, at now: Instant) {
        perform(isStored ? node.pairingStored(record) : node.pairingNotStored(record, at: now))
    }

    /// Lets a node in.
    func admit(_ fingerprint: String, at now: Instant) -> ControlReply {
        do throws(PairingRefusal) {
            let (other, actions) = try node.admit(fingerprint, at: now)
            perform(actions)
            var reply = ControlReply.done(
                "\(VisibleText.of(other.name)) (\(other.key.fingerprint)) at \(other.address.ip) is offered the cluster's key. "
                    + "It is a member in a moment; if not, it waits for the node that `bramble pair join` named there: say "
                    + "this on that one"
            )
            reply.key = other.key.fingerprint
            return reply
        } catch {
            return .failed(Self.text(error, node.snapshot.pairing))
        }
    }

    /// Opens, closes, or asks.
    func pair(_ wish: ControlRequest.PairingWish, at now: Instant) -> ControlReply {
        do throws(PairingRefusal) {
            switch wish {
            case .open:
                perform(try node.openPairing(at: now))
                return .done("nodes without a key may join this cluster for the next three minutes")
            case .close:
                perform(try node.closePairing(at: now))
                return .done("this cluster lets nobody in any more but by `bramble admit`")
            case .join(let other):
                perform(try node.askForAdmission(by: other, at: now))
                let fingerprint = node.snapshot.pairing?.fingerprint ?? ""
                return .done(
                    "this node asks for three minutes to be let in by the node that shows \(other): run `bramble admit "
                        + "\(fingerprint)` there. The nodes of this cluster come along")
            }
        } catch {
            return .failed(Self.text(error, node.snapshot.pairing))
        }
    }

    private static func text(_ refusal: PairingRefusal, _ status: PairingStatus?) -> String {
        switch refusal {
        case .off:
            return
                "bramble.toml says `pairing = false` in [cluster]. Nothing has changed. Take that line away and restart "
                + "bramble, or give the other node the key of `sudo bramble key show`"
        case .unknown(let fingerprint):
            let asking = status?.asking ?? []
            guard !asking.isEmpty else {
                return
                    "no node asks to be let in, so none has the fingerprint \(fingerprint). Nothing has changed. A node "
                    + "asks when it has no key and has found no others; `bramble pair join \(status?.fingerprint ?? "")` there makes any "
                    + "other ask, and those that it has found come along"
            }
            let names = asking.map { "\($0.key.fingerprint) (\(VisibleText.of($0.name)), \($0.address.ip))" }
            return
                "no node that asks has the fingerprint \(fingerprint). Nothing has changed. These ask: "
                + PlainNumbers.list(names)
        case .isHere:
            return
                "this node, or one of its own cluster, has that fingerprint. Nothing has changed. Name a node of the cluster "
                + "that is to let this one in: its own `bramble status` shows the fingerprint"
        case .keyIsConfigured:
            return
                "this node's key stands in bramble.toml, and so does where it belongs. Nothing has changed. Put the key of "
                + "the other cluster there, and run `systemctl reload bramble`"
        case .tooManyKeys(let count):
            return
                "this node's cluster has \(count) keys by now, and beside those of another cluster there may be no room for "
                + "them. Nothing has changed. Drop the old ones first, with `bramble key drop`"
        case .stopping: return "this node is about to stop; ask another one"
        }
    }
}
