import ArgumentParser
import BrambleRuntime
import Glibc

struct KeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Changes the cluster's key while the cluster runs.",
        discussion: """
            Makes a new key and hands it to every node, sealed under the old one. Once every node that is up has it on its \
            disk, all of them use it. Nobody is lost meanwhile, and the page stays. The old key opens until \
            `bramble key drop`: a node that is away now is given the new key when it comes back before that.

            Afterwards put the line of `sudo bramble key show` into bramble.toml on every card. The new key travels sealed \
            under the old one: against somebody who has that and listens to the network, put the key that `bramble key new` \
            makes into every card's file instead, and restart every node.

            Ends with 0 when every node that is up uses the new key, with 1 if that cannot be begun, with 2 if the daemon \
            of this machine cannot be reached, and with 3 if it takes longer than --timeout; the nodes go on with it then.

            EXAMPLES
              sudo bramble key rotate
              sudo bramble key rotate --json
            """)

    @OptionGroup var waiting: WaitingOptions

    @OptionGroup var options: DaemonOptions

    func run() throws {
        guard let end = try KeyChange(waiting, options).make(.rotateKey, isDrop: false) else { return }
        guard !waiting.json else { return }
        if !end.away.isEmpty {
            Output.say(
                "\(end.away.joined(separator: ", ")) is away, and is given the key when it is back, unless the old one is "
                    + "dropped before.")
        }
        Output.say(
            "Next: put the line of `sudo bramble key show` into bramble.toml on every card. When no node is away, drop the "
                + "old key with `sudo bramble key drop`.")
    }
}

struct KeyDrop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Drops the cluster's older keys, everywhere.",
        discussion: """
            The last step of a change of keys: what the older keys seal opens nothing any more. Refused while a node, up or \
            away, lacks the newest key, for it would be locked out.

            Ends with 0 when every node that is up has dropped them, with 1 if it is refused, with 2 if the daemon of this \
            machine cannot be reached, and with 3 if it takes longer than --timeout; the nodes go on with it then.

            EXAMPLES
              sudo bramble key drop
              sudo bramble key drop --force
            """)

    @Flag(name: .long, help: "Do it even if nodes that lack the newest key are locked out by it.")
    var force = false

    @OptionGroup var waiting: WaitingOptions

    @OptionGroup var options: DaemonOptions

    func run() throws {
        _ = try KeyChange(waiting, options).make(.dropKey(force: force), isDrop: true)
    }
}

/// Asks for a change of keys, and watches how it comes about.
private struct KeyChange {
    private let waiting: WaitingOptions
    private let maintenance: Maintenance

    init(_ waiting: WaitingOptions, _ options: DaemonOptions) {
        self.waiting = waiting
        maintenance = Maintenance(waiting, options)
    }

    /// What it came to; nil if nobody waits for it.
    func make(_ request: ControlRequest, isDrop: Bool) throws -> KeyProgress? {
        let reply = try maintenance.ask(request)
        if !waiting.json, let message = reply.message { Output.say(message) }
        guard let key = reply.key, !waiting.noWait else {
            if waiting.json { Output.line(try JSONText.text(reply)) }
            return nil
        }
        var told: String?
        let end = try maintenance.watch { report -> (Bool, KeyProgress?) in
            guard let progress = KeyProgress(of: key, isDrop: isDrop, in: report) else { return (false, nil) }
            let text = progress.text(isDrop: isDrop)
            if !waiting.json, !progress.hasFailed, told != text {
                told = text
                Output.say(text)
            }
            return (progress.hasFailed || (isDrop ? progress.isAlone : progress.isSpread), progress)
        }
        if waiting.json { Output.line(try JSONText.text(end.value)) }
        guard let progress = end.value, !progress.hasFailed else {
            Output.note(
                "bramble: the key could not be kept on this node's disk; the log says why. The cluster goes on with the key "
                    + "that it has.")
            throw ExitCode(1)
        }
        guard end.isDone else {
            let names = progress.awaited.isEmpty ? "the nodes" : progress.awaited.joined(separator: ", ")
            Output.note(
                "bramble: not done after \(waiting.timeout) s: waiting for \(names). The cluster runs on as before, and the "
                    + "nodes go on with it. See with `bramble status` there what is wrong, or stop that node: those that "
                    + "are away are not waited for.")
            throw ExitCode(3)
        }
        return progress
    }
}
